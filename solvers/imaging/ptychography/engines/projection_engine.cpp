#include "solvers/imaging/ptychography/engines/projection_engine.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/frames/frame_batches.hpp"
#include "solvers/imaging/ptychography/frames/object_pixels.hpp"

namespace locum::imaging {

// O ← (Σ P* ψ + ε O) / (L + ε)
void quotient(const ExecutionSpace& space, const PixelBox& box, const Planes& sums, const Planes& lights, float little,
              const Planes& objects) {
  const Planes sum = sums, light = lights, object = objects;
  over_pixels(
      space, "ptychography::quotient", box, object.stride, KOKKOS_LAMBDA(std::ptrdiff_t at) {
        const FramePack factor = FramePack(1.0f) / (fft::load_pack(light.at(0) + at) + FramePack(little));
        float* o = object.at(0) + at;
        const FrameLanes v = load(sum.at(0) + at, sum.plane()) + little * load(o, object.plane());
        store(o, object.plane(), {factor * v.re, factor * v.im});
      });
}

ProjectionEngine::ProjectionEngine(const PtychographyFields& fields, double beta)
    : step_{static_cast<float>(beta), static_cast<float>(fields.config().noise_bound)},
      waves_("ptychography::exit_waves", std::max(1, fields.last() - fields.first()) * fields.modes(), fields.layout()),
      sum_("ptychography::projection_sum", 1, fields.input().object_nx, fields.input().object_ny),
      light_("ptychography::projection_light", 1, fields.input().object_nx, fields.input().object_ny) {
  if (!fields.config().probe.refine) return;
  const int nx = fields.input().nx, ny = fields.input().ny;
  probe_sum_ = fft::Waves<float>("ptychography::probe_sum", fields.modes(), nx, ny);
  probe_part_ = fft::Waves<float>("ptychography::probe_part", fields.modes(), nx, ny);
  below_ = View<float*>("ptychography::probe_denominator", fields.input().window());
}

void ProjectionEngine::begin(PtychographyFields& fields) {
  for (const auto& places : compact_batches(fields.first(), fields.last(), fields.own_batch()))
    fields.kernels().project(fields.hold(places).batch, fields.store().data(), fields.object_plane,
                             fields.probe.moved(), {0.0f, 0.0f}, waves_, places.front() - fields.first());
  begun_ = true;
}

void ProjectionEngine::find_object(PtychographyFields& fields) {
  const float little = 1e-4f * fields.largest_light();
  bool add = false;
  for (const auto& places : compact_batches(fields.first(), fields.last(), fields.own_batch())) {
    const auto held = fields.hold(places);
    gather(fields.space(), fields.layout(), fields.modes(), held.batch, add ? held.windows : fields.region(), waves_,
           places.front() - fields.first(), fields.probe.moved(), sum_, Planes(), add);
    add = true;
  }
  std::vector<int> all(static_cast<std::size_t>(fields.frames()));
  std::iota(all.begin(), all.end(), 0);
  quotient(fields.space(), fields.over_ranks().sum(fields.touched(all), sum_), sum_, fields.light(), little,
           fields.object_plane);
}

// P ← Σ_j O_j* ψ_j / Σ_j |O_j|². What is below varies slowly: it is not moved back by fractions of a pixel.
void ProjectionEngine::find_probe(PtychographyFields& fields) {
  Kokkos::deep_copy(probe_sum_, fft::Complex<float>(0.0f, 0.0f));
  Kokkos::deep_copy(below_, 0.0f);
  for (const auto& places : compact_batches(fields.first(), fields.last(), fields.own_batch())) {
    const auto held = fields.hold(places);
    fields.probe_sum_of_rank(held, waves_, places.front() - fields.first(), probe_part_);
    add_waves(fields.space(), 1.0f, probe_part_, probe_sum_);
    object_light(fields.space(), fields.layout(), held.batch, fields.object_plane, below_);
  }
  fields.sum_over_ranks(probe_sum_);
  fields.sum_over_ranks(below_);
  divide_probe(fields.space(), probe_sum_, below_, fields.probe.probe());
  fields.probe.changed();
  fields.forget_light();
}

SweepErrors ProjectionEngine::measure(PtychographyFields& fields, int number) {
  SweepErrors errors;
  PositionCorrection positions(fields, number);
  for (const auto& places : compact_batches(fields.first(), fields.last(), fields.own_batch())) {
    const auto held = fields.hold(places);
    fields.begin_change(held);
    positions.begin(fields, held);
    fields.end_change(held, errors.amplitude, errors.amplitudes);
    positions.end(fields, held);
  }
  positions.apply(fields);
  double sums[2] = {errors.amplitude, errors.amplitudes};
  fields.comm().sum(std::span<double>(sums));
  return {sums[0], sums[1]};
}

SweepErrors ProjectionEngine::sweep(PtychographyFields& fields, int number) {
  const PtychographyConfig& config = fields.config();
  if (!begun_) begin(fields);
  const bool refine = config.probe.refine && number >= config.probe.from;
  find_object(fields);
  if (refine) {
    find_probe(fields);
    find_object(fields);
  }
  for (const auto& places : compact_batches(fields.first(), fields.last(), fields.own_batch()))
    fields.kernels().project(fields.hold(places).batch, fields.store().data(), fields.object_plane,
                             fields.probe.moved(), step_, waves_, places.front() - fields.first());
  const bool correct = config.positions.correct && number >= config.positions.from;
  return correct || number % 5 == 4 ? measure(fields, number) : SweepErrors{};
}

FieldSet ProjectionEngine::state() const {
  FieldSet fields;
  if (!begun_) return fields;
  const auto host = host_copy(waves_.values);
  fields.add("exit_waves", "1", {static_cast<std::int64_t>(host.size())},
             std::vector<double>(host.data(), host.data() + host.size()));
  return fields;
}

void ProjectionEngine::restore(const FieldSet& state) {
  begun_ = state.has("exit_waves");
  if (!begun_) return;
  const auto& values = state.real("exit_waves");
  if (values.size() != waves_.values.size())
    throw ConfigError("a state of " + std::to_string(values.size()) + " numbers of exit waves, " +
                          std::to_string(waves_.values.size()) + " were expected",
                      "ptychography", "the same number of ranks and the same frames are needed to go on with waves");
  const auto host = Kokkos::create_mirror_view(waves_.values);
  std::copy(values.begin(), values.end(), host.data());
  Kokkos::deep_copy(waves_.values, host);
}

}  // namespace locum::imaging
