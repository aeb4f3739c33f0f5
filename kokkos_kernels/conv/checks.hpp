// Shape checks that the CPU and the GPU twins share. Internal to conv.
#pragma once

#include <fmt/format.h>

#include <compare>
#include <string>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/conv/convolution.hpp"

namespace locum::conv {

// What plans are kept under.
struct Shape {
  int batch, nx, ny;
  Activation activation = Activation::none;  // of forward
  auto operator<=>(const Shape&) const = default;
};

inline std::string filter_text(const Filter& f) {
  return fmt::format("{} → {} channels, kernel {}², stride {}, padding {}", f.in, f.out, f.kernel, f.stride, f.pad);
}

inline void check_filter(const Filter& f) {
  if (f.in < 1 || f.out < 1 || f.kernel < 1 || f.stride < 1 || f.pad < 0 || f.pad >= f.kernel)
    throw ConfigError("a convolution of " + filter_text(f) + " was asked for", "conv",
                      "channels, kernel and stride are 1 or more, the padding is below the kernel");
}

template <class W>
void check_weights(const Filter& f, const W& weights, const W& bias) {
  if (weights.extent_int(0) != f.weights() || (bias.extent_int(0) != f.out && bias.extent_int(0) != 0))
    throw ConfigError(
        fmt::format("{} weights and {} biases came to a convolution of {}, expected {} and {} (or no bias)",
                    weights.extent(0), bias.extent(0), filter_text(f), f.weights(), f.out),
        "conv");
}

// x: the larger side, with `in` channels; y: the convolved one.
template <class X, class Y>
Shape check_shapes(const Filter& f, const X& x, const Y& y) {
  const Shape shape{x.extent_int(0), x.extent_int(1), x.extent_int(2)};
  if (x.extent_int(3) != f.in || y.extent_int(3) != f.out || y.extent_int(0) != shape.batch ||
      y.extent_int(1) != f.output(shape.nx) || y.extent_int(2) != f.output(shape.ny) || f.output(shape.nx) < 1 ||
      f.output(shape.ny) < 1)
    throw ConfigError(
        fmt::format("images ({}, {}, {}, {}) and ({}, {}, {}, {}) came to a convolution of {}", x.extent(0),
                    x.extent(1), x.extent(2), x.extent(3), y.extent(0), y.extent(1), y.extent(2), y.extent(3),
                    filter_text(f)),
        "conv",
        "expected (batch, nx, ny, in) and (batch, nx', ny', out) with n' = (n + 2 padding − kernel) / stride + 1");
  return shape;
}

inline void require_weights(bool present, const Filter& f) {
  if (!present)
    throw ConfigError("a convolution of " + filter_text(f) + " was used before it had weights", "conv",
                      "call set_weights first");
}

}  // namespace locum::conv
