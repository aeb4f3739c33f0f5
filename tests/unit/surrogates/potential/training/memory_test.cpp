// The budget of memory decides how long a training takes, never what comes out.
#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/potential/training/learner.hpp"
#include "surrogates/potential/training/memory_forecast.hpp"
#include "surrogates/potential/training/memory_room.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

using test::labelled_frames;

constexpr double gib = 1024.0 * 1024.0 * 1024.0;

PotentialConfig small_potential() {
  PotentialConfig config;
  config.cutoff = 4.2;
  config.radials = 4;
  config.l_max = 2;
  config.four_body_radials = 0;
  config.components = 12;
  config.hidden = 8;
  config.members = 3;
  return config;
}

TrainingConfig short_training(double memory_GiB) {
  TrainingConfig config;
  config.epochs = 5;
  config.batch_frames = 4;
  config.learning_rate = 4e-3;
  config.validation_fraction = 0.25;
  config.memory_GiB = memory_GiB;
  return config;
}

Context world() {
  Context context;
  context.comm = Communicator::world();
  return context;
}

std::shared_ptr<NeuralPotential> teacher() {
  PotentialConfig config = small_potential();
  config.four_body_radials = 2;
  config.four_body_l_max = 2;
  auto t = test::random_potential(config, {6, 14});
  t->use_network = false;
  t->min_distance = t->default_core = 0.0;
  t->upload();
  return t;
}

// Frames that are read anew each time, and how often they were.
class CountedFrames final : public FrameSource {
 public:
  explicit CountedFrames(const std::vector<FieldSet>& frames) : frames_(frames), all_(frames) {}
  std::int64_t size() const override { return all_.size(); }
  FrameFacts facts(std::int64_t k) const override { return all_.facts(k); }
  bool in_memory(std::int64_t) const override { return false; }
  std::shared_ptr<const FrameLabel> label(std::int64_t k) const override {
    ++reads_[k];
    return std::make_shared<const FrameLabel>(
        read_label(frames_[static_cast<std::size_t>(k)], frame_name(k, "counted")));
  }
  const std::map<std::int64_t, int>& reads() const { return reads_; }

 private:
  std::vector<FieldSet> frames_;
  FramesInMemory all_;
  mutable std::map<std::int64_t, int> reads_;
};

struct Outcome {
  std::vector<double> curve;
  std::map<std::string, double> metrics;
  FieldSet state;
  MemoryForecast forecast;
};

Outcome train(std::shared_ptr<FrameSource> frames, double memory_GiB) {
  PotentialLearner learner(world(), small_potential(), short_training(memory_GiB), std::move(frames));
  Outcome o;
  o.metrics = learner
                  .fit([&](int epoch, const auto& metrics) {
                    o.curve.push_back(metrics.at("validation/loss"));
                    if (epoch > 0) o.curve.push_back(metrics.at("train/loss"));
                  })
                  .metrics;
  o.state = learner.state();
  o.forecast = learner.forecast();
  return o;
}

void expect_same(const Outcome& a, const Outcome& b) {
  EXPECT_EQ(a.curve, b.curve);
  EXPECT_EQ(a.metrics, b.metrics);
  ASSERT_EQ(a.state.fields().size(), b.state.fields().size());
  for (const auto& [name, field] : a.state.fields()) EXPECT_EQ(field.values, b.state.at(name).values) << name;
}

// The smallest budget of the node with which training starts, and as much more as `share` of its features needs.
double budget_GiB(const std::vector<FieldSet>& frames, double share) {
  double low = 0.0, high = 1.0;
  for (int turn = 0; turn < 30; ++turn) {
    const double middle = 0.5 * (low + high);
    try {
      PotentialLearner(world(), small_potential(), short_training(middle), frames);
      high = middle;
    } catch (const ConfigError&) {
      low = middle;
    }
  }
  const PotentialLearner learner(world(), small_potential(), short_training(1.0), frames);
  return high + share * learner.forecast().features / gib;
}

