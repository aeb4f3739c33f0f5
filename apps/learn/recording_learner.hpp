// A learner whose labels also go into the dataset: what the gate learns from is kept.
#pragma once

#include <functional>

#include "surrogates/train/learner.hpp"

namespace locum::apps {

class RecordingLearner final : public train::Learner {
 public:
  // keep is called on every rank with each label, before the learner takes it.
  RecordingLearner(train::Learner& learner, std::function<void(const FieldSet&)> keep)
      : learner_(learner), keep_(std::move(keep)) {}

  void add(const FieldSet& label) override {
    keep_(label);
    learner_.add(label);
  }
  train::FitReport update() override { return learner_.update(); }
  std::vector<train::CalibrationPair> calibration() override { return learner_.calibration(); }
  FieldSet state() const override { return learner_.state(); }
  void restore(const FieldSet& state) override { learner_.restore(state); }

 private:
  train::Learner& learner_;
  std::function<void(const FieldSet&)> keep_;
};

}  // namespace locum::apps
