#include "surrogates/potential/training/tuning.hpp"

#include <gtest/gtest.h>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/potential/training/learner.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

using test::labelled_frames;

PotentialConfig small_config() {
  PotentialConfig config;
  config.cutoff = 4.2;
  config.radials = 2;  // a poor linear model
  config.l_max = 1;
  config.four_body_radials = 0;
  config.components = 12;
  config.hidden = 8;
  config.members = 3;
  return config;
}

std::shared_ptr<NeuralPotential> teacher(bool two = false) {
  PotentialConfig config = small_config();
  config.four_body_radials = 2;
  config.four_body_l_max = 2;
  auto t = test::random_potential(config, two ? std::vector<int>{6, 14} : std::vector<int>{14});
  t->use_network = false;
  t->min_distance = t->default_core = 0.0;
  t->upload();
  return t;
}

TrainingConfig short_training(bool network) {
  TrainingConfig config;
  config.network = network;
  config.epochs = 60;
  config.patience = 60;
  config.learning_rate = 4e-3;
  config.batch_frames = 4;
  config.validation_fraction = 0.25;
  config.calibration_every = 1000;
  return config;
}

Context world() {
  Context context;
  context.comm = Communicator::world();
  return context;
}

std::vector<FieldSet> old_domain() { return labelled_frames(teacher(), false, 4, 12, 0.25); }
std::vector<FieldSet> new_domain() { return labelled_frames(teacher(), false, 4, 3, 0.4); }

FieldTree given_model(bool network = true) {
  PotentialLearner learner(world(), small_config(), short_training(network), old_domain());
  learner.fit();
  FieldTree record = learner.record();
  record.groups.at("range").add_scalar("touched", "1", std::int64_t{0});  // readers pass over what they do not know
  return record;
}

template <class Change = void (*)(TuneConfig&)>
LearnerOptions starting_point(
    FieldTree model, const Change& change = [](TuneConfig&) {}, const std::vector<FieldSet>& replay = {}) {
  LearnerOptions options;
  StartingPoint& start = options.start.emplace();
  start.model = std::move(model);
  change(start.tune);
  if (!replay.empty()) start.replay = std::make_shared<FramesInMemory>(replay);
  return options;
}

// A model that learned on, and one that was written, read and fine-tuned: the same normal equations.
TEST(Tuning, WithMemoryTheLinearPartIsThatOfOldAndNewDataTogether) {
  PotentialLearner together(world(), small_config(), short_training(false), old_domain());
  together.fit();
  PotentialLearner tuned(world(), small_config(), short_training(false), new_domain(),
                         starting_point(together.record()));
  tuned.fit();
  // Of four trajectories of three frames the split holds out the third.
  const std::vector<FieldSet> fresh = new_domain();
  for (std::size_t k = 0; k < fresh.size(); ++k)
    if (k / 3 != 2) together.add(fresh[k]);
  together.update();
  const auto &a = together.potential()->species()[0], &b = tuned.potential()->species()[0];
  double largest = 0.0;
  for (const double w : a.linear) largest = std::max(largest, std::abs(w));
  // Cores differ a little: that of `together` was set by the old data alone, as the tuned one's. Rounding times the
  // condition of the equations.
  for (std::size_t k = 0; k < a.linear.size(); ++k) EXPECT_NEAR(a.linear[k], b.linear[k], 1e-6 * largest);
  EXPECT_EQ(a.projection, b.projection);  // the whitening is the given one
}

TEST(Tuning, AFrozenTrunkStaysBitForBitAndTheLastLayerMoves) {
  const FieldTree model = given_model();
  PotentialLearner tuned(world(), small_config(), short_training(true), new_domain(),
                         starting_point(model, [](TuneConfig& tune) { tune.trunk = "frozen"; }));
  tuned.fit();
  const auto given = NeuralPotential::from_record(model);
  ASSERT_TRUE(given->use_network);
  const nn::CommitteeShape shape{given->config().members, given->config().components, given->config().hidden};
  const int size = shape.size(), head = nn::offsets(shape).w3;
  const auto &before = given->species()[0].network, &after = tuned.potential()->species()[0].network;
  bool moved = false;
  for (int k = 0; k < shape.members * size; ++k) {
    if (k % size < head) {
      EXPECT_EQ(before[k], after[k]);
    }
    moved = moved || before[k] != after[k];
  }
  EXPECT_TRUE(moved);
}

TEST(Tuning, ReplayKeepsTheOldDomainAndItsErrorIsReported) {
  const FieldTree model = given_model();
  PotentialLearner tuned(world(), small_config(), short_training(true), new_domain(),
                         starting_point(
                             model,
                             [](TuneConfig& tune) {
                               tune.trunk = "adapters";
                               tune.rank = 2;
                             },
                             old_domain()));
  const auto metrics = tuned.fit().metrics;
  PotentialLearner forgets(world(), small_config(), short_training(true), new_domain(),
                           starting_point(
                               model,
                               [](TuneConfig& tune) {
                                 tune.memory = false;
                                 tune.prior = 0.0;
                                 tune.replay_frames = 0;
                               },
                               old_domain()));
  const auto without = forgets.fit().metrics;
  EXPECT_GT(metrics.at("old_domain_before/force_rmse_eV_per_A"), 0.0);
  EXPECT_EQ(metrics.at("old_domain_before/force_rmse_eV_per_A"), without.at("old_domain_before/force_rmse_eV_per_A"));
  EXPECT_LT(metrics.at("old_domain/force_rmse_eV_per_A"), without.at("old_domain/force_rmse_eV_per_A"));
}

TEST(Tuning, AStrongPriorWithoutMemoryLeavesTheLinearPartAsItWas) {
  const FieldTree model = given_model(false);
  PotentialLearner tuned(world(), small_config(), short_training(false), new_domain(),
                         starting_point(model, [](TuneConfig& tune) {
                           tune.memory = false;
                           tune.prior = 1e5;
                         }));
  tuned.fit();
  const auto given = NeuralPotential::from_record(model);
  const auto& before = given->species()[0].linear;
  const auto& after = tuned.potential()->species()[0].linear;
  double largest = 0.0;
  for (const double w : before) largest = std::max(largest, std::abs(w));
  for (std::size_t k = 0; k < before.size(); ++k) EXPECT_NEAR(before[k], after[k], 1e-4 * largest);
}

TEST(Tuning, WhatTheModelLacksIsSaid) {
  FieldTree model = given_model(false);
  EXPECT_THROW(PotentialLearner(world(), small_config(), short_training(false),
                                labelled_frames(teacher(true), true, 4, 3, 0.1), starting_point(model)),
               ConfigError);
  model.groups.erase(memory_group);
  EXPECT_THROW(PotentialLearner(world(), small_config(), short_training(false), new_domain(), starting_point(model)),
               ConfigError);
  TuneConfig wrong;
  wrong.trunk = "ice";
  EXPECT_THROW(wrong.validate(), ConfigError);
}

}  // namespace
}  // namespace locum::potential
