#include "solvers/imaging/ptychography/engines/object_warp.hpp"

#include <cmath>

#include "kokkos_kernels/base/units.hpp"

namespace locum::imaging {
namespace {

constexpr int half = 6, taps = 2 * half;

// sinc(t) I₀(β √(1 − (t / half)²)) at t = fraction − (k − half + 1), k = 0 … taps − 1, of sum 1: Kaiser's window with
// β²/4 = 8, 60 dB. I₀(2 √z) = Σ zⁿ / n!², twelve terms of which are exact to float.
KOKKOS_INLINE_FUNCTION void kaiser_sinc(float fraction, float* weight) {
  const float sine = sinf(static_cast<float>(units::pi) * fraction);
  float total = 0.0f;
  for (int k = 0; k < taps; ++k) {
    const float t = fraction - static_cast<float>(k - half + 1);
    const float z = 8.0f * (1.0f - t * t / (half * half));
    float window = 1.0f;
    for (int n = 12; n > 0; --n) window = 1.0f + z * window / static_cast<float>(n * n);
    const float sign = k % 2 == 0 ? -1.0f : 1.0f;  // of the whole number of half turns that k − half + 1 is
    const float sinc = t * t < 1e-10f ? 1.0f : sign * sine / (static_cast<float>(units::pi) * t);
    weight[k] = sinc * window;
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
        kaiser_sinc(static_cast<float>(sx - ix), wx);
        kaiser_sinc(static_cast<float>(sy - iy), wy);
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
