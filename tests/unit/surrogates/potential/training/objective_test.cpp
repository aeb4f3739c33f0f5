#include "surrogates/potential/training/network_objective.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

constexpr int inputs = 6;

PotentialConfig small_config() {
  PotentialConfig config;
  config.cutoff = 4.2;
  config.radials = 3;
  config.l_max = 2;
  config.four_body_radials = 0;
  config.components = inputs;
  return config;
}

// Frames of 8 and of 64 atoms, with and without an energy and a virial.
std::vector<std::shared_ptr<NetworkSample>> samples(bool two, linalg::Precision storage = linalg::Precision::fp32) {
  const PotentialConfig config = small_config();
  auto potential = test::random_potential(config, two ? std::vector<int>{6, 14} : std::vector<int>{14});
  FeatureExtractor extractor;
  extractor.use(*potential);
  extractor.store_as(storage);
  std::vector<std::shared_ptr<NetworkSample>> all;
  for (int k = 0; k < 3; ++k) {
    auto sample = std::make_shared<NetworkSample>();
    const FrameLabel label = test::disordered_diamond(two, 40 + k, k == 1 ? 2 : 1);
    sample->features = extractor.network(Frame(Communicator::self(), label, config.cutoff));
    sample->force = View<float* [3]>("residual_force", label.atoms());
    Kokkos::deep_copy(sample->force, 0.1f);
    sample->energy = 0.02 * k;
    for (double& v : sample->virial) v = 0.1;
    sample->has_energy = k != 2;
    sample->has_virial = k != 1;
    sample->weight = 1.0 + 0.5 * k;
    all.push_back(sample);
  }
  return all;
}

struct Bench {
  nn::CommitteeShape shape;
  TrainingConfig training;
  std::vector<double> p;
  NetworkObjective objective;

  // members: with five the kernels take four together and one alone.
  Bench(bool two, const std::string& precision = "fp32", int members = 5)
      : shape{members, inputs, 5}, training(with(precision)), objective({}, shape, two ? 2 : 1, training) {
    for (const auto& s : samples(two, linalg::precision_of(precision))) {
      objective.add_training(s);
      objective.add_validation(s);
    }
    for (int z = 0; z < (two ? 2 : 1); ++z) {
      const auto part = nn::initial_parameters(shape, 1, z);
      p.insert(p.end(), part.begin(), part.end());
    }
    for (double& x : p) x *= 2.0;
  }
  static TrainingConfig with(const std::string& precision) {
    TrainingConfig config;
    config.precision = precision;
    return config;
  }
  std::vector<double> gradient(const std::vector<int>& batch, double* loss = nullptr) {
    std::vector<double> g(p.size());
    const double l = objective.gradient(p, batch, g);
    if (loss) *loss = l;
    return g;
  }
};

double largest(const std::vector<double>& g) {
  double most = 0.0;
  for (const double x : g) most = std::max(most, std::abs(x));
  return most;
}
double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0, square = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    sum += (a[k] - b[k]) * (a[k] - b[k]);
    square += b[k] * b[k];
  }
  return std::sqrt(sum / square);
}

// The gradient of the whole objective (forces, energies and virials through the projected Jacobian) by differences of
// the loss. Single precision: a difference over 2 h with h = 1e-2 carries 1e-7 loss / h ~ 1e-5 and h² terms of 1e-4.
TEST(NetworkObjective, GradientAgreesWithDifferencesOfTheLoss) {
  for (const bool two : {false, true}) {
    Bench s(two);
    ASSERT_EQ(s.p.size(), s.objective.parameters());
    const std::vector<int> batch{2, 0, 1};
    const std::vector<double> gradient = s.gradient(batch);
    const double h = 1e-2, scale = largest(gradient);
    for (std::size_t k = 0; k < s.p.size(); ++k) {
      const double at = s.p[k];
      double loss[4];
      for (int side = 0; side < 4; ++side) {
        s.p[k] = at + (side - 1.5) * h;
        s.gradient(batch, &loss[side]);
      }
      s.p[k] = at;
      // The loss is the mean over the members, the gradient that of each member's own.
      const double slope = s.shape.members * (27.0 * (loss[2] - loss[1]) - (loss[3] - loss[0])) / (24.0 * h);
      EXPECT_NEAR(gradient[k], slope, 2e-3 * scale) << "parameter " << k;
    }
  }
}

