#include "surrogates/imaging/phase_integration.hpp"

#include <cmath>
#include <numbers>

#include "kokkos_kernels/fft/transform.hpp"

namespace locum::imaging {
namespace {

// ∇·g on the mirrored grid of (2 nx, 2 ny).
template <class Host>
void mirrored_divergence(int nx, int ny, const std::vector<float>& gx, const std::vector<float>& gy, const Host& out) {
  const auto at = [ny](int x, int y) { return static_cast<std::size_t>(x) * ny + y; };
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y) {
      double d = 0.0;
      if (x + 1 < nx) d += 0.5 * (gx[at(x, y)] + gx[at(x + 1, y)]);
      if (x > 0) d -= 0.5 * (gx[at(x - 1, y)] + gx[at(x, y)]);
      if (y + 1 < ny) d += 0.5 * (gy[at(x, y)] + gy[at(x, y + 1)]);
      if (y > 0) d -= 0.5 * (gy[at(x, y - 1)] + gy[at(x, y)]);
      for (int mx : {x, 2 * nx - 1 - x})
        for (int my : {y, 2 * ny - 1 - y}) out(0, mx, my) = fft::Complex<double>(d, 0.0);
    }
}

}  // namespace

std::vector<float> integrate_gradient(const ExecutionSpace& space, int nx, int ny, const std::vector<float>& gradient_x,
                                      const std::vector<float>& gradient_y) {
  fft::Waves<double> field("imaging::mirrored_divergence", 1, 2 * nx, 2 * ny);
  const auto field_host = Kokkos::create_mirror_view(field);
  mirrored_divergence(nx, ny, gradient_x, gradient_y, field_host);
  Kokkos::deep_copy(space, field, field_host);
  const fft::Transform2d<double> transform(space, 1, 2 * nx, 2 * ny);
  transform.forward(field);
  Kokkos::parallel_for(
      "imaging::integrate_gradient", RangePolicy(space, 0, 4 * nx * ny), KOKKOS_LAMBDA(int k) {
        const int x = k / (2 * ny), y = k % (2 * ny);
        const double curvature =
            2.0 * std::cos(std::numbers::pi * x / nx) - 2.0 + 2.0 * std::cos(std::numbers::pi * y / ny) - 2.0;
        field(0, x, y) = k == 0 ? fft::Complex<double>(0.0, 0.0) : field(0, x, y) * (1.0 / curvature);
      });
  transform.inverse(field);
  Kokkos::deep_copy(space, field_host, field);
  space.fence();
  std::vector<float> phase(static_cast<std::size_t>(nx) * ny);
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y)
      phase[static_cast<std::size_t>(x) * ny + y] = static_cast<float>(field_host(0, x, y).real());
  return phase;
}

}  // namespace locum::imaging
