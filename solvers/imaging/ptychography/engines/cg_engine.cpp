#include "solvers/imaging/ptychography/engines/cg_engine.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "solvers/imaging/ptychography/engines/object_arithmetic.hpp"
#include "solvers/imaging/ptychography/engines/row_sums.hpp"
#include "solvers/imaging/ptychography/frames/frame_batches.hpp"
#include "solvers/imaging/ptychography/frames/object_pixels.hpp"

namespace locum::imaging {
namespace {

Planes object_like(const std::string& label, const PtychographyFields& fields) {
  return Planes(label, 1, fields.input().object_nx, fields.input().object_ny);
}

// Re⟨G, z⟩, Re⟨G − G', z⟩, Re⟨G, D'⟩
struct Slopes {
  Planes gradient, before, descent, direction, light;
  KOKKOS_INLINE_FUNCTION void operator()(std::ptrdiff_t row, int ny, double* total) const {
    const std::size_t plane = gradient.plane();
    const float *g = gradient.at(0) + row, *b = before.at(0) + row, *z = descent.at(0) + row,
                *d = direction.at(0) + row, *l = light.at(0) + row;
    float s[3] = {0.0f, 0.0f, 0.0f};
    for (int y = 0; y < ny; ++y) {
      const float own = l[y] > 0.0f ? 1.0f : 0.0f, re = own * g[y], im = own * g[y + plane];
      s[0] += re * z[y] + im * z[y + plane];
      s[1] += (re - own * b[y]) * z[y] + (im - own * b[y + plane]) * z[y + plane];
      s[2] += re * d[y] + im * d[y + plane];
    }
    for (int k = 0; k < 3; ++k) total[k] += static_cast<double>(s[k]);
  }
};

// Σ L |D|²
struct LitSquare {
  Planes direction, light;
  KOKKOS_INLINE_FUNCTION void operator()(std::ptrdiff_t row, int ny, double* total) const {
    const float *re = direction.at(0) + row, *im = re + direction.plane(), *l = light.at(0) + row;
    float sum = 0.0f;
    for (int y = 0; y < ny; ++y) sum += l[y] * (re[y] * re[y] + im[y] * im[y]);
    total[0] += static_cast<double>(sum);
  }
};

}  // namespace

// D ← z + β D
void turn_direction(const ExecutionSpace& space, const PixelBox& box, const Planes& descents, float beta,
                    const Planes& directions) {
  const Planes descent = descents, direction = directions;
  over_pixels(
      space, "ptychography::turn_direction", box, direction.stride, KOKKOS_LAMBDA(std::ptrdiff_t at) {
        float* d = direction.at(0) + at;
        store(d, direction.plane(), load(descent.at(0) + at, descent.plane()) + beta * load(d, direction.plane()));
      });
}

CgEngine::CgEngine(const PtychographyFields& fields)
    : gradient_(object_like("ptychography::gradient", fields)),
      gradient_before_(object_like("ptychography::gradient_before", fields)),
      descent_(object_like("ptychography::descent", fields)),
      direction_(object_like("ptychography::direction", fields)),
      frame_curvature_(fields.space(), fields.layout(), fields.modes(), fields.own_batch()) {
  if (fields.config().coarse_phase) coarse_phase_ = std::make_unique<CoarsePhase>(fields);
}

SweepErrors CgEngine::find_gradient(PtychographyFields& fields) {
  SweepErrors errors;
  std::vector<int> all(static_cast<std::size_t>(fields.frames()));
  std::iota(all.begin(), all.end(), 0);
  const std::vector<PixelBox> boxes = fields.touched(all);
  bool more = false;
  for (const auto& places : compact_batches(fields.first(), fields.last(), fields.own_batch())) {
    const auto held = fields.hold(places);
    fields.change_of(held, errors.amplitude, errors.amplitudes);
    const PixelBox& box = more ? held.windows : boxes[static_cast<std::size_t>(fields.comm().rank())];
    gather(fields.space(), fields.layout(), fields.modes(), held.batch, box, fields.change(), 0, fields.probe.moved(),
           gradient_, Planes(), more);
    more = true;
  }
  fields.over_ranks().sum(boxes, gradient_);
  double sums[2] = {errors.amplitude, errors.amplitudes};
  fields.comm().sum(std::span<double>(sums));
  return {sums[0], sums[1]};
}

double CgEngine::find_direction(PtychographyFields& fields) {
  const float damp = static_cast<float>(fields.config().damping) * fields.largest_light();
  const PixelBox box = fields.region();
  Kokkos::deep_copy(fields.space(), descent_.values, gradient_.values);
  precondition(fields.space(), box, fields.light(), damp, descent_);
  if (coarse_phase_) coarse_phase_->add(fields, gradient_, descent_);
  const auto slope = row_sums(fields, "ptychography::slopes", gradient_.stride,
                              Slopes{gradient_, gradient_before_, descent_, direction_, fields.own_light()});
  double beta = slope_before_ > 0.0 ? std::max(0.0, slope[1] / slope_before_) : 0.0;
  if (slope[0] + beta * slope[2] <= 0.0) beta = 0.0;
  turn_direction(fields.space(), box, descent_, static_cast<float>(beta), direction_);
  slope_before_ = slope[0];
  return slope[0] + beta * slope[2];
}

double CgEngine::curvature(PtychographyFields& fields, int number) const {
  const PtychographyConfig& config = fields.config();
  const int most = fields.frames();
  const int looked_at = std::min(most, std::max(64, static_cast<int>(std::ceil(config.line_search * most))));
  const std::vector<int> sample =
      sparse_batches(most, looked_at, static_cast<std::uint64_t>(config.seed), static_cast<std::uint64_t>(number))
          .front();
  std::vector<int> own = fields.own(sample);
  std::sort(own.begin(), own.end());
  double sums[2] = {0.0, 0.0};
  const auto hold = static_cast<std::size_t>(fields.own_batch());
  for (std::size_t first = 0; first < own.size(); first += hold) {
    const auto held = fields.hold(std::span<const int>(own).subspan(first, std::min(hold, own.size() - first)));
    for (const CurvatureSums& frame : frame_curvature_.measure(held.batch, fields.store().data(), fields.object_plane,
                                                               direction_, fields.probe.moved())) {
      sums[0] += frame.bend;
      sums[1] += frame.size;
    }
  }
  fields.comm().sum(std::span<double>(sums));
  const auto whole =
      row_sums(fields, "ptychography::lit_square", direction_.stride, LitSquare{direction_, fields.own_light()});
  return sums[1] > 0.0 ? whole[0] * sums[0] / sums[1] : 0.0;
}

SweepErrors CgEngine::sweep(PtychographyFields& fields, int number) {
  std::swap(gradient_, gradient_before_);
  const SweepErrors errors = find_gradient(fields);
  const double slope = find_direction(fields), bend = curvature(fields, number);
  if (slope > 0.0 && bend > 0.0)
    add_direction(fields.space(), fields.region(), static_cast<float>(fields.config().object_step * slope / bend),
                  direction_, fields.object_plane);
  return errors;
}

SharedState CgEngine::shared_state() {
  return {{{"gradient_before", &gradient_}, {"direction", &direction_}}, {{"slope_before", &slope_before_}}};
}

}  // namespace locum::imaging
