// The evaluation in stages, as a GPU runs it, against the fused kernel in double precision.
#include "surrogates/potential/inference/staged_evaluation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/potential/inference/evaluation.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

struct Everything {
  double energy = 0.0;
  Mat3 virial;
  std::vector<double> force, atom_energy, atom_score;
};

template <class Runner, class Model>
Everything everything(Runner& runner, const Model& model, const Configuration& input, bool scored) {
  AtomisticResult result = Atomistic::make_output(input);
  const View<double*> score("score", scored ? input.n_local : 0);
  const auto sums = runner.run(model, input, result.force, result.atom_energy, score);
  if (input.ghosts) input.ghosts->add_to_owners(result.force);
  Everything all{sums.energy, sums.virial, {}, {}, {}};
  const auto force = host_copy(result.force);
  const auto energy = host_copy(result.atom_energy);
  const auto scores = host_copy(score);
  for (int i = 0; i < input.n_local; ++i) {
    for (int c = 0; c < 3; ++c) all.force.push_back(force(i, c));
    all.atom_energy.push_back(energy(i));
    if (scored) all.atom_score.push_back(scores(i));
  }
  return all;
}

double largest(const std::vector<double>& values) {
  double most = 0.0;
  for (const double v : values) most = std::max(most, std::abs(v));
  return most;
}

// tolerance: of the largest number of a kind.
void expect_same(const Everything& a, const Everything& b, double tolerance) {
  EXPECT_NEAR(a.energy, b.energy, tolerance * (1.0 + std::abs(b.energy)));
  double stress = 1.0;
  for (int k = 0; k < 3; ++k) stress = std::max(stress, std::abs(b.virial[k][k]));
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(a.virial[r][c], b.virial[r][c], tolerance * stress);
  ASSERT_EQ(a.force.size(), b.force.size());
  for (std::size_t k = 0; k < a.force.size(); ++k)
    EXPECT_NEAR(a.force[k], b.force[k], tolerance * largest(b.force)) << "component " << k;
  for (std::size_t i = 0; i < a.atom_energy.size(); ++i)
    EXPECT_NEAR(a.atom_energy[i], b.atom_energy[i], tolerance * largest(b.atom_energy)) << "atom " << i;
  ASSERT_EQ(a.atom_score.size(), b.atom_score.size());
  for (std::size_t i = 0; i < a.atom_score.size(); ++i)
    EXPECT_NEAR(a.atom_score[i], b.atom_score[i], 10.0 * tolerance * largest(b.atom_score)) << "atom " << i;
}

constexpr double same_sums = 1e-11;   // the same sums in another order
constexpr double single_sums = 1e-5;  // some hundred terms of order one, each rounded by 6e-8
constexpr std::size_t plenty = 1 << 28;

struct Case {
  const char* name;
  std::vector<int> elements;
  int l_max, repeats;
  double core;
  bool network;
  std::size_t memory;
};

class Staged : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const Case& c = GetParam();
    PotentialConfig config;
    config.cutoff = 4.2;
    config.radials = 4;
    config.l_max = c.l_max;
    config.four_body_radials = 2;
    config.four_body_l_max = c.l_max;
    config.components = 10;
    config.hidden = c.l_max == 3 ? 12 : 9;  // in fours, or not
    config.members = 3;
    config.core_distance = c.core;
    potential_ = test::random_potential(config, c.elements);
    potential_->use_network = c.network;
    potential_->upload();
    frame_ = std::make_unique<Frame>(
        Communicator::self(), test::disordered_diamond(c.elements.size() > 1, 7, c.repeats), config.cutoff + 0.3);
  }
  const Configuration& input() const { return frame_->configuration(); }
  std::shared_ptr<NeuralPotential> potential_;
  std::unique_ptr<Frame> frame_;
};

TEST_P(Staged, AnswersAsTheFusedKernel) {
  FusedEvaluation<Pack> fused;
  StagedEvaluation<double> staged(GetParam().memory);
  StagedEvaluation<float> single(GetParam().memory);
  for (const bool scored : {true, false, true}) {
    const auto truth = everything(fused, potential_->device(), input(), scored);
    ASSERT_GT(largest(truth.force), 0.1);
    expect_same(everything(staged, potential_->device(), input(), scored), truth, same_sums);
    expect_same(everything(single, potential_->device_single(), input(), scored), truth, single_sums);
  }
}

