#include "solvers/imaging/ptychography/far_field_model.hpp"

#include <algorithm>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/frames/frame_batches.hpp"
#include "solvers/imaging/ptychography/reconstruction.hpp"

namespace locum::imaging {
namespace {

constexpr int at_once = 32;  // frames, where no engine says how many

// Frames of a sequential sweep that are updated at once: one of each stretch of 36 neighbours or more. At the usual
// overlaps hardly any two of them light the same pixels, so that it makes next to no difference for the object, but
// ranks work side by side and a GPU has something to do.
int sequential_batch(std::size_t frames) {
  constexpr std::size_t stretch = 36, most = 16;
  return static_cast<int>(std::clamp<std::size_t>(frames / stretch, 1, most));
}

std::vector<int> every_frame(const Ptychogram& input) {
  std::vector<int> all(static_cast<std::size_t>(input.size()));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

void check_size(const Ptychogram& input, const ObjectFunction& object) {
  if (object.value.size() != input.object_size())
    throw ConfigError("an object of " + std::to_string(object.value.size()) + " pixels, " +
                          std::to_string(input.object_size()) + " were expected",
                      "ptychography");
}

// Errors by place, in the order of the frames that were asked for.
std::vector<FourierError> as_asked(const PtychographyFields& fields, std::span<const int> frames,
                                   const std::vector<FourierError>& by_place) {
  std::vector<std::size_t> place(static_cast<std::size_t>(fields.input().size()));
  for (int u = 0; u < fields.frames(); ++u)
    place[static_cast<std::size_t>(fields.frame(u))] = static_cast<std::size_t>(u);
  std::vector<FourierError> errors;
  for (int j : frames) errors.push_back(by_place[place[static_cast<std::size_t>(j)]]);
  return errors;
}

}  // namespace

FarFieldModel::FarFieldModel(const PtychographyConfig& config) : config_(config) {
  config_.probe.refine = config_.positions.correct = false;
  config_.tolerance = 0.0;
  config_.validate();
}

void FarFieldModel::keep(PtychographyFields& fields) { kept_ = fields.keep(); }

ObjectFunction FarFieldModel::back_propagated(const Ptychogram& input) {
  const auto kept = std::move(kept_);
  PtychographyFields fields(input, every_frame(input), config_, input.size(), at_once, 0.0, kept.get());
  back_propagate(fields);
  keep(fields);
  return {fields.whole_object()};
}

void FarFieldModel::run(const PtychographyConfig& config, const Ptychogram& input, std::span<const int> frames,
                        int sweeps, ObjectFunction& object) {
  check_size(input, object);
  if (frames.empty() || sweeps < 1) return;
  const auto kept = std::move(kept_);
  Reconstruction reconstruction(input, config, {frames.begin(), frames.end()}, kept.get());
  reconstruction.start_from(object);
  for (int k = 0; k < sweeps; ++k) reconstruction.advance();
  keep(reconstruction.fields());
  object = reconstruction.object();
}

void FarFieldModel::sequential_sweeps(const Ptychogram& input, std::span<const int> frames, int sweeps,
                                      ObjectFunction& object) {
  PtychographyConfig config = config_;
  config.engine = "rpie";
  config.alpha = 0.05;
  config.batch = sequential_batch(frames.size());
  config.warm_up = 0;
  config.start = "flat";  // costs nothing; `object` takes its place
  run(config, input, frames, sweeps, object);
}

void FarFieldModel::descend(const Ptychogram& input, std::span<const int> frames, int sweeps, ObjectFunction& object) {
  PtychographyConfig config = config_;
  config.engine = "lsqml";
  config.batch = static_cast<int>(frames.size());
  config.damping = 0.05;
  config.momentum = 0.0;
  config.warm_up = 0;
  config.start = "flat";
  run(config, input, frames, sweeps, object);
}

void FarFieldModel::conjugate_sweeps(const Ptychogram& input, std::span<const int> frames, int sweeps,
                                     ObjectFunction& object) {
  PtychographyConfig config = config_.by_engine("cg");
  config.start = "flat";
  run(config, input, frames, sweeps, object);
}

std::vector<FourierError> FarFieldModel::fourier_errors(const Ptychogram& input, std::span<const int> frames,
                                                        const ObjectFunction& object) {
  check_size(input, object);
  if (frames.empty()) return {};
  const auto kept = std::move(kept_);
  PtychographyFields fields(input, {frames.begin(), frames.end()}, config_, input.size(), at_once, 0.0, kept.get());
  fields.set_object(object.value);
  const std::vector<FourierError> by_place = all_errors(fields);
  keep(fields);
  return as_asked(fields, frames, by_place);
}

double FarFieldModel::gradient(const Ptychogram& input, std::span<const int> frames, const ObjectFunction& object,
                               ObjectFunction& gradient) {
  return slope(input, frames, object, gradient, nullptr);
}

double FarFieldModel::gradient_and_errors(const Ptychogram& input, std::span<const int> frames,
                                          const ObjectFunction& object, ObjectFunction& gradient,
                                          std::vector<FourierError>& errors) {
  errors.clear();
  return slope(input, frames, object, gradient, &errors);
}

double FarFieldModel::slope(const Ptychogram& input, std::span<const int> frames, const ObjectFunction& object,
                            ObjectFunction& gradient, std::vector<FourierError>* errors) {
  check_size(input, object);
  gradient.value.assign(input.object_size(), 0.0f);
  if (frames.empty()) return 0.0;
  const bool poisson = config_.likelihood == "poisson";
  const auto kept = std::move(kept_);
  // Poisson's steps begin at ½, with which χ is the slope of its deviance.
  PtychographyFields fields(input, {frames.begin(), frames.end()}, config_, input.size(), at_once, 0.0, kept.get());
  fields.set_object(object.value);
  const Planes sum("ptychography::gradient", 1, input.object_nx, input.object_ny);
  double total[2] = {0.0, 0.0}, ignored = 0.0;
  std::vector<FourierError> own;
  for (const auto& places : compact_batches(fields.first(), fields.last(), fields.own_batch())) {
    const auto held = fields.hold(places);
    if (errors) {
      const std::vector<FourierError> some = fields.change_and_errors_of(held);
      own.insert(own.end(), some.begin(), some.end());
    } else {
      fields.change_of(held, ignored, ignored);
    }
    for (const FrameSums& s : fields.kernels().sums(held.count())) total[0] += poisson ? s.deviance : s.off;
    for (int u : places) total[1] += fields.store().totals(u - fields.first()).counts;
    gather(fields.space(), fields.layout(), fields.modes(), held.batch, held.windows, fields.change(), 0,
           fields.probe.moved(), sum, Planes(), true);
  }
  keep(fields);
  if (errors) *errors = as_asked(fields, frames, on_all_ranks(fields.comm(), own));
  fields.comm().sum(std::span<double>(total));
  if (!(total[1] > 0.0)) return 0.0;
  std::vector<int> all(static_cast<std::size_t>(fields.frames()));
  std::iota(all.begin(), all.end(), 0);
  fields.over_ranks().sum(fields.touched(all), sum);
  fields.over_ranks().gather(sum);
  gradient.value = fields.values_of(sum);
  const auto factor = static_cast<float>(-2.0 / total[1]);
  for (auto& g : gradient.value) g *= factor;
  return total[0] / total[1];
}

}  // namespace locum::imaging