TEST(Memory, TheLossCurveIsBitForBitTheSameWithAnyBudget) {
  const auto frames = labelled_frames(teacher(), true, 4, 6);
  const Outcome everything = train(std::make_shared<FramesInMemory>(frames), 1.0);
  EXPECT_EQ(everything.forecast.held_share(), 1.0);
  for (const double share : {0.0, 0.4}) {
    const Outcome little = train(std::make_shared<FramesInMemory>(frames), budget_GiB(frames, share));
    EXPECT_LT(little.forecast.held_share(), share + 0.1);
    EXPECT_GT(little.forecast.slow_down, 1.0);
    expect_same(little, everything);
  }
}

TEST(Memory, FramesThatAreReadWhenTheyAreWantedGiveTheSame) {
  const auto frames = labelled_frames(teacher(), true, 4, 6);
  const Outcome expected = train(std::make_shared<FramesInMemory>(frames), 1.0);
  const auto kept = std::make_shared<CountedFrames>(frames), dropped = std::make_shared<CountedFrames>(frames);
  expect_same(train(kept, 1.0), expected);
  expect_same(train(dropped, budget_GiB(frames, 0.0)), expected);
  const Context context = world();
  for (const auto& [k, count] : kept->reads()) EXPECT_LE(count, 2) << k;  // the forecast counts neighbours in some
  for (const auto& [k, count] : dropped->reads()) EXPECT_EQ(k % context.comm.size(), context.comm.rank());  // its own
  int most = 0;
  for (const auto& entry : dropped->reads()) most = std::max(most, entry.second);
  EXPECT_GT(most, 5);  // every epoch
  EXPECT_EQ(static_cast<int>(kept->reads().size()), 24 / context.comm.size());
}

TEST(Memory, AnUpdateDoesNotDependOnTheBudgetEither) {
  const auto frames = labelled_frames(teacher(), true, 4, 6);
  auto updated = [&](double memory_GiB) {
    TrainingConfig training = short_training(memory_GiB);
    training.reservoir_frames = 5;
    PotentialLearner learner(world(), small_potential(), training, frames);
    learner.fit();
    for (int k = 0; k < 4; ++k) learner.add(test::label_by(teacher(), test::disordered_diamond(true, 500 + k, 1, 0.3)));
    const auto report = learner.update();
    return std::make_pair(report.metrics, learner.potential()->record());
  };
  const auto all = updated(1.0), little = updated(budget_GiB(frames, 0.1));
  EXPECT_EQ(all.first, little.first);
  for (const auto& [name, group] : all.second.groups)
    for (const auto& [field, content] : group.fields())
      EXPECT_EQ(content.values, little.second.groups.at(name).at(field).values) << name << " " << field;
}

TEST(Memory, WhatCannotFitIsRefusedBeforeTheStartSayingWhatWould) {
  const auto frames = labelled_frames(teacher(), true, 4, 2);
  try {
    PotentialLearner(world(), small_potential(), short_training(1e-6), frames);
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("training needs at least"), std::string::npos) << text;
    EXPECT_NE(text.find("training.memory_GiB"), std::string::npos) << text;
  }
}

TEST(Memory, ABadLabelOfOneRankIsEveryRanksErrorWithFrameAndFile) {
  auto frames = labelled_frames(teacher(), true, 4, 6);
  const auto good = std::make_shared<CountedFrames>(frames);
  FrameLabel label = read_label(frames[7], 7);
  label.force[4] = std::nan("");
  class Spoiled final : public FrameSource {
   public:
    Spoiled(std::shared_ptr<FrameSource> good, FieldSet bad) : good_(std::move(good)), bad_(std::move(bad)) {}
    std::int64_t size() const override { return good_->size(); }
    FrameFacts facts(std::int64_t k) const override { return good_->facts(k); }
    bool in_memory(std::int64_t) const override { return false; }
    std::shared_ptr<const FrameLabel> label(std::int64_t k) const override {
      if (k != 7) return good_->label(k);
      return std::make_shared<const FrameLabel>(read_label(bad_, frame_name(k, "spoiled.h5")));
    }

   private:
    std::shared_ptr<FrameSource> good_;
    FieldSet bad_;
  };
  try {
    PotentialLearner learner(world(), small_potential(), short_training(1.0),
                             std::make_shared<Spoiled>(good, write_label(label)));
    learner.fit();
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("frame 7 of spoiled.h5"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("force"), std::string::npos) << error.what();
  }
}

