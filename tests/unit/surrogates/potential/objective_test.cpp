#include <gtest/gtest.h>

#include <cmath>

#include "surrogates/potential/network_objective.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

// The gradient of the whole objective (forces, energies and virials through the projected Jacobian) by differences of
// the loss. Single precision: a difference over 2 h with h = 1e-2 carries 1e-7 loss / h ~ 1e-5 and h² terms of 1e-4.
TEST(NetworkObjective, GradientAgreesWithDifferencesOfTheLoss) {
  for (const bool two : {false, true}) {
    PotentialConfig config;
    config.cutoff = 4.2;
    config.radials = 3;
    config.l_max = 2;
    config.four_body_radials = 0;
    config.components = 6;
    auto potential = test::random_potential(config, two ? std::vector<int>{6, 14} : std::vector<int>{14});
    FeatureExtractor extractor;
    extractor.use(*potential);
    const nn::CommitteeShape shape{2, 6, 5};
    const int species = two ? 2 : 1;
    TrainingConfig training;
    NetworkObjective objective({}, shape, species, training);
    for (int k = 0; k < 3; ++k) {
      auto sample = std::make_shared<NetworkSample>();
      const FrameLabel label = test::disordered_diamond(two, 40 + k);
      sample->features = extractor.network(Frame(Communicator::self(), label, config.cutoff));
      sample->force = View<float* [3]>("residual_force", label.atoms());
      Kokkos::deep_copy(sample->force, 0.1f);
      sample->energy = 0.02 * k;
      for (double& v : sample->virial) v = 0.1;
      objective.add_training(sample);
      objective.add_validation(sample);
    }
    std::vector<double> p;
    for (int z = 0; z < species; ++z) {
      const auto part = nn::initial_parameters(shape, 1, z);
      p.insert(p.end(), part.begin(), part.end());
    }
    for (std::size_t k = 0; k < p.size(); ++k) p[k] *= 2.0;
    ASSERT_EQ(p.size(), objective.parameters());
    const std::vector<int> batch{2, 0, 1};
    std::vector<double> gradient(p.size()), unused(p.size());
    objective.gradient(p, batch, gradient);
    double largest = 0.0;
    for (const double g : gradient) largest = std::max(largest, std::abs(g));
    const double h = 1e-2;
    for (std::size_t k = 0; k < p.size(); ++k) {
      const double at = p[k];
      double loss[4];
      for (int side = 0; side < 4; ++side) {
        p[k] = at + (side - 1.5) * h;
        loss[side] = objective.gradient(p, batch, unused);
      }
      p[k] = at;
      // The loss is the mean over the members, the gradient that of each member's own.
      const double slope = shape.members * (27.0 * (loss[2] - loss[1]) - (loss[3] - loss[0])) / (24.0 * h);
      EXPECT_NEAR(gradient[k], slope, 2e-3 * largest) << "parameter " << k;
    }
  }
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
