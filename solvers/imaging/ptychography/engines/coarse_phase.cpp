#include "solvers/imaging/ptychography/engines/coarse_phase.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/imaging/ptychography/engines/row_sums.hpp"

namespace locum::imaging {
namespace {

// Σ L, Σ L² |O|²
struct LitObject {
  Planes object, light;
  KOKKOS_INLINE_FUNCTION void operator()(std::ptrdiff_t row, int ny, double* total) const {
    const float *re = object.at(0) + row, *im = re + object.plane(), *l = light.at(0) + row;
    float lit = 0.0f, squares = 0.0f;
    for (int y = 0; y < ny; ++y) {
      lit += l[y];
      squares += l[y] * l[y] * (re[y] * re[y] + im[y] * im[y]);
    }
    total[0] += static_cast<double>(lit);
    total[1] += static_cast<double>(squares);
  }
};

// Within two σ of a frame's centre: where a disc of that σ ends.
PixelBox lit_box(const PtychographyFields& fields, const ProbeWidth& width) {
  std::array<double, 2> low, high;
  low.fill(std::numeric_limits<double>::max());
  high.fill(std::numeric_limits<double>::lowest());
  for (const auto& position : fields.positions())
    for (std::size_t k = 0; k < 2; ++k) {
      const double centre = position[k] + width.centre[k], reach = 2.0 * std::sqrt(width.square[k]);
      low[k] = std::min(low[k], centre - reach);
      high[k] = std::max(high[k], centre + reach);
    }
  if (fields.positions().empty()) return {};
  const PixelBox box{static_cast<int>(std::floor(low[0])), static_cast<int>(std::floor(low[1])),
                     static_cast<int>(std::ceil(high[0])) + 1, static_cast<int>(std::ceil(high[1])) + 1};
  return intersection(box, fields.input().whole());
}

// 1 / (e^s − 1), and none for the constant.
fft::CosineFilter::Response response_of(int nx, int ny, const ProbeWidth& width) {
  const fft::CosineFilter::Response response("ptychography::coarse_response", static_cast<std::size_t>(nx),
                                             static_cast<std::size_t>(ny));
  const auto response_host = Kokkos::create_mirror_view(response);
  const auto share = [](int k, int n, double square) {
    const double half = std::sin(0.5 * std::acos(-1.0) * k / n);
    return 4.0 * half * half * square;
  };
  for (int kx = 0; kx < nx; ++kx)
    for (int ky = 0; ky < ny; ++ky) {
      const double s = share(kx, nx, width.square[0]) + share(ky, ny, width.square[1]);
      response_host(kx, ky) = s > 0.0 ? static_cast<float>(1.0 / std::expm1(s)) : 0.0f;
    }
  Kokkos::deep_copy(response, response_host);
  return response;
}

}  // namespace

ProbeWidth probe_width(const Ptychogram& input) {
  ProbeWidth width;
  double total = 0.0;
  const auto over = [&](const auto& visit) {
    for (std::size_t k = 0; k < input.probe.size(); ++k) {
      const std::size_t pixel = k % input.window();
      visit(static_cast<double>(std::norm(input.probe[k])),
            std::array<double, 2>{static_cast<double>(pixel / static_cast<std::size_t>(input.ny)),
                                  static_cast<double>(pixel % static_cast<std::size_t>(input.ny))});
    }
  };
  over([&](double light, const std::array<double, 2>& at) {
    total += light;
    for (std::size_t k = 0; k < 2; ++k) width.centre[k] += light * at[k];
  });
  if (!(total > 0.0)) return width;
  for (double& c : width.centre) c /= total;
  over([&](double light, const std::array<double, 2>& at) {
    for (std::size_t k = 0; k < 2; ++k) {
      const double off = at[k] - width.centre[k];
      width.square[k] += light / total * off * off;
    }
  });
  return width;
}

CoarsePhase::CoarsePhase(const PtychographyFields& fields) {
  const ProbeWidth width = probe_width(fields.input());
  box_ = lit_box(fields, width);
  if (box_.empty()) return;
  filter_ = std::make_unique<fft::CosineFilter>(
      fields.space(), response_of(fft::good_size(box_.nx()), fft::good_size(box_.ny()), width));
}

void CoarsePhase::add(PtychographyFields& fields, const Planes& gradient_, const Planes& direction_) const {
  if (!filter_) return;
  const Planes object = fields.object_plane, gradient = gradient_, direction = direction_, own = fields.own_light();
  const fft::Waves<float> field = filter_->field();
  const int x0 = box_.x0, y0 = box_.y0, nx = filter_->nx(), ny = filter_->ny();
  const PixelBox mine = intersection(fields.region(), box_);
  Kokkos::deep_copy(fields.space(), field, fft::Complex<float>(0.0f, 0.0f));
  if (!mine.empty())
    Kokkos::parallel_for(
        "ptychography::phase_gradient", RowsPolicy(fields.space(), {mine.x0, mine.y0}, {mine.x1, mine.y1}),
        KOKKOS_LAMBDA(int x, int y) {
          const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(x) * object.stride + y;
          const float *o = object.at(0) + at, *g = gradient.at(0) + at;
          const float im = o[0] * g[gradient.plane()] - o[object.plane()] * g[0];
          field(0, fft::cosine_place(x - x0, nx), fft::cosine_place(y - y0, ny)) =
              fft::Complex<float>(own.at(0)[at] > 0.0f ? im : 0.0f, 0.0f);
        });
  fields.sum_over_ranks(field);
  filter_->apply();
  const auto sums = row_sums(fields, "ptychography::lit_object", object.stride, LitObject{object, own});
  if (mine.empty() || !(sums[1] > 0.0)) return;
  const float weight = static_cast<float>(sums[0] / sums[1]);
  Kokkos::parallel_for(
      "ptychography::add_coarse_phase", RowsPolicy(fields.space(), {mine.x0, mine.y0}, {mine.x1, mine.y1}),
      KOKKOS_LAMBDA(int x, int y) {
        const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(x) * object.stride + y;
        const float* o = object.at(0) + at;
        float* d = direction.at(0) + at;
        const float u = weight * field(0, fft::cosine_place(x - x0, nx), fft::cosine_place(y - y0, ny)).real();
        d[0] -= u * o[object.plane()];
        d[direction.plane()] += u * o[0];
      });
}

}  // namespace locum::imaging