// Both round the same operands; where those differ in their last bit, one may be rounded up and the other down.
TEST_P(Staged, RoundsAsTheFusedKernel) {
  FusedEvaluation<Pack> full;
  FusedEvaluation<SinglePack> fused;
  StagedEvaluation<float> staged(GetParam().memory);
  const auto truth = everything(full, potential_->device(), input(), true);
  const auto off = [](const Everything& a, const Everything& b) {
    double sum = 0.0;
    for (std::size_t k = 0; k < a.force.size(); ++k) sum += std::pow(a.force[k] - b.force[k], 2);
    return std::sqrt(sum);
  };
  for (const Precision p : {Precision::tf32, Precision::bf16, Precision::fp16, Precision::int8}) {
    potential_->precision = p;
    potential_->upload();
    const auto expected = everything(fused, potential_->device_single(), input(), true);
    const auto found = everything(staged, potential_->device_single(), input(), true);
    const double rounding = off(expected, truth);
    EXPECT_LT(off(found, expected), 0.3 * rounding + single_sums * largest(truth.force)) << name_of(p);
    if (GetParam().network) {
      EXPECT_GT(rounding, 0.1 * single_sums * largest(truth.force)) << name_of(p);
    }
  }
}

TEST_P(Staged, FollowsNewParameters) {
  FusedEvaluation<Pack> fused;
  StagedEvaluation<double> staged(GetParam().memory);
  everything(staged, potential_->device(), input(), true);
  for (auto& s : potential_->species()) {
    for (double& w : s.linear) w *= -0.7;
    for (double& p : s.projection) p *= 1.3;
  }
  potential_->upload();
  expect_same(everything(staged, potential_->device(), input(), true),
              everything(fused, potential_->device(), input(), true), same_sums);
}

// 8 atoms fill a quarter of a tile, 64 two; 22 and 42 of two elements none. Tiles in chunks of one: memory of a byte.
// l_max 2 fits the scratch memory of the host's teams, 4 does not.
INSTANTIATE_TEST_SUITE_P(Models, Staged,
                         ::testing::Values(Case{"one", {14}, 2, 1, 0.0, true, plenty},
                                           Case{"two_tiles", {14}, 3, 2, 0.0, true, plenty},
                                           Case{"two_elements", {6, 14}, 2, 2, 0.0, true, plenty},
                                           Case{"core", {6, 14}, 4, 1, 2.6, true, plenty},
                                           Case{"chunks", {6, 14}, 3, 2, 2.6, true, 1},
                                           Case{"linear", {14}, 4, 2, 0.0, false, plenty},
                                           Case{"highest_degree", {14}, 5, 1, 0.0, true, plenty},
                                           Case{"absent_element", {3, 6, 14}, 2, 2, 0.0, true, 1}),
                         [](const auto& info) { return info.param.name; });

Everything of_structure(const FrameLabel& label) {
  PotentialConfig config;
  config.l_max = 3;
  const auto potential = test::random_potential(config, {14});
  const Frame frame(Communicator::self(), label, config.cutoff);
  StagedEvaluation<float> staged;
  return everything(staged, potential->device_single(), frame.configuration(), true);
}

TEST(StagedEvaluation, AnAtomAloneHasItsConstantAndNoForce) {
  FrameLabel label;
  label.cell = Cell(Mat3{{{20, 0, 0}, {0, 20, 0}, {0, 0, 20}}});
  label.atomic_number = {14};
  label.position = {1.0, 2.0, 3.0};
  label.force.assign(3, 0.0);
  const auto alone = of_structure(label);
  EXPECT_EQ(alone.force, std::vector<double>(3, 0.0));
  EXPECT_EQ(alone.energy, alone.atom_energy.at(0));
  EXPECT_TRUE(std::isfinite(alone.energy));
  EXPECT_NE(alone.energy, 0.0);
}

TEST(StagedEvaluation, NoAtomsHaveNoEnergy) {
  Configuration nothing;
  nothing.neighbors.offset = View<int*>("offset", 1);
  PotentialConfig config;
  const auto potential = test::random_potential(config, {14});
  StagedEvaluation<double> staged;
  const auto answer = everything(staged, potential->device(), nothing, true);
  EXPECT_EQ(answer.energy, 0.0);
  EXPECT_EQ(answer.virial[0][0], 0.0);
}

TEST(StagedEvaluation, RefusesAnUnknownElement) {
  PotentialConfig config;
  const auto potential = test::random_potential(config, {14});
  const Frame frame(Communicator::self(), test::disordered_diamond(true), config.cutoff);
  StagedEvaluation<float> staged;
  EXPECT_THROW(everything(staged, potential->device_single(), frame.configuration(), false), ConfigError);
}

}  // namespace
}  // namespace locum::potential
