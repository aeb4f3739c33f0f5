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

// Re⟨G, z⟩, Re⟨G − G', z⟩, Re⟨G, S⟩
struct ObjectSlopes {
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

// D ← z + β S
void turn_direction(const ExecutionSpace& space, const PixelBox& box, const Planes& descents, float beta,
                    const Planes& directions) {
  const Planes descent = descents, direction = directions;
  over_pixels(
      space, "ptychography::turn_direction", box, direction.stride, KOKKOS_LAMBDA(std::ptrdiff_t at) {
        float* d = direction.at(0) + at;
        store(d, direction.plane(), load(descent.at(0) + at, descent.plane()) + beta * load(d, direction.plane()));
      });
}

// S ← t D, O += S
void take_step(const ExecutionSpace& space, const PixelBox& box, float step, const Planes& directions,
               const Planes& objects) {
  const Planes direction = directions, object = objects;
  over_pixels(
      space, "ptychography::take_step", box, object.stride, KOKKOS_LAMBDA(std::ptrdiff_t at) {
        float *d = direction.at(0) + at, *o = object.at(0) + at;
        const FrameLanes change = step * load(d, direction.plane());
        store(d, direction.plane(), change);
        store(o, object.plane(), load(o, object.plane()) + change);
      });
}

std::array<double, 2> best_steps(const std::array<double, 2>& slope, double object, double both, double probe) {
  const double determinant = object * probe - both * both;
  if (determinant > 1e-6 * object * probe)
    return {(probe * slope[0] - both * slope[1]) / determinant, (object * slope[1] - both * slope[0]) / determinant};
  const double together = object + 2.0 * both + probe, t = together > 0.0 ? (slope[0] + slope[1]) / together : 0.0;
  return {t, t};
}

CgEngine::CgEngine(const PtychographyFields& fields)
    : gradient_(object_like("ptychography::gradient", fields)),
      gradient_before_(object_like("ptychography::gradient_before", fields)),
      descent_(object_like("ptychography::descent", fields)),
      direction_(object_like("ptychography::direction", fields)),
      frame_curvature_(fields.space(), fields.layout(), fields.modes(), fields.own_batch(),
                       fields.config().probe.refine) {
  if (fields.config().coarse_phase) coarse_phase_ = std::make_unique<CoarsePhase>(fields);
  if (fields.config().probe.refine) probe_ = std::make_unique<CgProbe>(fields);
}

SweepErrors CgEngine::find_gradient(PtychographyFields& fields, bool refine) {
  SweepErrors errors;
  std::vector<int> all(static_cast<std::size_t>(fields.frames()));
  std::iota(all.begin(), all.end(), 0);
  const std::vector<PixelBox> boxes = fields.touched(all);
  fields.reset_poisson_steps();  // α = ½ of all frames: the gradient of one function
  if (refine) probe_->begin_sweep();
  bool more = false;
  for (const auto& places : compact_batches(fields.first(), fields.last(), fields.own_batch())) {
    const auto held = fields.hold(places);
    fields.begin_change(held);
    const PixelBox& box = more ? held.windows : boxes[static_cast<std::size_t>(fields.comm().rank())];
    gather(fields.space(), fields.layout(), fields.modes(), held.batch, box, fields.change(), 0, fields.probe.moved(),
           gradient_, Planes(), more);
    if (refine) probe_->add(fields, held);
    fields.end_change(held, errors.amplitude, errors.amplitudes);
    more = true;
  }
  fields.over_ranks().sum(boxes, gradient_);
  double sums[2] = {errors.amplitude, errors.amplitudes};
  fields.comm().sum(std::span<double>(sums));
  return {sums[0], sums[1]};
}

CgEngine::Slopes CgEngine::object_slopes(PtychographyFields& fields) {
  const float damp = static_cast<float>(fields.config().damping) * fields.largest_light();
  Kokkos::deep_copy(fields.space(), descent_.values, gradient_.values);
  precondition(fields.space(), fields.region(), fields.light(), damp, descent_);
  if (coarse_phase_) coarse_phase_->add(fields, gradient_, descent_);
  return row_sums(fields, "ptychography::slopes", gradient_.stride,
                  ObjectSlopes{gradient_, gradient_before_, descent_, direction_, fields.own_light()});
}

CgEngine::Pair CgEngine::find_direction(PtychographyFields& fields, const Slopes& object, const Slopes& probe) {
  const double slope = object[0] + probe[0], along = object[2] + probe[2], fallen = along_before_ - along;
  double beta = along_before_ > 0.0 && fallen > 0.0 ? std::max(0.0, (object[1] + probe[1]) / fallen) : 0.0;
  if (slope + beta * along <= 0.0) beta = 0.0;
  turn_direction(fields.space(), fields.region(), descent_, static_cast<float>(beta), direction_);
  if (probe_) probe_->turn(fields.space(), beta);
  return {object[0] + beta * object[2], probe[0] + beta * probe[2]};
}

CgEngine::Pair CgEngine::find_steps(PtychographyFields& fields, const Pair& slope, int number, bool refine) {
  const PtychographyConfig& config = fields.config();
  const int most = fields.frames();
  const int looked_at = std::min(most, std::max(64, static_cast<int>(std::ceil(config.line_search * most))));
  const std::vector<int> sample =
      sparse_batches(most, looked_at, static_cast<std::uint64_t>(config.seed), static_cast<std::uint64_t>(number))
          .front();
  std::vector<int> own = fields.own(sample);
  std::sort(own.begin(), own.end());
  double sums[CurvatureSums::count] = {0.0, 0.0, 0.0, 0.0, 0.0};
  const auto hold = static_cast<std::size_t>(fields.own_batch());
  for (std::size_t first = 0; first < own.size(); first += hold) {
    const auto held = fields.hold(std::span<const int>(own).subspan(first, std::min(hold, own.size() - first)));
    const Planes probe_directions = refine ? probe_->moved_direction(fields, held) : Planes();
    for (const CurvatureSums& frame :
         frame_curvature_.measure(held.batch, fields.store().data(), fields.likelihood(), fields.object_plane,
                                  direction_, fields.probe.moved(), probe_directions)) {
      const double each[] = {frame.object, frame.both, frame.probe, frame.object_size, frame.probe_size};
      for (int k = 0; k < CurvatureSums::count; ++k) sums[k] += each[k];
    }
  }
  fields.comm().sum(std::span<double>(sums));
  const auto whole =
      row_sums(fields, "ptychography::lit_square", direction_.stride, LitSquare{direction_, fields.own_light()});
  const double object = sums[3] > 0.0 ? whole[0] / sums[3] : 0.0;
  const double probe = sums[4] > 0.0 ? probe_->lit_square(fields.space()) / sums[4] : 0.0;
  const auto t =
      best_steps({slope.object, slope.probe}, object * sums[0], std::sqrt(object * probe) * sums[1], probe * sums[2]);
  return {config.object_step * t[0], refine ? config.probe_step * t[1] : 0.0};
}

SweepErrors CgEngine::sweep(PtychographyFields& fields, int number) {
  const bool refine = probe_ && number >= fields.config().probe.from;
  if (refine && !probe_->is_as_left(fields)) along_before_ = 0.0;
  std::swap(gradient_, gradient_before_);
  const SweepErrors errors = find_gradient(fields, refine);
  const Slopes object = object_slopes(fields), probe = refine ? probe_->slopes(fields) : Slopes{};
  const double turned = along_before_ > 0.0 ? (object[2] + probe[2]) / along_before_ : 0.0;
  if (turned < -1.0) {
    const double back = turned / (1.0 - turned);
    add_direction(fields.space(), fields.region(), static_cast<float>(back), direction_, fields.object_plane);
    if (refine) probe_->go_along(fields, back);
    along_before_ = 0.0;
    return errors;
  }
  const Pair slope = find_direction(fields, object, probe);
  const Pair t = find_steps(fields, slope, number, refine);
  take_step(fields.space(), fields.region(), static_cast<float>(t.object), direction_, fields.object_plane);
  if (refine) probe_->step(fields, t.probe);
  along_before_ = t.object * slope.object + t.probe * slope.probe;
  return errors;
}

SharedState CgEngine::shared_state() {
  SharedState state = probe_ ? probe_->shared_state() : SharedState{};
  state.planes = {{"gradient_before", &gradient_}, {"direction", &direction_}};
  state.numbers = {{"along_before", &along_before_}};
  return state;
}

}  // namespace locum::imaging
