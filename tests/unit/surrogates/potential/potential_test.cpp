#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

using test::answer;

PotentialConfig small_config() {
  PotentialConfig config;
  config.cutoff = 4.2;
  config.radials = 4;
  config.four_body_radials = 2;
  config.components = 10;
  config.hidden = 9;  // no multiple of eight
  return config;
}

struct Case {
  const char* name;
  bool two_elements;
  bool core;
};

class PotentialLaws : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    PotentialConfig config = small_config();
    if (GetParam().core) config.core_distance = 2.6;  // beyond the bonds, so that the core acts
    potential_ =
        test::random_potential(config, GetParam().two_elements ? std::vector<int>{6, 14} : std::vector<int>{14});
    label_ = test::disordered_diamond(GetParam().two_elements);
  }
  std::shared_ptr<NeuralPotential> potential_;
  FrameLabel label_;
};

// Central differences with h = 1e-4 Å: error h² E‴ / 6 ~ 1e-8 eV/Å beside forces of order 1.
TEST_P(PotentialLaws, ForcesAreTheGradientOfTheEnergy) {
  const auto base = answer(potential_, label_);
  double largest = 0.0;
  for (const double f : base.force) largest = std::max(largest, std::abs(f));
  ASSERT_GT(largest, 0.1);
  const double h = 1e-4;
  for (std::size_t k = 0; k < label_.position.size(); ++k) {
    double e[4];
    const double at = label_.position[k];
    for (int side = 0; side < 4; ++side) {
      label_.position[k] = at + (side - 1.5) * h;
      e[side] = answer(potential_, label_).result.energy;
    }
    label_.position[k] = at;
    const double slope = (27.0 * (e[2] - e[1]) - (e[3] - e[0])) / (24.0 * h);
    EXPECT_NEAR(base.force[k], -slope, 1e-6 * largest) << "component " << k;
  }
}

TEST_P(PotentialLaws, VirialIsTheStrainDerivativeOfTheEnergy) {
  const auto base = answer(potential_, label_);
  const double h = 1e-5;
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b) {
      double e[2];
      for (int side = 0; side < 2; ++side) {
        Mat3 strain;
        strain[a][b] = (side ? h : -h);
        FrameLabel bent = label_;
        bent.cell = label_.cell.strained(strain);
        for (int i = 0; i < label_.atoms(); ++i)
          for (int c = 0; c < 3; ++c)
            for (int k = 0; k < 3; ++k) bent.position[3 * i + c] += label_.position[3 * i + k] * strain[k][c];
        e[side] = answer(potential_, bent).result.energy;
      }
      double scale = 0.0;
      for (int k = 0; k < 3; ++k) scale = std::max(scale, std::abs(base.result.virial[k][k]));
      EXPECT_NEAR(base.result.virial[a][b], -(e[1] - e[0]) / (2.0 * h), 1e-6 * scale);
    }
}

TEST_P(PotentialLaws, TurningTheWorldTurnsTheForces) {
  const auto base = answer(potential_, label_);
  const double c = std::cos(0.7), s = std::sin(0.7);
  const Mat3 first{{{c, s, 0}, {-s, c, 0}, {0, 0, 1}}}, second{{{1, 0, 0}, {0, c, s}, {0, -s, c}}};
  const Mat3 turn = first * second;
  FrameLabel turned = label_;
  turned.cell = Cell(label_.cell.vectors() * turn);
  auto rotate = [&turn](const std::vector<double>& from, std::vector<double>& to) {
    for (std::size_t i = 0; i < from.size(); i += 3)
      for (int k = 0; k < 3; ++k)
        to[i + k] = from[i] * turn[0][k] + from[i + 1] * turn[1][k] + from[i + 2] * turn[2][k];
  };
  rotate(label_.position, turned.position);
  const auto other = answer(potential_, turned);
  EXPECT_NEAR(other.result.energy, base.result.energy, 1e-11 * std::abs(base.result.energy));  // roundings only
  EXPECT_NEAR(other.score, base.score, 1e-10 * base.score);
  std::vector<double> expected(base.force.size());
  rotate(base.force, expected);
  for (std::size_t k = 0; k < expected.size(); ++k) EXPECT_NEAR(other.force[k], expected[k], 1e-10);
}

TEST_P(PotentialLaws, ShiftingOrRenumberingAtomsChangesNothing) {
  const auto base = answer(potential_, label_);
  FrameLabel other = label_;
  const int n = label_.atoms();
  for (int i = 0; i < n; ++i) {
    other.atomic_number[i] = label_.atomic_number[n - 1 - i];
    for (int c = 0; c < 3; ++c) other.position[3 * i + c] = label_.position[3 * (n - 1 - i) + c] + 0.37 * (c + 1);
  }
  const auto moved = answer(potential_, other);
  EXPECT_NEAR(moved.result.energy, base.result.energy, 1e-11 * std::abs(base.result.energy));
  for (int i = 0; i < n; ++i)
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(moved.force[3 * i + c], base.force[3 * (n - 1 - i) + c], 1e-10);
}

