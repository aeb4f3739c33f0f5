#include "surrogates/imaging/object_objective.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "surrogates/imaging/object_cascade.hpp"
#include "tests/unit/surrogates/imaging/small_experiment.hpp"

namespace locum::imaging {
namespace {

using testing::context_of;
using testing::small_data_set;
using testing::small_model;
using testing::small_network;
using testing::small_training;

std::vector<CanvasSample> canvases(const ObjectCascade& cascade, int count) {
  std::vector<CanvasSample> all;
  const auto model = small_model();
  for (int k = 0; k < count; ++k) {
    auto set = std::make_shared<LabelledObject>(small_data_set(200 + k));
    CanvasSample sample;
    sample.canvas = cascade.canvas_of(0, set->data, *model);
    sample.weight = sample.canvas.weight;
    sample.answer = missing(sample.canvas, set->truth);
    sample.labelled = std::move(set);
    all.push_back(std::move(sample));
  }
  return all;
}

struct Weighed {
  double physics;  // weight of the frames' error
  const char* likelihood;
};

class ObjectiveGradient : public ::testing::TestWithParam<Weighed> {};

TEST_P(ObjectiveGradient, IsThatOfFiniteDifferences) {
  const ObjectCascade cascade({}, small_network());
  ObjectNetwork network({}, small_network());
  ObjectTrainingConfig config = small_training();
  config.physics = GetParam().physics;
  config.supervised = config.physics > 0.0 ? 0.0 : 1.0;
  ObjectObjective objective(context_of(Communicator::self()), config, network, small_model(GetParam().likelihood),
                            canvases(cascade, 2), {});
  std::vector<double> parameters = network.initial_parameters(5), slope(parameters.size()), ignored(slope.size());
  for (std::size_t k = 0; k < parameters.size(); ++k) parameters[k] += 0.02 * std::sin(1.0 + static_cast<double>(k));
  const std::vector<int> batch = {0, 2, 5};
  objective.gradient(parameters, batch, slope);
  // Along the gradient itself, where the difference is large against roundings in single precision.
  double norm = 0.0;
  for (double s : slope) norm += s * s;
  ASSERT_GT(norm, 0.0);
  const double step = 2e-3 / std::sqrt(norm);
  const auto loss = [&](double by) {
    std::vector<double> moved = parameters;
    for (std::size_t k = 0; k < moved.size(); ++k) moved[k] += by * step * slope[k];
    return objective.gradient(moved, batch, ignored);
  };
  EXPECT_NEAR((loss(1.0) - loss(-1.0)) / (2.0 * step * norm), 1.0,
              0.02);  // curvature over the step, and 1e-6 of the loss
}
INSTANTIATE_TEST_SUITE_P(LabelsAndFrames, ObjectiveGradient,
                         ::testing::Values(Weighed{0.0, "amplitude"}, Weighed{1.0, "amplitude"},
                                           Weighed{1.0, "poisson"}));

// What is kept of a data set, number by number: a forecast that is too small lets a training be killed.
TEST(ObjectObjective, MemoryOfTrainingIsForecast) {
  const ObjectCascade cascade({}, small_network());
  const CanvasSample s = std::move(canvases(cascade, 1)[0]);
  const std::size_t object = 8 * s.canvas.object.value.size(),
                    sample = 4 * (s.canvas.input.size() + s.canvas.weight.size() + s.canvas.reach.size() +
                                  s.answer.size() + s.weight.size()) +
                             object;
  const std::size_t pixels = s.labelled->data.object_size();
  EXPECT_EQ(training_bytes(pixels, 1), static_cast<double>(object + sample));
  EXPECT_EQ(training_bytes(pixels, 2), static_cast<double>(object + 2 * sample));
  EXPECT_EQ(training_bytes(pixels, 4), static_cast<double>(object + 2 * sample));
}

// Every epoch sees windows of its own; a restarted training draws the same.
TEST(ObjectObjective, WindowsAreDrawnAnewInEachEpochAndTheSameInAnother) {
  const ObjectCascade cascade({}, small_network());
  ObjectNetwork network({}, small_network());
  ObjectObjective objective(context_of(Communicator::self()), small_training(), network, nullptr, canvases(cascade, 2),
                            {});
  std::vector<double> parameters = network.initial_parameters(5), ignored(parameters.size());
  for (std::size_t k = 0; k < parameters.size(); ++k) parameters[k] += 0.02 * std::sin(1.0 + static_cast<double>(k));
  const std::vector<int> batch = {0, 2, 5};
  std::vector<double> loss;
  for (int epoch : {0, 1, 2, 1}) {
    objective.begin_epoch(epoch);
    loss.push_back(objective.gradient(parameters, batch, ignored));
  }
  EXPECT_NE(loss[0], loss[1]);
  EXPECT_NE(loss[1], loss[2]);
  EXPECT_EQ(loss[1], loss[3]);
}

}  // namespace
}  // namespace locum::imaging
