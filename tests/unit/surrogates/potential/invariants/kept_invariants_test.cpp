#include "surrogates/potential/invariants/kept_invariants.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/potential/inference/inference_cost.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

PotentialConfig small_config() {
  PotentialConfig config;
  config.cutoff = 4.2;
  config.radials = 4;
  config.l_max = 3;
  config.four_body_radials = 3;
  config.four_body_l_max = 2;
  config.components = 7;
  config.hidden = 5;
  return config;
}

// Two-body ones and every third of the others.
std::vector<int> every_third(const InvariantSet& set) {
  std::vector<int> kept;
  for (int m = 0; m < set.count; ++m)
    if (m < set.channels || m % 3 == 0) kept.push_back(m);
  return kept;
}

// The potential without the invariants that are not kept, its other parameters unchanged.
std::shared_ptr<NeuralPotential> without(const NeuralPotential& full, const std::vector<int>& kept) {
  auto smaller = std::make_shared<NeuralPotential>(full.config(), full.elements(), kept);
  const std::size_t d = full.config().components;
  for (std::size_t z = 0; z < full.species().size(); ++z) {
    SpeciesParameters& to = smaller->species()[z];
    to = full.species()[z];
    for (std::vector<double> SpeciesParameters::*row : {&SpeciesParameters::linear, &SpeciesParameters::mean,
                                                        &SpeciesParameters::scale, &SpeciesParameters::projection}) {
      const std::size_t width = row == &SpeciesParameters::projection ? d : 1;
      (to.*row).clear();
      for (const int m : kept)
        for (std::size_t k = 0; k < width; ++k) (to.*row).push_back((full.species()[z].*row)[m * width + k]);
    }
  }
  smaller->score = full.score;
  smaller->min_distance = full.min_distance;
  smaller->use_network = full.use_network;
  smaller->upload();
  return smaller;
}

TEST(KeptInvariants, APotentialWithoutSomeAnswersAsOneInWhichTheyWeighNothing) {
  for (const bool two : {false, true}) {
    const auto full = test::random_potential(small_config(), two ? std::vector<int>{6, 14} : std::vector<int>{14});
    const std::vector<int> kept = every_third(full->invariants());
    const auto smaller = without(*full, kept);
    for (SpeciesParameters& s : full->species())
      for (int m = 0; m < full->invariants().count; ++m) {
        if (std::binary_search(kept.begin(), kept.end(), m)) continue;
        s.linear[m] = 0.0;
        std::fill_n(s.projection.begin() + m * full->config().components, full->config().components, 0.0);
      }
    full->upload();
    const FrameLabel label = test::disordered_diamond(two);
    const auto a = test::answer(full, label), b = test::answer(smaller, label);
    EXPECT_NEAR(a.result.energy, b.result.energy, 1e-10);  // sums of some hundred terms in another order
    EXPECT_NEAR(a.score, b.score, 1e-10 * a.score);
    for (std::size_t k = 0; k < a.force.size(); ++k) EXPECT_NEAR(a.force[k], b.force[k], 1e-10);
    EXPECT_LT(operations_per_atom(*smaller, 28.0), operations_per_atom(*full, 28.0));
  }
}

TEST(KeptInvariants, ProductsAndDegreesThatNobodyNeedsAreGone) {
  const InvariantSet all = make_invariants(small_config(), 1);
  std::vector<int> kept;
  const int two_and_scalar =
      all.channels + all.channels * (all.channels + 1) / 2;  // three-body ones of l = 0 come first
  for (int m = 0; m < two_and_scalar; ++m) kept.push_back(m);
  const InvariantSet scalars = keep_invariants(all, kept);
  EXPECT_EQ(scalars.count, two_and_scalar);
  EXPECT_EQ(scalars.l_max, 0);
  EXPECT_EQ(scalars.slots(), all.channels);
  EXPECT_TRUE(scalars.couplings.empty());
  EXPECT_EQ(scalars.products, 0);

  kept.push_back(all.targets.back().invariant);  // one four-body invariant needs one product
  const InvariantSet one = keep_invariants(all, kept);
  ASSERT_EQ(one.couplings.size(), 1u);
  EXPECT_EQ(one.products, one.couplings[0].width);
  EXPECT_EQ(one.targets.at(0).invariant, two_and_scalar);
  EXPECT_EQ(one.l_max, 2);
}

TEST(KeptInvariants, WithAllOfThemNothingChanges) {
  const InvariantSet all = make_invariants(small_config(), 2);
  std::vector<int> kept(all.count);
  for (int m = 0; m < all.count; ++m) kept[m] = m;
  const InvariantSet same = keep_invariants(all, kept);
  EXPECT_EQ(same.count, all.count);
  EXPECT_EQ(same.products, all.products);
  EXPECT_EQ(same.slots(), all.slots());
  EXPECT_EQ(same.targets.size(), all.targets.size());
}

TEST(KeptInvariants, WrongListsAreRefused) {
  const InvariantSet all = make_invariants(small_config(), 1);
  EXPECT_THROW(keep_invariants(all, {0, 1, 2}), ConfigError);  // a two-body one is missing
  EXPECT_THROW(keep_invariants(all, {0, 1, 2, 3, 9, 8}), ConfigError);
  EXPECT_THROW(keep_invariants(all, {0, 1, 2, 3, all.count}), ConfigError);
  EXPECT_THROW(keep_invariants(all, {0, 1, 2, 4}), ConfigError);
}

TEST(KeptInvariants, ARecordTellsWhichAreKept) {
  const auto full = test::random_potential(small_config(), {14});
  const auto smaller = without(*full, every_third(full->invariants()));
  const auto copy = NeuralPotential::from_record(smaller->record());
  EXPECT_EQ(copy->kept_invariants(), smaller->kept_invariants());
  const FrameLabel label = test::disordered_diamond(false);
  test::expect_the_same(test::answer(copy, label), test::answer(smaller, label));
  EXPECT_FALSE(full->record().groups.at("range").has("kept_invariants"));  // files of old are not different
}

}  // namespace
}  // namespace locum::potential