TEST_P(PotentialLaws, ForcesAddUpToZeroAndAtomEnergiesToTheEnergy) {
  const auto base = answer(potential_, label_);
  for (int c = 0; c < 3; ++c) {
    double sum = 0.0;
    for (int i = 0; i < label_.atoms(); ++i) sum += base.force[3 * i + c];
    EXPECT_NEAR(sum, 0.0, 1e-11);
  }
  const auto energies = host_copy(base.result.atom_energy);
  double sum = 0.0;
  for (int i = 0; i < label_.atoms(); ++i) sum += energies(i);
  EXPECT_NEAR(sum, base.result.energy, 1e-11);
}

TEST_P(PotentialLaws, ModelComesBackFromItsRecordBitForBit) {
  const auto base = answer(potential_, label_);
  const auto copy = NeuralPotential::from_record(potential_->record());
  const auto again = answer(copy, label_);
  test::expect_the_same(again, base);
}

INSTANTIATE_TEST_SUITE_P(Elements, PotentialLaws,
                         ::testing::Values(Case{"one", false, false}, Case{"two", true, false},
                                           Case{"core", true, true}),
                         [](const auto& info) { return info.param.name; });

// An atom that crosses the cut-off: energy, force and its slope go to zero continuously (the cut-off is C²).
TEST(Potential, NothingJumpsAtTheCutoff) {
  auto potential = test::random_potential(small_config(), {14});
  FrameLabel pair;
  pair.cell = Cell(Mat3{{{20, 0, 0}, {0, 20, 0}, {0, 0, 20}}});
  pair.atomic_number = {14, 14};
  pair.force.assign(6, 0.0);
  auto force_at = [&](double r) {
    pair.position = {1.0, 1.0, 1.0, 1.0 + r * 0.6, 1.0 + r * 0.8, 1.0};
    return answer(potential, pair).force[0];
  };
  const double rc = 4.2, step = 1e-3;
  EXPECT_EQ(force_at(rc + 1e-9), 0.0);
  // g ~ (1 − r²/rc²)³: the force falls with the square of the distance to the cut-off, so halving it gives a quarter.
  const double near = force_at(rc - step), half = force_at(rc - step / 2);
  EXPECT_NEAR(half / near, 0.25, 1e-3);
}

TEST(Potential, UnknownElementAndShortListAreRefused) {
  auto potential = test::random_potential(small_config(), {14});
  FrameLabel label = test::disordered_diamond(true);
  EXPECT_THROW(answer(potential, label), ConfigError);
  label = test::disordered_diamond(false);
  const Frame frame(Communicator::self(), label, 4.0);
  PotentialStep step(potential);
  auto result = Atomistic::make_output(frame.configuration());
  const int sample = 0;
  EXPECT_THROW(step.evaluate(frame.configuration(), std::span<const int>(&sample, 1), result), ConfigError);
  EXPECT_THROW(NeuralPotential::from_record({}), ConfigError);
}

TEST(Potential, TwoAtomsOnOneSpotAreANumericalError) {
  auto potential = test::random_potential(small_config(), {14});
  FrameLabel label = test::disordered_diamond(false);
  for (int c = 0; c < 3; ++c) label.position[3 + c] = label.position[c];
  EXPECT_THROW(answer(potential, label), NumericalError);
}

TEST(Potential, AnAtomNearerThanTheDataRaisesTheScore) {
  auto potential = test::random_potential(small_config(), {14});
  const FrameLabel label = test::disordered_diamond(false);
  const double usual = answer(potential, label).score;
  potential->min_distance = 2.6;  // as if no bond this short had been seen
  potential->upload();
  EXPECT_GT(answer(potential, label).score, usual + 1.0);
}

// A score that is no number must not be passed over by comparisons: the gate would trust the rest.
TEST(Potential, AScoreThatIsNoNumberIsTheLargestOfAll) {
  const FrameLabel label = test::disordered_diamond(false);
  auto of_an_atom = test::random_potential(small_config(), {14});
  of_an_atom->species()[0].metric[0] = std::nan("");
  of_an_atom->score.distance = 1.0;
  of_an_atom->upload();
  EXPECT_EQ(answer(of_an_atom, label).score, HUGE_VAL);
  auto of_the_frame = test::random_potential(small_config(), {14});
  of_the_frame->species()[0].frame_metric[0] = std::nan("");
  of_the_frame->score.frame = 1.0;
  of_the_frame->upload();
  EXPECT_EQ(answer(of_the_frame, label).score, HUGE_VAL);
}

}  // namespace
}  // namespace locum::potential
