#include "solvers/imaging/ptychography/engines/pie_engine.hpp"

#include <algorithm>

#include "solvers/imaging/ptychography/frames/frame_batches.hpp"

namespace locum::imaging {
namespace {

// The user's; where this engine only prepares another one, few enough frames to lie apart.
int pie_batch(const PtychographyFields& fields) {
  const std::string& engine = fields.config().engine;
  constexpr int apart = 16;
  return engine == "epie" || engine == "rpie" ? fields.batch() : std::min(apart, fields.batch());
}

}  // namespace

PieEngine::PieEngine(const PtychographyFields& fields, double alpha, double object_step, double probe_step)
    : batch_(pie_batch(fields)),
      alpha_(static_cast<float>(alpha)),
      object_step_(static_cast<float>(object_step)),
      probe_step_(static_cast<float>(probe_step)),
      object_update_(fields),
      probe_change_("ptychography::pie_probe_change", fields.modes(), fields.input().nx, fields.input().ny) {}

void PieEngine::update(PtychographyFields& fields, const std::vector<int>& batch, bool refine,
                       PositionCorrection& positions, SweepErrors& errors) {
  const PtychographyFields::Held held = fields.hold(fields.own(batch));
  fields.begin_change(held);
  positions.begin(fields, held);
  float probe_factor = 0.0f;
  if (refine) {
    const float own = largest_square(fields.space(), fields.object_plane, fields.windows(held.places));
    fields.probe_sum(held, fields.change(), 0, probe_change_);
    probe_factor = probe_step_ / (static_cast<float>(batch.size()) * fields.comm().max(own));
  }
  object_update_.apply(fields, batch, held, {object_step_, alpha_, fields.probe.brightest()});
  fields.end_change(held, errors.amplitude, errors.amplitudes);
  positions.end(fields, held);
  if (refine) fields.probe.add(probe_factor, probe_change_);
}

SweepErrors PieEngine::sweep(PtychographyFields& fields, int number) {
  const PtychographyConfig& config = fields.config();
  SweepErrors errors;
  const bool refine = config.probe.refine && number >= config.probe.from;
  PositionCorrection positions(fields, number);
  for (const auto& batch : sparse_batches(fields.frames(), batch_, static_cast<std::uint64_t>(config.seed),
                                          static_cast<std::uint64_t>(number)))
    update(fields, batch, refine, positions, errors);
  positions.apply(fields);
  double sums[2] = {errors.amplitude, errors.amplitudes};
  fields.comm().sum(std::span<double>(sums));
  return {sums[0], sums[1]};
}

}  // namespace locum::imaging
