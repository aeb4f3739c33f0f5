#include <gtest/gtest.h>

#include "surrogates/potential/invariants/features.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

// The rows of the linear model times its weights are what the production kernel gives: two kernels, one answer.
TEST(Features, DesignRowsTimesWeightsAreTheForcesVirialAndEnergy) {
  for (const bool two : {false, true}) {
    PotentialConfig config;
    config.cutoff = 4.4;
    config.radials = 4;
    config.four_body_radials = 2;
    auto potential = test::random_potential(config, two ? std::vector<int>{6, 14} : std::vector<int>{14});
    potential->use_network = false;
    for (auto& s : potential->species()) s.constant = 0.0;
    potential->upload();
    const FrameLabel label = test::disordered_diamond(two);
    const auto truth = test::answer(potential, label);
    const Frame frame(Communicator::self(), label, config.cutoff);
    FeatureExtractor extractor;
    extractor.use(*potential);
    const int n = label.atoms(), M = potential->invariants().count, S = static_cast<int>(potential->elements().size());
    RowMajor<double**> design("design", 3 * n + 7, S * M + 3);
    extractor.design_rows(frame, design);
    const auto rows = host_copy(design);
    auto times_weights = [&](int row) {
      double sum = 0.0;
      for (int s = 0; s < S; ++s)
        for (int m = 0; m < M; ++m) sum += rows(row, s * M + m) * potential->species()[s].linear[m];
      return sum;
    };
    for (int k = 0; k < 3 * n; ++k) EXPECT_NEAR(times_weights(k), truth.force[k], 1e-11);
    const int pick[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}};
    for (int v = 0; v < 6; ++v)
      EXPECT_NEAR(times_weights(3 * n + v), truth.result.virial[pick[v][0]][pick[v][1]], 1e-10);
    EXPECT_NEAR(times_weights(3 * n + 6), truth.result.energy, 1e-11);
    for (int k = 0; k < 3 * n + 7; ++k) EXPECT_EQ(rows(k, S * M + 2), 0.0);
  }
}

// J projected on the components, contracted with a fixed vector, is the gradient of x along it.
TEST(Features, ProjectedJacobianIsTheDerivativeOfTheComponents) {
  PotentialConfig config;
  config.cutoff = 4.4;
  config.radials = 4;
  config.four_body_radials = 2;
  config.components = 11;
  for (const bool two : {false, true}) {
    auto potential = test::random_potential(config, two ? std::vector<int>{6, 14} : std::vector<int>{14});
    FrameLabel label = test::disordered_diamond(two);
    FeatureExtractor extractor;
    extractor.use(*potential);
    const int atom = 3, component = 1;
    auto features_at = [&](double shift) {
      FrameLabel moved = label;
      moved.position[3 * atom + component] += shift;
      return extractor.network(Frame(Communicator::self(), moved, config.cutoff));
    };
    const auto f = features_at(0.0), up = features_at(5e-3), down = features_at(-5e-3);
    const auto jacobian = host_copy(f.jacobian);
    const auto start = host_copy(f.pair_start);
    const auto owner = host_copy(f.pair_owner);
    const auto x_up = host_copy(up.x);
    const auto x_down = host_copy(down.x);
    for (int i = 0; i < label.atoms(); ++i)
      for (int k = 0; k < 11; ++k) {
        const int padded = start(i + 1) - start(i);
        double slope = 0.0;
        for (int p = 0; p < padded; ++p) {
          const double j = jacobian(3 * 11 * start(i) + (k * 3 + component) * padded + p);
          if (owner(start(i) + p) == atom) slope += j;
          if (i == atom) slope -= j;
        }
        EXPECT_NEAR(slope, (x_up(i, k) - x_down(i, k)) / 1e-2, 3e-3);  // single precision of x: 1e-6 / 1e-2, and h²
      }
  }
}

}  // namespace
}  // namespace locum::potential
