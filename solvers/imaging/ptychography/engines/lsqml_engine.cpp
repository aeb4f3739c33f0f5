#include "solvers/imaging/ptychography/engines/lsqml_engine.hpp"

#include <algorithm>
#include <numeric>

#include "solvers/imaging/ptychography/engines/object_arithmetic.hpp"
#include "solvers/imaging/ptychography/engines/row_sums.hpp"
#include "solvers/imaging/ptychography/frames/frame_batches.hpp"

namespace locum::imaging {
namespace {

double mean(const std::vector<double>& values) {
  return values.empty() ? 0.0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Without the tenth at either end.
double trimmed_mean(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto cut = static_cast<std::ptrdiff_t>(values.size() / 10);
  return mean({values.begin() + cut, values.end() - cut});
}

// Of all ranks, in the order of the ranks.
std::vector<StepSums> all_sums(const Communicator& comm, const std::vector<StepSums>& own) {
  if (comm.size() == 1) return own;
  const auto* first = reinterpret_cast<const double*>(own.data());
  const std::vector<double> all = comm.all_gather(std::span<const double>(first, own.size() * StepSums::count));
  std::vector<StepSums> sums;
  for (std::size_t k = 0; k < all.size(); k += StepSums::count)
    sums.push_back({all[k], all[k + 1], all[k + 2], all[k + 3], all[k + 4]});
  return sums;
}

// Σ |ΔO|² √(L² + damp²) and Σ |ΔO|² L_B
struct CommonStep {
  Planes direction, light, own, batch_light;
  float damp;
  KOKKOS_INLINE_FUNCTION void operator()(std::ptrdiff_t row, int ny, double* total) const {
    const float *re = direction.at(0) + row, *im = re + direction.plane();
    const float *all = light.at(0) + row, *mine = own.at(0) + row, *batch = batch_light.at(0) + row;
    float above = 0.0f, below = 0.0f;
    for (int y = 0; y < ny; ++y) {
      const float size = mine[y] > 0.0f ? re[y] * re[y] + im[y] * im[y] : 0.0f;
      above += size * sqrtf(all[y] * all[y] + damp * damp);
      below += size * batch[y];
    }
    total[0] += static_cast<double>(above);
    total[1] += static_cast<double>(below);
  }
};

}  // namespace

BatchSteps batch_steps(std::span<const StepSums> frames) {
  constexpr double raise = 0.1;
  std::vector<double> object_steps, probe_steps, uu, vv;
  for (const StepSums& s : frames) {
    uu.push_back(s.uu);
    vv.push_back(s.vv);
  }
  const double more_u = raise * mean(uu), more_v = raise * mean(vv);
  for (const StepSums& s : frames) {
    const double a = s.uu + more_u, d = s.vv + more_v, determinant = a * d - s.uv * s.uv;
    object_steps.push_back(determinant > 0.0 ? std::max(0.0, (d * s.u_chi - s.uv * s.v_chi) / determinant) : 0.0);
    probe_steps.push_back(determinant > 0.0 ? std::max(0.0, (a * s.v_chi - s.uv * s.u_chi) / determinant) : 0.0);
  }
  return {trimmed_mean(std::move(object_steps)), mean(probe_steps)};
}

double common_step(PtychographyFields& fields, const PixelBox& box, const Planes& batch_light, float damp,
                   const Planes& direction) {
  const auto sums = row_sums(fields, box, "ptychography::common_step", direction.stride,
                             CommonStep{direction, fields.light(), fields.own_light(), batch_light, damp});
  return sums[1] > 0.0 ? sums[0] / sums[1] : 0.0;
}

LsqmlEngine::LsqmlEngine(const PtychographyFields& fields, double object_step, double probe_step)
    : object_step_(object_step),
      probe_step_(probe_step),
      direction_("ptychography::direction", 1, fields.input().object_nx, fields.input().object_ny),
      light_("ptychography::batch_light", 1, fields.input().object_nx, fields.input().object_ny) {
  if (!fields.config().probe.refine) return;
  moved_probe_change_ = Planes("ptychography::moved_probe_change", fields.probe.moved().count, fields.layout());
  probe_change_ = fft::Waves<float>("ptychography::probe_change", fields.modes(), fields.input().nx, fields.input().ny);
}

float LsqmlEngine::damp(PtychographyFields& fields) const {
  return static_cast<float>(fields.config().damping) * fields.largest_light();
}

void LsqmlEngine::update(PtychographyFields& fields, const std::vector<int>& batch, PositionCorrection& positions,
                         SweepErrors& errors) {
  const PixelBox changed = find_direction(fields, batch, positions, errors);
  const double step = settling_ * object_step_ * common_step(fields, changed, batch_light_, damp(fields), direction_);
  add_direction(fields.space(), changed, static_cast<float>(step), direction_, fields.object_plane);
}

PixelBox LsqmlEngine::find_direction(PtychographyFields& fields, const std::vector<int>& batch,
                                     PositionCorrection& positions, SweepErrors& errors) {
  const bool every_frame = static_cast<int>(batch.size()) == fields.frames();
  const float damped = damp(fields);
  const std::vector<PixelBox> boxes = fields.touched(batch);
  const std::vector<int> own = fields.own(batch);
  const auto hold = static_cast<std::size_t>(fields.own_batch());
  for (std::size_t first = 0; first < own.size(); first += hold) {
    const auto held = fields.hold(std::span<const int>(own).subspan(first, std::min(hold, own.size() - first)));
    fields.begin_change(held);
    positions.begin(fields, held);
    const PixelBox& box = first > 0 ? held.windows : boxes[static_cast<std::size_t>(fields.comm().rank())];
    gather(fields.space(), fields.layout(), fields.modes(), held.batch, box, fields.change(), 0, fields.probe.moved(),
           direction_, every_frame ? Planes() : light_, first > 0);
    fields.end_change(held, errors.amplitude, errors.amplitudes);
    positions.end(fields, held);
  }
  const PixelBox changed = fields.over_ranks().sum(boxes, direction_);
  if (!every_frame) fields.over_ranks().sum(boxes, light_);
  batch_light_ = every_frame ? fields.light() : light_;
  precondition(fields.space(), changed, fields.light(), damped, direction_);
  return changed;
}

void LsqmlEngine::update_both(PtychographyFields& fields, const std::vector<int>& batch, PositionCorrection& positions,
                              SweepErrors& errors) {
  const ExecutionSpace& space = fields.space();
  const float damped = damp(fields);
  const PtychographyFields::Held held = fields.hold(fields.own(batch));
  fields.begin_change(held);
  positions.begin(fields, held);
  const std::vector<PixelBox> boxes = fields.touched(batch);
  gather(space, fields.layout(), fields.modes(), held.batch, boxes[static_cast<std::size_t>(fields.comm().rank())],
         fields.change(), 0, fields.probe.moved(), direction_, Planes(), false);
  const PixelBox changed = fields.over_ranks().sum(boxes, direction_);
  precondition(space, changed, fields.light(), damped, direction_);
  fields.probe_sum(held, fields.change(), 0, probe_change_);
  std::vector<StepSums> sums;
  if (held.count() > 0) {
    fields.probe.move(held.fractions, held.probes, probe_change_, moved_probe_change_);
    step_sums(space, fields.layout(), fields.modes(), held.batch, fields.object_plane, direction_, fields.probe.moved(),
              moved_probe_change_, fields.change(), step_sums_);
    // All that the host asks of the batch, at once: it waits for a GPU here.
    sums = step_sums_.get(space);
    fields.end_change(held, errors.amplitude, errors.amplitudes);
    positions.end(fields, held);
  }
  const BatchSteps steps = batch_steps(all_sums(fields.comm(), sums));
  add_direction(space, changed, static_cast<float>(settling_ * object_step_ * steps.object), direction_,
                fields.object_plane);
  fields.probe.add(static_cast<float>(settling_ * probe_step_ * steps.probe), probe_change_);
}

SweepErrors LsqmlEngine::sweep(PtychographyFields& fields, int number) {
  const PtychographyConfig& config = fields.config();
  SweepErrors errors;
  const bool refine = config.probe.refine && number >= config.probe.from;
  // What mini-batches disagree about does not die away by itself (Robbins and Monro, Ann. Math. Stat. 22 (1951) 400).
  settling_ = fields.batch() < fields.frames() ? std::min(1.0, settling_sweeps / (1.0 + number)) : 1.0;
  PositionCorrection positions(fields, number);
  for (const auto& batch : sparse_batches(fields.frames(), fields.batch(), static_cast<std::uint64_t>(config.seed),
                                          static_cast<std::uint64_t>(number)))
    refine ? update_both(fields, batch, positions, errors) : update(fields, batch, positions, errors);
  if (refine) fields.forget_light();
  positions.apply(fields);
  double sums[2] = {errors.amplitude, errors.amplitudes};
  fields.comm().sum(std::span<double>(sums));
  return {sums[0], sums[1]};
}

}  // namespace locum::imaging