TEST(NetworkObjective, ABatchIsTheMeanOfItsFrames) {
  for (const bool two : {false, true}) {
    Bench s(two);
    double loss = 0.0, sum = 0.0;
    const std::vector<double> together = s.gradient({1, 2, 0}, &loss);
    std::vector<double> mean(together.size());
    for (int k = 0; k < 3; ++k) {
      double own = 0.0;
      const std::vector<double> g = s.gradient({k}, &own);
      for (std::size_t i = 0; i < g.size(); ++i) mean[i] += g[i] / 3.0;
      sum += own / 3.0;
    }
    EXPECT_NEAR(loss, sum, 1e-6 * loss);
    EXPECT_LT(distance(together, mean), 1e-5);  // single precision, summed in another order
    EXPECT_EQ(s.gradient({1, 2, 0}), together);
  }
}

// What other ranks hold is null: it counts in the number of frames and in nothing else.
TEST(NetworkObjective, FramesOfOtherRanksLeaveNothing) {
  Bench s(false);
  s.objective.add_training(std::shared_ptr<const NetworkSample>());
  double loss = 0.0, with_null = 0.0;
  const std::vector<double> g = s.gradient({1}, &loss), half = s.gradient({1, 3}, &with_null);
  EXPECT_NEAR(with_null, 0.5 * loss, 1e-12 + 1e-6 * loss);
  for (std::size_t k = 0; k < g.size(); ++k) EXPECT_NEAR(half[k], 0.5 * g[k], 1e-6 * largest(g));
  EXPECT_EQ(largest(s.gradient({3})), 0.0);
}

// With one member the committee's mean is that member, and validation's loss the training's.
TEST(NetworkObjective, ValidationOfOneMemberIsItsTrainingLoss) {
  for (const bool two : {false, true}) {
    Bench s(two, "fp32", 1);
    double loss = 0.0;
    s.gradient({0, 1, 2}, &loss);
    EXPECT_NEAR(s.objective.validate(s.p).at("validation/loss"), loss, 1e-5 * loss);
  }
}

TEST(NetworkObjective, FewerBitsTurnTheGradientByNoMoreThanTheirRounding) {
  for (const bool two : {false, true}) {
    Bench exact(two);
    const std::vector<double> g = exact.gradient({0, 1, 2});
    const std::pair<const char*, double> formats[] = {{"tf32", 2e-3}, {"bf16", 1.5e-2}, {"fp16", 2e-3}};  // 2, 4 units
    for (const auto& [name, bound] : formats) {
      Bench s(two, name);
      s.objective.set_loss_scale(name == std::string("fp16") ? 0x1p12 : 1.0);
      const double off = distance(s.gradient({0, 1, 2}), g);
      EXPECT_LT(off, bound) << name;
      EXPECT_GT(off, 1e-6) << name << " was not used";
    }
  }
}

TEST(NetworkObjective, TheLossScaleLeavesTheGradientAndSavesWhatFp16WouldLose) {
  Bench exact(false), s(false, "fp16");
  const std::vector<double> plain = exact.gradient({0, 1});
  exact.objective.set_loss_scale(0x1p10);
  EXPECT_LT(distance(exact.gradient({0, 1}), plain), 1e-6);  // powers of two round nothing but what is below 1e-38
  s.objective.set_loss_scale(0x1p-16);
  const double lost = distance(s.gradient({0, 1}), plain);
  s.objective.set_loss_scale(0x1p12);
  EXPECT_LT(distance(s.gradient({0, 1}), plain), 0.1 * lost);
  s.objective.set_loss_scale(0x1p40);
  bool finite = true;
  for (const double x : s.gradient({0, 1})) finite = finite && std::isfinite(x);
  EXPECT_FALSE(finite);
}

