#include "surrogates/imaging/phase_integration.hpp"

#include <cmath>
#include <numbers>

#include "kokkos_kernels/fft/cosine_filter.hpp"

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

// Of ∇² by differences, 1 / (−4 Σ sin²), which keeps its digits where frequencies are small; none of the constant.
fft::CosineFilter::Response inverse_curvature(int nx, int ny) {
  const fft::CosineFilter::Response response("imaging::inverse_curvature", static_cast<std::size_t>(nx),
                                             static_cast<std::size_t>(ny));
  const auto response_host = Kokkos::create_mirror_view(response);
  const auto squares = [](int n) {
    std::vector<double> of;
    for (int k = 0; k < n; ++k) {
      const double s = std::sin(0.5 * std::numbers::pi * k / n);
      of.push_back(s * s);
    }
    return of;
  };
  const std::vector<double> along_x = squares(nx), along_y = squares(ny);
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y)
      response_host(x, y) = x == 0 && y == 0 ? 0.0f
                                             : static_cast<float>(-0.25 / (along_x[static_cast<std::size_t>(x)] +
                                                                           along_y[static_cast<std::size_t>(y)]));
  Kokkos::deep_copy(response, response_host);
  return response;
}

}  // namespace

PoissonAnswers solve_poisson(const ExecutionSpace& space, int nx, int ny, const PoissonSources& sources) {
  const std::vector<float> flow = divergence(nx, ny, sources.gradient_x, sources.gradient_y);
  const fft::CosineFilter filter(space, inverse_curvature(nx, ny));
  const auto field_host = Kokkos::create_mirror_view(filter.field());
  const auto field_at = [&](int x, int y) -> fft::Complex<float>& {
    return field_host(0, fft::cosine_place(x, nx), fft::cosine_place(y, ny));
  };
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y) {
      const std::size_t from = static_cast<std::size_t>(x) * ny + y;
      field_at(x, y) = fft::Complex<float>(flow[from], -sources.source[from]);
    }
  Kokkos::deep_copy(space, filter.field(), field_host);
  filter.apply();
  Kokkos::deep_copy(space, field_host, filter.field());
  space.fence();
  PoissonAnswers answers;
  answers.phase.reserve(flow.size());
  answers.potential.reserve(flow.size());
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y) {
      answers.phase.push_back(field_at(x, y).real());
      answers.potential.push_back(field_at(x, y).imag());
    }
  return answers;
}

}  // namespace locum::imaging
