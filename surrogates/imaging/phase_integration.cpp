#include "surrogates/imaging/phase_integration.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kokkos_kernels/fft/transform.hpp"

namespace locum::imaging {
namespace {

// ∇·g of differences between neighbours.
std::vector<double> divergence(int nx, int ny, const std::vector<float>& gx, const std::vector<float>& gy) {
  const auto at = [ny](int x, int y) { return static_cast<std::size_t>(x) * ny + y; };
  std::vector<double> sum(static_cast<std::size_t>(nx) * ny, 0.0);
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y) {
      const auto flow = [&](int x1, int y1, const std::vector<float>& g) {
        const double mean = 0.5 * (g[at(x, y)] + g[at(x1, y1)]);
        sum[at(x, y)] += mean;
        sum[at(x1, y1)] -= mean;
      };
      if (x + 1 < nx) flow(x + 1, y, gx);
      if (y + 1 < ny) flow(x, y + 1, gy);
    }
  return sum;
}

// u of mean zero with ∇²u = source: the transform of the mirrored source is its cosine transform.
std::vector<float> solve(const ExecutionSpace& space, int nx, int ny, const std::vector<double>& source) {
  fft::Waves<double> field("imaging::mirrored_source", 1, 2 * nx, 2 * ny);
  const auto field_host = Kokkos::create_mirror_view(field);
  for (int x = 0; x < 2 * nx; ++x)
    for (int y = 0; y < 2 * ny; ++y) {
      const int from_x = x < nx ? x : 2 * nx - 1 - x, from_y = y < ny ? y : 2 * ny - 1 - y;
      field_host(0, x, y) = fft::Complex<double>(source[static_cast<std::size_t>(from_x) * ny + from_y], 0.0);
    }
  Kokkos::deep_copy(space, field, field_host);
  const fft::Transform2d<double> transform(space, 1, 2 * nx, 2 * ny);
  transform.forward(field);
  Kokkos::parallel_for(
      "imaging::poisson", RangePolicy(space, 0, 4 * nx * ny), KOKKOS_LAMBDA(int k) {
        const int x = k / (2 * ny), y = k % (2 * ny);
        const double curvature =
            2.0 * std::cos(std::numbers::pi * x / nx) - 2.0 + 2.0 * std::cos(std::numbers::pi * y / ny) - 2.0;
        field(0, x, y) = k == 0 ? fft::Complex<double>(0.0, 0.0) : field(0, x, y) * (1.0 / curvature);
      });
  transform.inverse(field);
  Kokkos::deep_copy(space, field_host, field);
  space.fence();
  std::vector<float> phase(source.size());
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y)
      phase[static_cast<std::size_t>(x) * ny + y] = static_cast<float>(field_host(0, x, y).real());
  return phase;
}

}  // namespace

std::vector<float> integrate_gradient(const ExecutionSpace& space, int nx, int ny, const std::vector<float>& gradient_x,
                                      const std::vector<float>& gradient_y) {
  return solve(space, nx, ny, divergence(nx, ny, gradient_x, gradient_y));
}

std::vector<float> inverse_laplacian(const ExecutionSpace& space, int nx, int ny, const std::vector<float>& source) {
  std::vector<double> sink(source.size());
  std::transform(source.begin(), source.end(), sink.begin(), [](float s) { return -static_cast<double>(s); });
  return solve(space, nx, ny, sink);
}

}  // namespace locum::imaging
