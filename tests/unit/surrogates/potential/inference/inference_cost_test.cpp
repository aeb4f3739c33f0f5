#include "surrogates/potential/inference/inference_cost.hpp"

#include <gtest/gtest.h>

#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

TEST(InferenceCost, OfASmallPotentialIsWhatOneCountsByHand) {
  PotentialConfig config;
  config.radials = 1;
  config.l_max = 0;
  config.four_body_radials = 0;
  config.components = 1;
  config.hidden = 2;
  config.members = 3;
  const NeuralPotential potential(config, {14});
  // One density of 10 neighbours; q₀ = A and q₁ = A²; a projection of two invariants on one component, there and back;
  // three networks of 2 + 2 + 4 + 2 + 2 + 1 parameters.
  EXPECT_EQ(operations_per_atom(potential, 10.0), 8.0 * 10 + 6.0 + 4.0 * 2 + 2.0 * 2 + 4.0 * 3 * 13);
}

TEST(InferenceCost, DiamondHasTwentyEightNeighboursWithinFiveAngstrom) {
  FrameLabel label = test::disordered_diamond(false, 1, 1, 0.0);
  label.cell = Cell(Mat3{{{5.43, 0, 0}, {0, 5.43, 0}, {0, 0, 5.43}}});
  const double quarter[8][3] = {{0, 0, 0}, {0, 2, 2}, {2, 0, 2}, {2, 2, 0}, {1, 1, 1}, {1, 3, 3}, {3, 1, 3}, {3, 3, 1}};
  for (int i = 0; i < 8; ++i)
    for (int c = 0; c < 3; ++c) label.position[3 * i + c] = 5.43 / 4 * quarter[i][c];
  const std::vector<FieldSet> frames(3, write_label(label));
  EXPECT_EQ(neighbors_per_atom(frames, 5.0), 28.0);
  EXPECT_EQ(neighbors_per_atom(frames, 2.0, 1), 0.0);
  EXPECT_EQ(neighbors_per_atom({}, 5.0), 0.0);
}

TEST(InferenceCost, ALargerModelTakesLonger) {
  PotentialConfig small;
  small.cutoff = 4.2;
  small.radials = 2;
  small.four_body_radials = 0;
  PotentialConfig large = small;
  large.radials = 8;
  large.four_body_radials = 6;
  const FrameLabel label = test::disordered_diamond(false, 7, 2);
  const double few = microseconds_per_atom(test::random_potential(small, {14}), label);
  EXPECT_GT(few, 0.0);
  EXPECT_GT(microseconds_per_atom(test::random_potential(large, {14}), label),
            1.5 * few);  // some fifteen times the work
}

}  // namespace
}  // namespace locum::potential