TEST(MemoryRoom, WhatHasFoundRoomKeepsIt) {
  MemoryRoom room(10);
  EXPECT_TRUE(room.take(6));
  EXPECT_FALSE(room.take(5));
  EXPECT_TRUE(room.take(4));
  EXPECT_FALSE(room.fits(1));
  room.give_back(6);
  EXPECT_TRUE(room.fits(6));
  room.set_limit(3);  // less than is held
  EXPECT_FALSE(room.fits(0));
  EXPECT_TRUE(MemoryRoom().take(UINT64_MAX));
}

TEST(MemoryForecast, RoomsAreSharedOutByWhatEachNeeds) {
  MemoryNeeds needs;
  needs.labels = 10.0, needs.geometries = 40.0, needs.features = 1000.0;
  needs.equations = 100.0, needs.batch = 20.0, needs.batch_features = 80.0;
  const MemoryRooms all = share_out(needs, 1170.0);  // exactly enough
  EXPECT_EQ(all.labels, 10u);
  EXPECT_EQ(all.geometries, 40u);
  EXPECT_EQ(all.features, 1000u);
  const MemoryRooms some = share_out(needs, 700.0);  // 500 are left, a tenth of them for what is small
  EXPECT_EQ(some.labels, 10u);
  EXPECT_EQ(some.geometries, 40u);
  EXPECT_EQ(some.features, 450u);
  const MemoryRooms few = share_out(needs, 300.0);
  EXPECT_EQ(few.labels, 10u);
  EXPECT_EQ(few.geometries, 0u);
  EXPECT_EQ(few.features, 90u);
  EXPECT_EQ(share_out(needs, 200.0).features, 0u);
  EXPECT_THROW(share_out(needs, 199.0), ConfigError);
  EXPECT_EQ(share_out(needs, std::numeric_limits<double>::infinity()).features, UINT64_MAX);
}

TEST(MemoryForecast, SaysWhatStaysAndWhatItCosts) {
  MemoryForecast f;
  f.features = 1.9 * gib, f.held_features = f.features, f.equations = 0.4 * gib, f.available = 12 * gib;
  EXPECT_NE(f.text().find("1.9 GiB of features, 410 MiB of normal equations"), std::string::npos) << f.text();
  EXPECT_NE(f.text().find("12 GiB available: all stays in memory"), std::string::npos) << f.text();
  f.held_features = 0.31 * f.features, f.slow_down = 2.3;
  EXPECT_NE(f.text().find("31 % of the features stay in memory"), std::string::npos) << f.text();
  EXPECT_NE(f.text().find("about 2.3 times slower"), std::string::npos) << f.text();
  f.features = 0.0, f.frames = gib, f.held_frames = 0.25 * gib;  // the linear model alone
  EXPECT_NE(f.text().find("25 % of labels and geometries stay in memory"), std::string::npos) << f.text();
}

TEST(MemoryForecast, TheFeaturesAreThoseThatAreHeld) {
  const auto frames = labelled_frames(teacher(), true, 4, 6);
  const PotentialLearner learner(Context(), small_potential(), short_training(1.0), frames);
  const auto potential = test::random_potential(small_potential(), {6, 14});
  FeatureExtractor extractor;
  extractor.use(*potential);
  double held = 0.0;
  for (const auto& fields : frames) {
    const auto f = extractor.network(Frame(Communicator::self(), read_label(fields, 0), small_potential().cutoff));
    held += 4.0 * (f.x.size() + f.jacobian.size() + f.pair_owner.size() + f.pair_vector.size() + f.species.size() +
                   f.rank.size() + f.pair_center.size() + f.pair_reverse.size());
  }
  EXPECT_NEAR(learner.forecast().features, held, 0.02 * held);  // the targets, 12 bytes an atom, are not counted here
}

}  // namespace
}  // namespace locum::potential
