#include "surrogates/imaging/object_cascade.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

std::vector<int> all_frames(const Ptychogram& input) {
  std::vector<int> frames(static_cast<std::size_t>(input.size()));
  std::iota(frames.begin(), frames.end(), 0);
  return frames;
}

bool is_finite(const ObjectFunction& object) {
  return std::all_of(object.value.begin(), object.value.end(),
                     [](Ptychogram::Value v) { return std::isfinite(v.real()) && std::isfinite(v.imag()); });
}

// What the last network was given, for an answer that is no number: who begins from it must be able to.
ObjectCascade::Result unanswered(Canvas canvas) {
  const std::vector<float> nothing(canvas.weight.size(), 0.0f);
  return {false, std::move(canvas.object), nothing, nothing};
}

}  // namespace

ObjectCascade::ObjectCascade(const ExecutionSpace& space, const ObjectNetworkConfig& config)
    : space_(space), config_(config) {
  config_.validate();
  for (int s = 0; s < config_.stages; ++s) stages_.emplace_back(space_, config_);
}

Canvas ObjectCascade::after(int s, ObjectFunction object, const Ptychogram& input, DiffractionModel& model) const {
  if (config_.mid_sweeps > 0) model.descend(input, all_frames(input), config_.mid_sweeps, object);
  return make_canvas(space_, input, model, s, std::move(object));
}

Canvas ObjectCascade::next(int s, const Canvas& before, const Ptychogram& input, DiffractionModel& model) const {
  ObjectFunction object = completed(before, stage(s - 1).predict(input.comm, before).mean);
  if (!is_finite(object))
    throw NumericalError(fmt::format("network {} answers with what is no number", s - 1), "ObjectCascade",
                         "a lower training.learning_rate");
  return after(s, std::move(object), input, model);
}

Canvas ObjectCascade::canvas_of(int s, const Ptychogram& input, DiffractionModel& model) const {
  ObjectFunction object = model.back_propagated(input);
  if (config_.lead_sweeps > 0) model.sequential_sweeps(input, all_frames(input), config_.lead_sweeps, object);
  if (config_.coarse_sweeps > 0) model.conjugate_sweeps(input, all_frames(input), config_.coarse_sweeps, object);
  Canvas canvas = make_canvas(space_, input, model, 0, std::move(object));
  for (int k = 1; k <= s; ++k) canvas = next(k, canvas, input, model);
  return canvas;
}

ObjectCascade::Result ObjectCascade::run(const Ptychogram& input, DiffractionModel& model) const {
  Canvas canvas = canvas_of(0, input, model);
  ObjectNetwork::Answer answer;
  ObjectFunction object;
  for (int s = 0; s < config_.stages; ++s) {
    if (s > 0) canvas = after(s, std::move(object), input, model);
    answer = stage(s).predict(input.comm, canvas);
    object = completed(canvas, answer.mean);
    if (!is_finite(object)) return unanswered(std::move(canvas));
  }
  Result result{true, std::move(object), std::move(answer.spread), std::vector<float>(canvas.weight.size())};
  const ObjectFunction before = result.object;
  if (config_.polish_sweeps > 0) model.descend(input, all_frames(input), config_.polish_sweeps, result.object);
  if (!is_finite(result.object)) return unanswered(std::move(canvas));
  for (std::size_t k = 0; k < result.moved.size(); ++k)
    result.moved[k] = std::norm(result.object.value[k] - before.value[k]) / (std::norm(result.object.value[k]) + 1e-6f);
  return result;
}

}  // namespace locum::imaging