TEST(NetworkObjective, EveryPairKnowsItsAtomAndTheWayBack) {
  for (const auto& sample : samples(true)) {
    const NetworkFeatures& f = sample->features;
    const auto start = host_copy(f.pair_start), owner = host_copy(f.pair_owner);
    const auto center = host_copy(f.pair_center), reverse = host_copy(f.pair_reverse);
    const auto vector = host_copy(f.pair_vector);
    for (int i = 0; i < f.atoms; ++i)
      for (int p = start(i); p < start(i + 1); ++p) {
        EXPECT_EQ(center(p), i);
        if (owner(p) < 0) {
          EXPECT_EQ(reverse(p), -1);
          continue;
        }
        ASSERT_GE(reverse(p), 0);
        EXPECT_EQ(reverse(reverse(p)), p);
        EXPECT_EQ(owner(reverse(p)), i);
        EXPECT_EQ(center(reverse(p)), owner(p));
        for (int x = 0; x < 3; ++x) EXPECT_NEAR(vector(reverse(p), x), -vector(p, x), 1e-5);
      }
  }
}

TEST(NetworkObjective, SixteenBitsHalveTheJacobian) {
  const auto full = samples(false), half = samples(false, linalg::Precision::fp16);
  const auto exact = host_copy(full[0]->features.jacobian);
  const auto stored = host_copy(half[0]->features.jacobian16);
  ASSERT_EQ(exact.extent(0), stored.extent(0));
  EXPECT_EQ(half[0]->features.jacobian.extent(0), 0u);
  for (std::size_t k = 0; k < exact.extent(0); ++k)
    EXPECT_NEAR(linalg::from_fp16(stored(k)), exact(k), 0x1p-11 * std::abs(exact(k)) + 0x1p-25);
}

TEST(NetworkObjective, ItsLayoutCoversEveryMembersMatrices) {
  Bench s(true);
  const auto layout = s.objective.layout();
  EXPECT_EQ(layout.parts.size(), 10u);
  ASSERT_EQ(layout.matrices.size(), 20u);
  EXPECT_EQ(layout.matrices[0].rows, inputs);
  EXPECT_EQ(layout.matrices[1].rows, 5);
  EXPECT_EQ(layout.matrices[2].offset, static_cast<std::size_t>(s.shape.size()));
  EXPECT_NO_THROW(train::make_optimizer("soap", s.objective.parameters(), layout));
}

// What does not fit into memory is made when it is asked for: as seldom as possible, and with the same answer.
TEST(NetworkObjective, ASampleIsAskedForOnceInEachBatchThatHasIt) {
  PotentialConfig config;
  config.cutoff = 4.2;
  config.radials = 3;
  config.l_max = 2;
  config.four_body_radials = 0;
  config.components = 6;
  const auto potential = test::random_potential(config, {6, 14});
  FeatureExtractor extractor;
  extractor.use(*potential);
  const nn::CommitteeShape shape{2, 6, 5};
  NetworkObjective kept({}, shape, 2, TrainingConfig()), made({}, shape, 2, TrainingConfig());
  std::vector<int> asked(3, 0);
  for (int k = 0; k < 3; ++k) {
    const auto make = [&extractor, k] {
      auto sample = std::make_shared<NetworkSample>();
      const FrameLabel label = test::disordered_diamond(true, 40 + k);
      sample->features = extractor.network(Frame(Communicator::self(), label, 4.2));
      sample->force = View<float* [3]>("residual_force", label.atoms());
      return std::shared_ptr<const NetworkSample>(sample);
    };
    kept.add_training(make());
    kept.add_validation(make());
    made.add_training([&asked, make, k] {
      ++asked[k];
      return make();
    });
    made.add_validation([make] { return make(); });
  }
  std::vector<double> p(kept.parameters(), 0.1), one(p.size()), other(p.size());
  for (const std::vector<int>& batch : {std::vector<int>{2, 0}, std::vector<int>{0}}) {
    EXPECT_EQ(kept.gradient(p, batch, one), made.gradient(p, batch, other));
    EXPECT_EQ(one, other);
  }
  EXPECT_EQ(asked, (std::vector<int>{2, 0, 1}));
  EXPECT_EQ(kept.validate(p), made.validate(p));
}

}  // namespace
}  // namespace locum::potential
