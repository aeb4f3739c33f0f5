// Filters of a real field that goes on beyond its edges as in a mirror: factors of its cosine transform.
//
// X(k) = Σ_n x(n) cos(π k (2n + 1) / 2N) along both axes (the DCT-II) by one complex transform of the same size: even
// elements in front, odd ones backwards behind (Makhoul, IEEE Trans. Acoust. Speech Signal Process. 28 (1980) 27). The
// cosines' derivative vanishes at the edges; their eigenvalue of −∇² by differences is 4 sin²(π k / 2N) along an axis.
#pragma once

#include "kokkos_kernels/fft/transform.hpp"

namespace locum::fft {

// Where element i of n lies in a field of CosineFilter.
KOKKOS_INLINE_FUNCTION int cosine_place(int i, int n) { return i % 2 == 0 ? i / 2 : n - 1 - i / 2; }

class CosineFilter {
 public:
  using Response = Kokkos::View<float**, Kokkos::LayoutRight, MemorySpace>;

  // response: (nx, ny), the factor of each pair of frequencies. Throws as Transform2d does.
  CosineFilter(const ExecutionSpace& space, const Response& response);

  // (1, nx, ny); element (x, y) of what is filtered at (cosine_place(x, nx), cosine_place(y, ny)). Real and imaginary
  // parts are two fields, filtered alike.
  const Waves<float>& field() const { return field_; }
  void apply() const;

  int nx() const { return field_.extent_int(1); }
  int ny() const { return field_.extent_int(2); }

 private:
  ExecutionSpace space_;
  Response response_;
  Waves<float> field_, spectrum_;
  Kokkos::View<Complex<float>*, MemorySpace> turn_x_, turn_y_;  // exp(−iπ k / 2N)
  Transform2d<float> transform_;
};

}  // namespace locum::fft
