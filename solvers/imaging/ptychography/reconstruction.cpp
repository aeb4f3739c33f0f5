#include "solvers/imaging/ptychography/reconstruction.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/engines/object_arithmetic.hpp"
#include "solvers/imaging/ptychography/engines/position_drift.hpp"
#include "solvers/imaging/ptychography/engines/probe_constraints.hpp"
#include "solvers/imaging/ptychography/engines/regularisation.hpp"
#include "solvers/imaging/ptychography/frames/frame_batches.hpp"
#include "solvers/imaging/ptychography/frames/object_pixels.hpp"

namespace locum::imaging {
namespace {

std::vector<int> or_all(const Ptychogram& input, std::vector<int> which) {
  input.validate();
  if (which.empty()) {
    which.resize(static_cast<std::size_t>(input.size()));
    std::iota(which.begin(), which.end(), 0);
  }
  for (int j : which)
    if (j < 0 || j >= input.size())
      throw ConfigError(fmt::format("frame {} was asked for, there are {}", j, input.size()), "ptychography");
  return which;
}

// Frames that a rank holds at once: what fills a GPU, and on a CPU keeps launches cheap. Whoever looks at the frames of
// a batch twice needs them all.
int at_once(const PtychographyConfig& config) {
  constexpr int portion = device_is_host ? 16 : 512;
  const EngineTraits traits = engine_traits(config.engine);
  return traits.holds_batch || (config.probe.refine && traits.holds_batch_for_probe) ? config.batch : portion;
}

// How many frames take part.
int number(const Ptychogram& input, const std::vector<int>& which) {
  return which.empty() ? input.size() : static_cast<int>(which.size());
}

// Convergence is judged over ten sweeps, every five of them.
constexpr int interval = 5;

}  // namespace

// O ← O + Σ P* χ / (L + little): with O = 1 before, χ = ψ − P
void add_quotient(const ExecutionSpace& space, const PixelBox& box, const Planes& sums, const Planes& lights,
                  float little, const Planes& objects) {
  const Planes sum = sums, light = lights, object = objects;
  over_pixels(
      space, "ptychography::add_quotient", box, object.stride, KOKKOS_LAMBDA(std::ptrdiff_t at) {
        const FramePack factor = FramePack(1.0f) / (fft::load_pack(light.at(0) + at) + FramePack(little));
        float* o = object.at(0) + at;
        const FrameLanes v = load(sum.at(0) + at, sum.plane());
        store(o, object.plane(), load(o, object.plane()) + FrameLanes{factor * v.re, factor * v.im});
      });
}

void back_propagate(PtychographyFields& fields) {
  const Ptychogram& input = fields.input();
  fields.set_object(std::vector<Ptychogram::Value>(input.object_size(), 1.0f));
  const Planes sum("ptychography::back_propagated", 1, input.object_nx, input.object_ny);
  const float little = 1e-3f * fields.largest_light();
  double amplitude = 0.0, amplitudes = 0.0;
  for (const auto& places : compact_batches(fields.first(), fields.last(), fields.own_batch())) {
    const auto held = fields.hold(places);
    fields.change_of(held, amplitude, amplitudes);
    gather(fields.space(), fields.layout(), fields.modes(), held.batch, held.windows, fields.change(), 0,
           fields.probe.moved(), sum, Planes(), true);
  }
  std::vector<int> all(static_cast<std::size_t>(fields.frames()));
  std::iota(all.begin(), all.end(), 0);
  const PixelBox box = fields.over_ranks().sum(fields.touched(all), sum);
  add_quotient(fields.space(), box, sum, fields.light(), little, fields.object_plane);
  fields.reset_poisson_steps();
}

Reconstruction::Reconstruction(const Ptychogram& input, const PtychographyConfig& config, std::vector<int> which,
                               const KeptFrames* kept)
    : config_(resolved(config, number(input, which))),
      fields_(input, or_all(input, std::move(which)), config_, config_.batch, at_once(config_),
              engine_traits(config_.engine).waves_of_frame, kept),
      engine_(make_engine(config_.engine, fields_)),
      before_("ptychography::object_before", 1, input.object_nx, input.object_ny) {
  if (config_.warm_up > 0) warm_up_ = make_engine("rpie", fields_);
  for (Planes& snapshot : snapshots_)
    if (config_.tolerance > 0.0) snapshot = Planes("ptychography::snapshot", 1, input.object_nx, input.object_ny);
  if (config_.start == "flat")
    fields_.set_object(std::vector<Ptychogram::Value>(input.object_size(), 1.0f));
  else
    back_propagate(fields_);
  begin();
}

void Reconstruction::begin() {
  Kokkos::deep_copy(fields_.space(), before_.values, fields_.object_plane.values);
  momentum_sweeps_ = 0;
}

void Reconstruction::start_from(const ObjectFunction& object) {
  if (object.value.size() != fields_.input().object_size())
    throw ConfigError(fmt::format("an object of {} pixels to start from, {} were expected", object.value.size(),
                                  fields_.input().object_size()),
                      "ptychography");
  fields_.set_object(object.value);
  begin();
}

// Nesterov, Sov. Math. Dokl. 27 (1983) 372, in the form of Beck and Teboulle, SIAM J. Imaging Sci. 2 (2009) 183: a
// sweep begins beyond where the last one ended, by k / (k + 3) of what the last one changed; anew when R rises
// (O'Donoghue and Candès, Found. Comput. Math. 15 (2015) 715).
void Reconstruction::extrapolate_object() {
  const double k = momentum_sweeps_;
  extrapolate(fields_, static_cast<float>(std::min(config_.momentum, k / (k + 3.0))), before_, fields_.object_plane);
  // Windows that move may come to lie where another rank was right.
  if (config_.positions.correct) fields_.over_ranks().gather(before_);
  ++momentum_sweeps_;
}

const SweepRecord& Reconstruction::advance() {
  const int number = sweeps();
  const bool warming = number < config_.warm_up;
  if (config_.momentum > 0.0 && !warming)
    extrapolate_object();
  else
    Kokkos::deep_copy(fields_.space(), before_.values, fields_.object_plane.values);
  const SweepErrors errors = (warming ? warm_up_ : engine_)->sweep(fields_, number);
  SweepRecord record{number, errors.amplitudes > 0.0 ? errors.r() : -1.0, 0.0, -1.0};
  regularise(fields_);
  constrain_probe(fields_, number);
  record.change = relative_change(fields_, fields_.object_plane, before_);
  if (!std::isfinite(record.r) || !std::isfinite(record.change))
    throw NumericalError(
        fmt::format("the object is no longer finite after sweep {} of engine '{}'", number, config_.engine),
        "ptychography", "shorter steps (object_step, probe_step), or less momentum");
  if (drift_is_due(config_, number)) momentum_sweeps_ = 0;  // a displacement is no direction to go on in
  if (record.r >= 0.0) {
    if (record.r > 1.002 * last_r_) momentum_sweeps_ = 0;
    last_r_ = record.r;
  }
  if (config_.tolerance > 0.0 && (number + 1) % interval == 0) {
    Planes& oldest = snapshots_[static_cast<std::size_t>((number + 1) / interval % 2)];
    if (number + 1 >= config_.warm_up + 3 * interval)
      record.change_of_ten = relative_change(fields_, fields_.object_plane, oldest);
    Kokkos::deep_copy(fields_.space(), oldest.values, fields_.object_plane.values);
  }
  history_.push_back(record);
  return history_.back();
}

bool Reconstruction::converged() const {
  return !history_.empty() && history_.back().change_of_ten >= 0.0 && history_.back().change_of_ten < config_.tolerance;
}

void Reconstruction::run(const std::function<bool(const SweepRecord&)>& keep_going) {
  while (sweeps() < config_.sweeps && !converged()) {
    const SweepRecord& record = advance();
    if (keep_going && !keep_going(record)) return;
  }
}

ObjectFunction Reconstruction::object() { return {fields_.whole_object()}; }

std::vector<std::array<double, 2>> Reconstruction::positions() const {
  std::vector<std::array<double, 2>> all = fields_.input().position;
  for (int u = 0; u < fields_.frames(); ++u)
    all[static_cast<std::size_t>(fields_.frame(u))] = fields_.positions()[static_cast<std::size_t>(u)];
  return all;
}

std::vector<int> Reconstruction::frames() const {
  std::vector<int> which;
  for (int u = 0; u < fields_.frames(); ++u) which.push_back(fields_.frame(u));
  return which;
}

std::vector<FourierError> Reconstruction::fourier_errors() { return all_errors(fields_); }

double Reconstruction::r_factor() {
  SweepErrors sum;
  for (const FourierError& e : fourier_errors()) {
    sum.amplitude += e.amplitude;
    sum.amplitudes += e.amplitudes;
  }
  return sum.r();
}

}  // namespace locum::imaging
