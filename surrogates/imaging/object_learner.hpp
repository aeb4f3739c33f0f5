// Trains the networks that answer for ptychography from data sets whose object is known, and again inside a run when
// the gate has gathered new ones.
//
//   ObjectLearner learner(context, network_config, training_config, model, tile_side, data_sets);
//   learner.fit([&](int epoch, const std::map<std::string, double>& metrics) { … });
//   ObjectStep surrogate(learner.cascade(), model);
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "surrogates/imaging/object_cascade.hpp"
#include "surrogates/imaging/object_objective.hpp"
#include "surrogates/train/learner.hpp"

namespace locum::imaging {

// How many of so many data sets an ObjectLearner holds out: the last of them, validation_fraction of all, one at least.
std::size_t held_out_sets(const ObjectTrainingConfig& config, std::size_t data_sets);

class ObjectLearner final : public train::Learner {
 public:
  // Metrics of ObjectObjective::validate, "train/loss", "learning_rate", "stage".
  using EpochCallback = std::function<void(int epoch, const std::map<std::string, double>& metrics)>;

  // data_sets: the same on every rank, in an order that is kept. The last of them, validation_fraction of all, are held
  // out (held_out_sets) and calibrate. Where training.supervised is 0 the others need no truth, which may be empty, and
  // the frames of those held out decide which weights are best. tile_side: pixels, of the tiles that the gate will
  // decide on. Throws ConfigError with fewer than two data sets.
  ObjectLearner(Context context, ObjectNetworkConfig network, ObjectTrainingConfig training,
                std::shared_ptr<DiffractionModel> model, int tile_side, std::vector<LabelledObject> data_sets);

  // The first training, stage after stage. Collective. After restore() of a state taken in a callback it goes on there.
  train::FitReport fit(const EpochCallback& callback = {});
  // What fit() and update() write to; share it with an ObjectStep.
  std::shared_ptr<const ObjectCascade> cascade() const { return cascade_; }

  void add(const FieldSet& label) override;
  // A stage whose new weights are no better on what is held out keeps those that it had.
  train::FitReport update() override;
  // A pair for each tile of what is held out.
  std::vector<train::CalibrationPair> calibration() override;
  // What the last calibration() gave; nothing before the first.
  const std::vector<train::CalibrationPair>& last_calibration() const { return pairs_; }
  // Root mean square, over the frames of what is held out, of the answer's relative error below them (frame_errors):
  // what is usual inside the data. Of the last calibration(); 0 before the first.
  double frame_error() const { return frame_error_; }
  // Everything but the data sets of the constructor, which must be given again.
  FieldSet state() const override;
  void restore(const FieldSet& state) override;

 private:
  using Sets = std::vector<std::shared_ptr<const LabelledObject>>;
  // before: what the stage before this one saw, where it is known.
  std::vector<CanvasSample> samples(const Sets& sets, int stage, const std::vector<CanvasSample>& before) const;
  train::FitReport train_stages(int first, int epochs, const EpochCallback& callback, bool again = false);
  train::FitReport train_one(int stage, const train::TrainerConfig& config, train::Objective& objective,
                             const EpochCallback& callback, bool again);
  train::TrainerConfig trainer_config(int epochs) const;

  Context context_;
  ObjectTrainingConfig config_;
  std::shared_ptr<DiffractionModel> model_;
  int tile_side_;
  std::shared_ptr<ObjectCascade> cascade_;
  Sets training_, held_out_;
  std::vector<FieldSet> labels_;  // of the run, in order
  std::int64_t updates_ = 0;
  std::vector<train::CalibrationPair> pairs_;  // of the last calibration
  double frame_error_ = 0.0;
  // Of a training in hand: its stage, and how far it is.
  int stage_ = 0;
  std::unique_ptr<train::Trainer> trainer_;
  FieldSet trainer_state_;
};

}  // namespace locum::imaging
