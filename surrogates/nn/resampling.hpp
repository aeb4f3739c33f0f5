// Layers that change the number of pixels and have no parameters: pooling and upsampling.
//
// forward leaves a typed cache that backward takes; dx is overwritten.
#pragma once

#include <string>
#include <vector>

#include "surrogates/nn/images.hpp"

namespace locum::nn {

enum class Pooling { maximum, average };

// Over windows of factor² that do not overlap.
template <class T>
class PoolingLayer {
 public:
  struct Cache {
    Images<T> x, y;
  };
  PoolingLayer(const ExecutionSpace& space, Pooling kind, int factor) : space_(space), kind_(kind), factor_(factor) {}
  // Throws ConfigError when the factor does not divide the image.
  Extent output(const Extent& x) const;
  void forward(const Images<T>& x, const Images<T>& y, Cache* cache = nullptr) const;
  // The derivative of a maximum goes to the first of equals, row by row.
  void backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx) const;

 private:
  ExecutionSpace space_;
  Pooling kind_;
  int factor_;
};

enum class Interpolation { nearest, bilinear };

// "nearest", "bilinear".
const std::vector<std::string>& interpolation_names();
Interpolation interpolation_of(const std::string& name);

// Where point X of an image enlarged by `factor` comes from, along one axis: pixels are squares, (X + ½) / factor − ½,
// and images go on beyond their border as they end there (what PyTorch calls align_corners = false).
struct Sample {
  int first, second;
  float share;  // of the second
};
KOKKOS_FORCEINLINE_FUNCTION Sample sample_of(Interpolation kind, int X, int points, int factor) {
  if (kind == Interpolation::nearest) return {X / factor, X / factor, 0.0f};
  const float at = (static_cast<float>(X) + 0.5f) / static_cast<float>(factor) - 0.5f, from = at > 0.0f ? at : 0.0f;
  const int first = static_cast<int>(from);
  return {first, first + 1 < points ? first + 1 : first, from - static_cast<float>(first)};
}
// The share that point `from` has in point X; the transpose of the above.
KOKKOS_FORCEINLINE_FUNCTION float share_of(Interpolation kind, int X, int from, int points, int factor) {
  const Sample s = sample_of(kind, X, points, factor);
  return (s.first == from ? 1.0f - s.share : 0.0f) + (s.second == from ? s.share : 0.0f);
}

template <class T>
class UpsamplingLayer {
 public:
  struct Cache {};  // linear: backward needs nothing
  UpsamplingLayer(const ExecutionSpace& space, Interpolation kind, int factor)
      : space_(space), kind_(kind), factor_(factor) {}
  Extent output(const Extent& x) const { return {x.batch, x.nx * factor_, x.ny * factor_, x.channels}; }
  void forward(const Images<T>& x, const Images<T>& y, Cache* cache = nullptr) const;
  void backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx) const;

 private:
  ExecutionSpace space_;
  Interpolation kind_;
  int factor_;
};

}  // namespace locum::nn
