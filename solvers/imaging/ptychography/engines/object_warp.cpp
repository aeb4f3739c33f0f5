#include "solvers/imaging/ptychography/engines/object_warp.hpp"

#include <cmath>

#include "kokkos_kernels/base/units.hpp"

namespace locum::imaging {
namespace {

constexpr int half = 6, taps = 2 * half;

// sinc(t) sinc(t / half) at t = fraction − (k − half + 1), k = 0 … taps − 1, of sum 1. Both sines by their sums'
// theorems: two of each for all taps.
KOKKOS_INLINE_FUNCTION void lanczos(float fraction, float* weight) {
  constexpr float pi = static_cast<float>(units::pi);
  // cos and sin of k π / 6, k = −5 … 6
  constexpr float c[taps] = {-0.866025404f, -0.5f, 0.0f, 0.5f,  0.866025404f,  1.0f,
                             0.866025404f,  0.5f,  0.0f, -0.5f, -0.866025404f, -1.0f};
  constexpr float s[taps] = {-0.5f, -0.866025404f, -1.0f, -0.866025404f, -0.5f, 0.0f,
                             0.5f,  0.866025404f,  1.0f,  0.866025404f,  0.5f,  0.0f};
  const float sine = sinf(pi * fraction), wide_sine = sinf(pi * fraction / half),
              wide_cosine = cosf(pi * fraction / half);
  float total = 0.0f;
  for (int k = 0; k < taps; ++k) {
    const float t = fraction - static_cast<float>(k - half + 1);
    const float sign = k % 2 == 0 ? -1.0f : 1.0f;  // of the whole number of half turns that k − half + 1 is
    const float window = wide_sine * c[k] - wide_cosine * s[k];
    weight[k] = t * t < 1e-10f ? 1.0f : half * sign * sine * window / (pi * pi * t * t);
    total += weight[k];
  }
  for (int k = 0; k < taps; ++k) weight[k] /= total;
}

KOKKOS_INLINE_FUNCTION int within(int at, int n) { return at < 0 ? 0 : (at < n ? at : n - 1); }

}  // namespace

void displace(const ExecutionSpace& space, const PixelBox& box, int nx, int ny, const SmoothField& field_,
              const Planes& from_, const Planes& to_) {
  if (box.empty()) return;
  const Planes from = from_, to = to_;
  const SmoothField field = field_;
  const int x0 = box.x0, y0 = box.y0, columns = box.ny();
  Kokkos::parallel_for(
      "ptychography::displace", RangePolicy(space, 0, box.nx() * columns), KOKKOS_LAMBDA(int i) {
        const int x = x0 + i / columns, y = y0 + i % columns;
        const double sx = x - field.at(x, y, 0), sy = y - field.at(x, y, 1);
        const int ix = static_cast<int>(floor(sx)), iy = static_cast<int>(floor(sy));
        float wx[taps], wy[taps];
        lanczos(static_cast<float>(sx - ix), wx);
        lanczos(static_cast<float>(sy - iy), wy);
        float re = 0.0f, im = 0.0f;
        for (int a = 0; a < taps; ++a) {
          const int row = within(ix - half + 1 + a, nx);
          const float* o = from.at(0) + static_cast<std::ptrdiff_t>(row) * from.stride;
          float row_re = 0.0f, row_im = 0.0f;
          for (int b = 0; b < taps; ++b) {
            const int column = within(iy - half + 1 + b, ny);
            row_re += wy[b] * o[column];
            row_im += wy[b] * o[column + from.plane()];
          }
          re += wx[a] * row_re;
          im += wx[a] * row_im;
        }
        float* o = to.at(0) + static_cast<std::ptrdiff_t>(x) * to.stride + y;
        o[0] = re;
        o[to.plane()] = im;
      });
}

}  // namespace locum::imaging
