#include "surrogates/imaging/object_step.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace locum::imaging {

double FrameScore::score() const { return std::sqrt(excess * excess + spread * spread + moved * moved); }

ObjectStep::ObjectStep(std::shared_ptr<const ObjectCascade> cascade, std::shared_ptr<DiffractionModel> model)
    : cascade_(std::move(cascade)), model_(std::move(model)) {}

void ObjectStep::compute(const Ptychogram& input, std::span<const int> samples, ObjectFunction& output) {
  result_ = cascade_->run(input, *model_);
  for (int tile : samples) Ptychography::copy_sample(input, result_.object, output, tile);
}

void ObjectStep::evaluate(const Ptychogram& input, std::span<const int> samples, ObjectFunction& output) {
  compute(input, samples, output);
}

void ObjectStep::evaluate_with_score(const Ptychogram& input, std::span<const int> samples, ObjectFunction& output,
                                     std::span<double> scores) {
  compute(input, samples, output);
  std::vector<int> frames(static_cast<std::size_t>(input.size()));
  std::iota(frames.begin(), frames.end(), 0);
  errors_ = model_->fourier_errors(input, frames, result_.object);
  const std::vector<double> spread = below_probes(input, frames, result_.spread),
                            moved = below_probes(input, frames, result_.moved);
  scores_.clear();
  for (std::size_t j = 0; j < frames.size(); ++j) scores_.push_back({errors_[j].excess(), spread[j], moved[j]});
  for (std::size_t k = 0; k < samples.size(); ++k) {
    scores[k] = result_.finite ? 0.0 : std::numeric_limits<double>::infinity();
    for (int j : input.tiles[static_cast<std::size_t>(samples[k])].frames) {
      const double score = scores_[static_cast<std::size_t>(j)].score();
      scores[k] = std::isnan(score) ? std::numeric_limits<double>::infinity() : std::max(scores[k], score);
      if (std::isinf(scores[k])) break;
    }
  }
}

}  // namespace locum::imaging
