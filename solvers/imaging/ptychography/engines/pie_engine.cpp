#include "solvers/imaging/ptychography/engines/pie_engine.hpp"

#include <algorithm>

#include "solvers/imaging/ptychography/frames/frame_batches.hpp"
#include "solvers/imaging/ptychography/frames/object_pixels.hpp"

namespace locum::imaging {

// O += step sum / ((1 − α) S + α max(brightest, S)) over the box
void apply_pie(const ExecutionSpace& space, const PixelBox& box, const Planes& sums, const Planes& lights, float step,
               float alpha, float brightest, const Planes& objects) {
  const Planes sum = sums, light = lights, object = objects;
  over_pixels(
      space, "ptychography::apply_pie", box, object.stride, KOKKOS_LAMBDA(std::ptrdiff_t at) {
        const FramePack s = fft::load_pack(light.at(0) + at);
        const FramePack below = FramePack(1.0f - alpha) * s + FramePack(alpha) * max(FramePack(brightest), s);
        const FramePack factor = FramePack(step) / below;
        const FrameLanes change = load(sum.at(0) + at, sum.plane());
        float* o = object.at(0) + at;
        store(o, object.plane(), load(o, object.plane()) + FrameLanes{factor * change.re, factor * change.im});
      });
}

// The user's; where this engine only prepares another one, few enough frames to lie apart.
int pie_batch(const PtychographyFields& fields) {
  const std::string& engine = fields.config().engine;
  constexpr int apart = 16;
  return engine == "epie" || engine == "rpie" ? fields.batch() : std::min(apart, fields.batch());
}

PieEngine::PieEngine(const PtychographyFields& fields, double alpha, double object_step, double probe_step)
    : batch_(pie_batch(fields)),
      alpha_(static_cast<float>(alpha)),
      object_step_(static_cast<float>(object_step)),
      probe_step_(static_cast<float>(probe_step)),
      sum_("ptychography::pie_sum", 1, fields.input().object_nx, fields.input().object_ny),
      light_("ptychography::pie_light", 1, fields.input().object_nx, fields.input().object_ny),
      probe_change_("ptychography::pie_probe_change", fields.modes(), fields.input().nx, fields.input().ny) {}

void PieEngine::update(PtychographyFields& fields, const std::vector<int>& batch, bool refine,
                       PositionCorrection& positions, SweepErrors& errors) {
  const PtychographyFields::Held held = fields.hold(fields.own(batch));
  fields.change_of(held, errors.amplitude, errors.amplitudes);
  positions.measure(fields, held);
  const std::vector<PixelBox> boxes = fields.touched(batch);
  const PixelBox box = boxes[static_cast<std::size_t>(fields.comm().rank())];
  gather(fields.space(), fields.layout(), fields.modes(), held.batch, box, fields.change(), 0, fields.probe.moved(),
         sum_, light_, false);
  float probe_factor = 0.0f;
  if (refine) {
    const float own = largest_square(fields.space(), fields.object_plane, fields.windows(held.places));
    fields.probe_sum(held, fields.change(), 0, probe_change_);
    probe_factor = probe_step_ / (static_cast<float>(batch.size()) * fields.comm().max(own));
  }
  const float brightest = fields.probe.brightest();
  const PixelBox changed = fields.over_ranks().sum(boxes, sum_);
  fields.over_ranks().sum(boxes, light_);
  apply_pie(fields.space(), changed, sum_, light_, object_step_, alpha_, brightest, fields.object_plane);
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
