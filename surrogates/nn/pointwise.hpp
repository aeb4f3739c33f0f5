// Functions of one number that follow a layer, and their derivatives.
//
// gelu is the tanh form (Hendrycks and Gimpel 2016, arXiv 1606.08415, eq. 2), as fused into convolutions.
#pragma once

#include <string>
#include <vector>

#include "kokkos_kernels/conv/convolution.hpp"
#include "surrogates/nn/activation.hpp"
#include "surrogates/nn/images.hpp"

namespace locum::nn {

enum class Pointwise : int { none, relu, gelu, sigmoid, tanh };

// "none", "relu", "gelu", "sigmoid", "tanh", in this order.
const std::vector<std::string>& pointwise_names();
// Throws ConfigError that lists the names.
Pointwise pointwise_of(const std::string& name);

// What a convolution can do on the way; none for what it cannot.
inline conv::Activation fusible(Pointwise kind) {
  return kind == Pointwise::relu   ? conv::Activation::relu
         : kind == Pointwise::gelu ? conv::Activation::gelu
                                   : conv::Activation::none;
}
inline bool is_fusible(Pointwise kind) {
  return kind == Pointwise::none || kind == Pointwise::relu || kind == Pointwise::gelu;
}

template <Pointwise kind>
KOKKOS_FORCEINLINE_FUNCTION float value_of(float x) {
  if constexpr (kind == Pointwise::relu) return x > 0.0f ? x : 0.0f;
  if constexpr (kind == Pointwise::gelu)
    return 0.5f * x * (1.0f + activation(0.7978845608f * (x + 0.044715f * x * x * x)));
  if constexpr (kind == Pointwise::sigmoid) return 0.5f + 0.5f * activation(0.5f * x);
  if constexpr (kind == Pointwise::tanh) return activation(x);
  return x;
}

// From what the function was given (z) for gelu, from what it gave (y) for the others: what backward must be told.
constexpr bool needs_input(Pointwise kind) { return kind == Pointwise::gelu; }
template <Pointwise kind>
KOKKOS_FORCEINLINE_FUNCTION float slope_of(float told) {
  if constexpr (kind == Pointwise::relu) return told > 0.0f ? 1.0f : 0.0f;
  if constexpr (kind == Pointwise::gelu) {
    const float t = activation(0.7978845608f * (told + 0.044715f * told * told * told));
    return 0.5f * (1.0f + t) + 0.5f * told * (1.0f - t * t) * 0.7978845608f * (1.0f + 0.134145f * told * told);
  }
  if constexpr (kind == Pointwise::sigmoid) return told * (1.0f - told);
  if constexpr (kind == Pointwise::tanh) return 1.0f - told * told;
  return 1.0f;
}

// body(constant) with the kind as a constant of the compiler, so that loops have no branch.
template <class Body>
void with_kind(Pointwise kind, const Body& body) {
  switch (kind) {
    case Pointwise::none:
      return body(std::integral_constant<Pointwise, Pointwise::none>{});
    case Pointwise::relu:
      return body(std::integral_constant<Pointwise, Pointwise::relu>{});
    case Pointwise::gelu:
      return body(std::integral_constant<Pointwise, Pointwise::gelu>{});
    case Pointwise::sigmoid:
      return body(std::integral_constant<Pointwise, Pointwise::sigmoid>{});
    case Pointwise::tanh:
      return body(std::integral_constant<Pointwise, Pointwise::tanh>{});
  }
}

// y ← f(z), number by number; y may be z.
template <class T>
void apply(const ExecutionSpace& space, Pointwise kind, const Images<T>& z, const Images<T>& y);
// dy ← dy f′; told: z where needs_input(kind), else y.
template <class T>
void apply_slope(const ExecutionSpace& space, Pointwise kind, const Images<T>& told, const Images<T>& dy);
// to ← from, in another format.
template <class From, class To>
void convert(const ExecutionSpace& space, const Images<const From>& from, const Images<To>& to);
// to += from
template <class T>
void add(const ExecutionSpace& space, const Images<const T>& from, const Images<T>& to);
// to ← from in channels first … of a wider image, and back.
template <class T>
void copy_channels(const ExecutionSpace& space, const Images<const T>& from, int from_first, const Images<T>& to,
                   int to_first, int count);

}  // namespace locum::nn
