#include "surrogates/imaging/phase_integration.hpp"

#include <cmath>
#include <numbers>

#include "kokkos_kernels/fft/transform.hpp"

namespace locum::imaging {
namespace {

// ∇·g of differences between neighbours.
std::vector<float> divergence(int nx, int ny, const std::vector<float>& gx, const std::vector<float>& gy) {
  const auto at = [ny](int x, int y) { return static_cast<std::size_t>(x) * ny + y; };
  std::vector<float> sum(static_cast<std::size_t>(nx) * ny, 0.0f);
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y) {
      const auto flow = [&](int x1, int y1, const std::vector<float>& g) {
        const float mean = 0.5f * (g[at(x, y)] + g[at(x1, y1)]);
        sum[at(x, y)] += mean;
        sum[at(x1, y1)] -= mean;
      };
      if (x + 1 < nx) flow(x + 1, y, gx);
      if (y + 1 < ny) flow(x, y + 1, gy);
    }
  return sum;
}

}  // namespace

PoissonAnswers solve_poisson(const ExecutionSpace& space, int nx, int ny, const PoissonSources& sources) {
  const std::vector<float> flow = divergence(nx, ny, sources.gradient_x, sources.gradient_y);
  fft::Waves<float> field("imaging::mirrored_sources", 1, 2 * nx, 2 * ny);
  const auto field_host = Kokkos::create_mirror_view(field);
  for (int x = 0; x < 2 * nx; ++x)
    for (int y = 0; y < 2 * ny; ++y) {
      const int from_x = x < nx ? x : 2 * nx - 1 - x, from_y = y < ny ? y : 2 * ny - 1 - y;
      const std::size_t from = static_cast<std::size_t>(from_x) * ny + from_y;
      field_host(0, x, y) = fft::Complex<float>(flow[from], -sources.source[from]);
    }
  Kokkos::deep_copy(space, field, field_host);
  const fft::Transform2d<float> transform(space, 1, 2 * nx, 2 * ny);
  transform.forward(field);
  // 2 cos t − 2 = −4 sin²(t/2), which keeps its digits where t is small.
  Kokkos::parallel_for(
      "imaging::poisson", RangePolicy(space, 0, 2 * nx), KOKKOS_LAMBDA(int x) {
        const float sx = std::sin(0.5f * std::numbers::pi_v<float> * static_cast<float>(x) / static_cast<float>(nx));
        for (int y = 0; y < 2 * ny; ++y) {
          const float sy = std::sin(0.5f * std::numbers::pi_v<float> * static_cast<float>(y) / static_cast<float>(ny));
          const float curvature = -4.0f * (sx * sx + sy * sy);
          field(0, x, y) = x == 0 && y == 0 ? fft::Complex<float>(0.0f, 0.0f) : field(0, x, y) * (1.0f / curvature);
        }
      });
  transform.inverse(field);
  Kokkos::deep_copy(space, field_host, field);
  space.fence();
  PoissonAnswers answers;
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y) {
      answers.phase.push_back(field_host(0, x, y).real());
      answers.potential.push_back(field_host(0, x, y).imag());
    }
  return answers;
}

}  // namespace locum::imaging
