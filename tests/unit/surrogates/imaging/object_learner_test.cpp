#include "surrogates/imaging/object_learner.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/imaging/object_step.hpp"
#include "tests/unit/surrogates/imaging/small_experiment.hpp"

namespace locum::imaging {
namespace {

using testing::context_of;
using testing::small_data_set;
using testing::small_model;
using testing::small_network;
using testing::small_training;

std::vector<LabelledObject> data_sets(int count) {
  std::vector<LabelledObject> sets;
  for (int k = 0; k < count; ++k) sets.push_back(small_data_set(100 + k));
  return sets;
}

ObjectLearner learner_of(const Communicator& comm, ObjectTrainingConfig training = small_training(),
                         ObjectNetworkConfig network = small_network()) {
  return ObjectLearner(context_of(comm), network, training, small_model(), 16, data_sets(5));
}

// At the start the network's last layers are zero: the object is what physics left.
TEST(ObjectNetwork, StartsFromNoAnswer) {
  ObjectCascade cascade({}, small_network());
  cascade.stage(0).set_parameters(cascade.stage(0).initial_parameters(3));
  const LabelledObject set = small_data_set(1);
  const auto model = small_model();
  const Canvas canvas = cascade.canvas_of(0, set.data, *model);
  const ObjectNetwork::Answer answer = cascade.stage(0).predict(set.data.comm, canvas);
  for (float a : answer.mean) ASSERT_EQ(a, 0.0f);
  EXPECT_EQ(completed(canvas, answer.mean).value, canvas.object.value);
}

TEST(ObjectNetwork, AnswersBitForBitTheSameOnAnyNumberOfRanks) {
  ObjectNetworkConfig config = small_network();
  config.members = 2;
  ObjectCascade cascade({}, config);
  std::vector<double> parameters = cascade.stage(0).initial_parameters(3);
  for (std::size_t k = 0; k < parameters.size(); ++k) parameters[k] += 0.05 * std::sin(static_cast<double>(k));
  cascade.stage(0).set_parameters(parameters);
  const LabelledObject set = small_data_set(1);
  const auto model = small_model();
  const Canvas canvas = cascade.canvas_of(0, set.data, *model);
  const auto alone = cascade.stage(0).predict(Communicator::self(), canvas);
  const auto together = cascade.stage(0).predict(Communicator::world(), canvas);
  EXPECT_EQ(alone.mean, together.mean);
  EXPECT_EQ(alone.spread, together.spread);
  EXPECT_GT(*std::max_element(alone.spread.begin(), alone.spread.end()), 0.0f);
}

TEST(ObjectNetwork, ParametersOfAnotherNetworkAreRefused) {
  ObjectNetwork network({}, small_network());
  EXPECT_THROW(network.set_parameters(std::vector<double>(17)), ConfigError);
  ObjectNetworkConfig odd = small_network();
  odd.window = 62;  // not divisible by 4
  EXPECT_THROW(ObjectNetwork({}, odd), ConfigError);
}

TEST(ObjectLearner, MakesTheLossSmaller) {
  ObjectTrainingConfig training = small_training();
  training.epochs = 12;
  ObjectLearner learner = learner_of(Communicator::world(), training);
  std::vector<double> loss;
  learner.fit([&](int, const std::map<std::string, double>& metrics) {
    if (metrics.at("stage") == 0.0) loss.push_back(metrics.at("train/loss"));
  });
  ASSERT_EQ(loss.size(), 12u);
  EXPECT_LT(loss.back(), 0.8 * loss.front());
}

// One rank and several give the same curve: batches are shared, sums differ in the last digits of single precision,
// which twelve steps of Adam carry on.
TEST(ObjectLearner, LearnsTheSameOnAnyNumberOfRanks) {
  const auto curve = [](const Communicator& comm) {
    ObjectLearner learner = learner_of(comm);
    std::vector<double> loss;
    learner.fit([&](int, const std::map<std::string, double>& m) { loss.push_back(m.at("train/loss")); });
    return loss;
  };
  const std::vector<double> alone = curve(Communicator::self()), together = curve(Communicator::world());
  ASSERT_EQ(alone.size(), together.size());
  for (std::size_t k = 0; k < alone.size(); ++k) EXPECT_NEAR(together[k], alone[k], 2e-3 * alone[k]);
}

TEST(ObjectLearner, GoesOnBitForBitAfterARestart) {
  ObjectLearner whole = learner_of(Communicator::world());
  FieldSet kept;
  int epochs = 0;
  whole.fit([&](int, const std::map<std::string, double>&) {
    if (++epochs == 6) kept = whole.state();  // in the second stage
  });
  ObjectLearner restarted = learner_of(Communicator::world());
  restarted.restore(kept);
  int more = 0;
  restarted.fit([&](int, const std::map<std::string, double>&) { ++more; });
  EXPECT_EQ(more, epochs - 6);
  for (int s = 0; s < 2; ++s)
    EXPECT_EQ(restarted.cascade()->stage(s).parameters(), whole.cascade()->stage(s).parameters());
}

TEST(ObjectLearner, CalibratesOnTilesThatItHeldOut) {
  ObjectLearner learner = learner_of(Communicator::world());
  learner.fit();
  const auto pairs = learner.calibration();
  EXPECT_EQ(pairs.size(), small_data_set(104).data.tiles.size());  // one of five sets
  for (const auto& pair : pairs) {
    EXPECT_GT(pair.score, 0.0);
    EXPECT_GT(pair.error, 0.0);
  }
}

// What is usual inside the data, frame by frame: below the errors of the worst frames of tiles, on any number of ranks.
TEST(ObjectLearner, KnowsTheErrorBelowTheFramesThatItHeldOut) {
  ObjectLearner learner = learner_of(Communicator::world());
  const auto pairs = learner.calibration();
  ObjectStep step(learner.cascade(), small_model());
  const LabelledObject set = small_data_set(104);  // the last of five
  std::vector<int> tiles(set.data.tiles.size());
  std::iota(tiles.begin(), tiles.end(), 0);
  std::vector<double> scores(tiles.size());
  ObjectFunction answer = Ptychography::make_output(set.data);
  step.evaluate_with_score(set.data, tiles, answer, scores);
  double sum = 0.0, largest = 0.0;
  int frames = 0;
  for (const int tile : tiles)
    for (const double e : frame_errors(set.data, set.truth, answer, tile)) {
      sum += e * e;
      largest = std::max(largest, e);
      ++frames;
    }
  EXPECT_EQ(frames, set.data.size());
  EXPECT_NEAR(learner.frame_error(), std::sqrt(sum / frames), 1e-5);  // sums over ranks in single precision
  EXPECT_LT(learner.frame_error(), largest);
  EXPECT_GT(learner.frame_error(), 0.0);
}

TEST(ObjectLearner, TakesLabelsOfTilesAndLearnsAgain) {
  ObjectLearner learner = learner_of(Communicator::world());
  learner.fit();
  const LabelledObject fresh = small_data_set(300);
  for (int tile = 0; tile < 4; ++tile) learner.add(Ptychography::label(fresh.data, fresh.truth, tile));
  const std::vector<double> before = learner.cascade()->stage(0).parameters();
  const train::FitReport report = learner.update();
  EXPECT_EQ(report.samples, 4 + 3);  // every fourth label is held out
  EXPECT_NE(learner.cascade()->stage(0).parameters(), before);
  ObjectLearner restored = learner_of(Communicator::world());
  restored.restore(learner.state());
  EXPECT_EQ(restored.calibration().size(), learner.calibration().size());
}

// Steps that are far too long make any network worse: what was there before stays.
TEST(ObjectLearner, AnUpdateThatDoesHarmIsNotTaken) {
  ObjectLearner learner = learner_of(Communicator::world());
  learner.fit();
  ObjectTrainingConfig rash = small_training();
  rash.learning_rate = 0.3;
  rash.update_epochs = 1;
  ObjectLearner hasty = learner_of(Communicator::world(), rash);
  hasty.restore(learner.state());
  const LabelledObject fresh = small_data_set(300);
  for (int tile = 0; tile < 4; ++tile) hasty.add(Ptychography::label(fresh.data, fresh.truth, tile));
  hasty.update();
  for (int s = 0; s < 2; ++s)
    EXPECT_EQ(hasty.cascade()->stage(s).parameters(), learner.cascade()->stage(s).parameters());
}

// No truth but of the one set that calibrates: the frames' error falls, and decides.
TEST(ObjectLearner, LearnsFromFramesAlone) {
  ObjectTrainingConfig training = small_training();
  training.supervised = 0.0;
  training.physics = 1.0;
  training.epochs = 8;
  std::vector<LabelledObject> sets = data_sets(5);
  EXPECT_EQ(held_out_sets(training, 5), 1u);
  for (int k = 0; k < 4; ++k) sets[static_cast<std::size_t>(k)].truth.value.clear();
  ObjectLearner learner(context_of(Communicator::world()), small_network(), training, small_model(), 16,
                        std::move(sets));
  std::vector<double> held_out;
  double best = 1e300;
  const train::FitReport report = learner.fit([&](int, const std::map<std::string, double>& metrics) {
    if (metrics.at("stage") == 0.0) held_out.push_back(metrics.at("validation/loss"));
    if (metrics.at("stage") == 1.0) best = std::min(best, metrics.at("validation/loss"));
  });
  EXPECT_LT(held_out.back(), held_out.front());
  EXPECT_NEAR(report.metrics.at("validation/loss"), best, 1e-5 * best) << "the weights of the best epoch are kept";
  EXPECT_EQ(learner.calibration().size(), small_data_set(104).data.tiles.size());
}

TEST(ObjectLearner, OneDataSetIsTooFew) {
  EXPECT_THROW(ObjectLearner({}, small_network(), small_training(), small_model(), 16, data_sets(1)), ConfigError);
}

TEST(ObjectStep, HandsOverWhatTheNetworkWasGivenWhereItGivesNoNumbers) {
  auto cascade = std::make_shared<ObjectCascade>(ExecutionSpace{}, small_network());
  for (int s = 0; s < 2; ++s)
    cascade->stage(s).set_parameters(
        std::vector<double>(cascade->stage(s).initial_parameters(1).size(), std::numeric_limits<double>::quiet_NaN()));
  const auto model = small_model();
  ObjectStep step(cascade, model);
  const LabelledObject set = small_data_set(2);
  std::vector<int> tiles(set.data.tiles.size());
  std::iota(tiles.begin(), tiles.end(), 0);
  std::vector<double> scores(tiles.size());
  ObjectFunction answer = Ptychography::make_output(set.data);
  step.evaluate_with_score(set.data, tiles, answer, scores);
  for (double s : scores) EXPECT_TRUE(std::isinf(s));
  EXPECT_EQ(answer.value, cascade->canvas_of(0, set.data, *model).object.value);
}

TEST(ObjectStep, ATilesScoreIsThatOfItsWorstFrame) {
  ObjectLearner learner = learner_of(Communicator::self());
  ObjectStep step(learner.cascade(), small_model());
  const LabelledObject set = small_data_set(3);
  const std::vector<int> tiles = {1, 3};
  std::vector<double> scores(2);
  ObjectFunction answer = Ptychography::make_output(set.data);
  step.evaluate_with_score(set.data, tiles, answer, scores);
  for (std::size_t k = 0; k < 2; ++k) {
    double worst = 0.0;
    for (int j : set.data.tiles[static_cast<std::size_t>(tiles[k])].frames)
      worst = std::max(worst, step.frame_scores()[static_cast<std::size_t>(j)].score());
    EXPECT_EQ(scores[k], worst);
  }
  const PixelBox& other = set.data.tiles[0].core;
  EXPECT_EQ(answer.value[static_cast<std::size_t>(other.x0) * set.data.object_ny + other.y0], Ptychogram::Value(1.0f))
      << "tiles that nobody asked for are left alone";
}

}  // namespace
}  // namespace locum::imaging
