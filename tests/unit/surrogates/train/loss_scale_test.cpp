#include "surrogates/train/loss_scale.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "surrogates/train/trainer.hpp"

namespace locum::train {
namespace {

const std::vector<double> fine{1.0, -2.0}, overflown{1.0, std::numeric_limits<double>::infinity()};

TEST(LossScale, BacksOffWhenAGradientIsNotFinite) {
  LossScale scale;
  EXPECT_TRUE(scale.look(fine));
  EXPECT_EQ(scale.value, 0x1p14);
  EXPECT_FALSE(scale.look(overflown));
  EXPECT_FALSE(scale.look(std::vector<double>{std::nan(""), 0.0}));
  EXPECT_EQ(scale.value, 0x1p12);
  EXPECT_EQ(scale.left_out, 2);
  EXPECT_EQ(scale.good, 0);
}

TEST(LossScale, GrowsAfterManyGoodUpdatesUpToItsBound) {
  LossScale scale;
  for (int k = 0; k < 199; ++k) scale.look(fine);
  EXPECT_EQ(scale.value, 0x1p14);
  scale.look(fine);
  EXPECT_EQ(scale.value, 0x1p15);
  for (int k = 0; k < 199; ++k) scale.look(fine);
  scale.look(overflown);  // the count begins anew
  for (int k = 0; k < 199; ++k) scale.look(fine);
  EXPECT_EQ(scale.value, 0x1p14);
  for (int k = 0; k < 200 * 40; ++k) scale.look(fine);
  EXPECT_EQ(scale.value, LossScale::largest);
}

TEST(LossScale, GivesUpWithAMessageWhenNoFactorHelps) {
  LossScale scale;
  EXPECT_THROW(
      {
        for (int k = 0; k < 100; ++k) scale.look(overflown);
      },
      NumericalError);
}

// A bowl whose gradient overflows when it is scaled beyond a limit, as fp16's would.
class Narrow final : public Objective {
 public:
  std::size_t parameters() const override { return 2; }
  int samples() const override { return 12; }
  void set_loss_scale(double scale) override { scale_ = scale; }
  double gradient(std::span<const double> p, std::span<const int>, std::span<double> g) override {
    for (int k = 0; k < 2; ++k) {
      g[k] = 2.0 * (p[k] - 1.0);
      if (scale_ * std::abs(g[k]) > 65504.0) g[k] = std::numeric_limits<double>::infinity();
    }
    return (p[0] - 1.0) * (p[0] - 1.0) + (p[1] - 1.0) * (p[1] - 1.0);
  }
  std::map<std::string, double> validate(std::span<const double> p) override {
    return {{"validation/loss", (p[0] - 1.0) * (p[0] - 1.0) + (p[1] - 1.0) * (p[1] - 1.0)}};
  }

 private:
  double scale_ = 1.0;
};

TrainerConfig narrow_config() {
  TrainerConfig config;
  config.epochs = 40;
  config.batch = 3;
  config.learning_rate = 0.5;
  config.patience = 40;
  config.loss_scaling = true;
  return config;
}

TEST(LossScale, ATrainerLeavesOverflownUpdatesOutAndArrives) {
  Narrow narrow;
  Trainer trainer(narrow_config(), {9.0, -20.0});
  std::map<std::string, double> last;
  trainer.run(narrow, [&](int, const auto& metrics) { last = metrics; });
  EXPECT_EQ(last.at("updates_left_out"), 4.0);  // 42 · 2¹⁴ needs four halvings to come below 65504 …
  EXPECT_EQ(last.at("loss_scale"), 0x1p10);     // … and 156 good updates are too few to grow
  EXPECT_LT(trainer.best_loss(), 1e-2);
}

TEST(LossScale, ATrainerResumesWithItBitForBit) {
  Narrow narrow;
  Trainer whole(narrow_config(), {9.0, -20.0}), second(narrow_config(), {0.0, 0.0});
  FieldSet kept;
  whole.run(narrow, [&](int epoch, const auto&) {
    if (epoch == 1) kept = whole.state();
  });
  EXPECT_EQ(kept.real_scalar("loss_scale"), 0x1p10);
  second.restore(kept);
  second.run(narrow);
  EXPECT_EQ(second.best(), whole.best());
  EXPECT_EQ(second.state().integer_scalar("loss_scale_good"), whole.state().integer_scalar("loss_scale_good"));
}

}  // namespace
}  // namespace locum::train
