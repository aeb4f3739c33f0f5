#include "surrogates/potential/training/pruning.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "surrogates/potential/training/learner.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

using testing::ElementsAre;

// Sum of squares that a least-squares fit of the last column by `columns` leaves, from the matrix of products.
double loss(const std::vector<double>& total, int width, const std::vector<int>& columns) {
  const int n = static_cast<int>(columns.size()), target = width - 1;
  std::vector<std::vector<double>> a(n, std::vector<double>(n + 1));
  for (int r = 0; r < n; ++r) {
    for (int c = 0; c < n; ++c) a[r][c] = total[columns[r] * width + columns[c]];
    a[r][n] = total[columns[r] * width + target];
  }
  for (int c = 0; c < n; ++c)
    for (int r = c + 1; r < n; ++r) {
      const double f = a[r][c] / a[c][c];
      for (int k = c; k <= n; ++k) a[r][k] -= f * a[c][k];
    }
  std::vector<double> x(n);
  double left = total[target * width + target];
  for (int r = n - 1; r >= 0; --r) {
    x[r] = a[r][n];
    for (int c = r + 1; c < n; ++c) x[r] -= a[r][c] * x[c];
    x[r] /= a[r][r];
    left -= x[r] * total[columns[r] * width + target];
  }
  return left;
}

TEST(Pruning, TheOrderIsThatOfRemovingOneAfterTheOtherAndFittingTheRestAnew) {
  const int invariants = 7, width = invariants + 2, rows = 40;  // two two-body ones, a constant, the target
  std::vector<double> total(width * width, 0.0), norm(invariants, 0.0);
  for (int r = 0; r < rows; ++r) {
    std::vector<double> row(width);
    for (int k = 0; k < width; ++k) row[k] = random::normal_pair(4, random::Stream::weights, r, k).first;
    row[4] += 0.9 * row[2];  // some columns say nearly the same
    row[5] -= 0.8 * row[3] + 0.5 * row[0];
    row[invariants] = 1.0;
    row[width - 1] = row[2] + 0.5 * row[3] + 0.4 * row[6] + 0.2 * row[width - 1];
    for (int a = 0; a < width; ++a)
      for (int b = 0; b < width; ++b) total[a * width + b] += row[a] * row[b];
    for (int k = 0; k < invariants; ++k) norm[k] += row[k] * row[k];
  }
  FieldSet ridge;
  ridge.add("total", "1", {width, width}, total);
  ridge.add("force_norm", "1", {invariants}, norm);
  InvariantSet set;
  set.channels = 2;
  set.count = invariants;
  const auto order = elimination_order(Context(), ridge, 1, set, 1e-12);
  std::vector<int> left = {0, 1, 2, 3, 4, 5, 6, 7}, expected;
  while (expected.size() < 5) {
    int best = -1;
    double least = std::numeric_limits<double>::infinity();
    for (const int m : left) {
      if (m < 2 || m == invariants) continue;
      std::vector<int> others;
      for (const int k : left)
        if (k != m) others.push_back(k);
      if (const double l = loss(total, width, others); l < least) {
        least = l;
        best = m;
      }
    }
    expected.push_back(best);
    left.erase(std::find(left.begin(), left.end(), best));
  }
  EXPECT_EQ(order, expected);
}

PotentialConfig config() {
  PotentialConfig c;
  c.cutoff = 4.2;
  c.radials = 3;
  c.l_max = 2;
  c.four_body_radials = 2;
  c.four_body_l_max = 2;
  c.components = 6;
  c.hidden = 4;
  c.members = 2;
  return c;
}

TrainingConfig linear() {
  TrainingConfig t;
  t.network = false;
  t.ridge = 1e-13;
  t.validation_fraction = 0.25;
  return t;
}

// A linear truth of few invariants: all others can go, and the learner that has only those finds it again.
TEST(Pruning, WhatTheTruthDoesNotHaveGoesFirstAndTheRestIsRecovered) {
  for (const bool two : {false, true}) {
    const std::vector<int> elements = two ? std::vector<int>{6, 14} : std::vector<int>{14};
    const auto truth = test::random_potential(config(), elements);
    const InvariantSet& set = truth->invariants();
    std::vector<int> used;
    for (int m = 0; m < set.channels; ++m) used.push_back(m);
    for (int m = set.channels; m < set.count; m += 6) used.push_back(m);
    for (SpeciesParameters& s : truth->species())
      for (int m = 0; m < set.count; ++m)
        if (!std::binary_search(used.begin(), used.end(), m)) s.linear[m] = 0.0;
    truth->use_network = false;
    truth->min_distance = 0.0;
    truth->upload();
    const auto frames = test::labelled_frames(truth, two, 4, two ? 30 : 15);
    Context context;
    context.comm = Communicator::world();
    PotentialLearner learner(context, config(), linear(), frames);
    learner.fit();
    const auto order = elimination_order(context, learner.state().part("memory.ridge."),
                                         static_cast<int>(elements.size()), set, 1e-13);
    ASSERT_EQ(static_cast<int>(order.size()), set.count - set.channels);
    std::vector<int> last(order.end() - static_cast<std::ptrdiff_t>(used.size() - set.channels), order.end());
    std::sort(last.begin(), last.end());
    EXPECT_EQ(last, std::vector<int>(used.begin() + set.channels, used.end()));
    LearnerOptions options;
    options.kept = used;
    PotentialLearner smaller(context, config(), linear(), frames, options);
    EXPECT_EQ(smaller.potential()->invariants().count, static_cast<int>(used.size()));
    EXPECT_LT(smaller.fit().metrics.at("validation/force_rmse_eV_per_A"), 1e-6);  // as of the planted model in full
  }
}

TEST(Pruning, BisectionFindsTheSmallestThatWorksWithinItsTrials) {
  int asked = 0;
  const auto from = [&](int least) {
    return [&asked, least](int n) {
      ++asked;
      return n >= least;
    };
  };
  EXPECT_EQ(smallest_that_works(1, 100, 20, from(37)), 37);
  EXPECT_EQ(smallest_that_works(1, 100, 20, from(1)), 1);
  EXPECT_EQ(smallest_that_works(1, 100, 20, from(100)), 100);
  EXPECT_EQ(smallest_that_works(5, 5, 20, from(5)), 5);
  asked = 0;
  const int found = smallest_that_works(1, 100, 3, from(37));
  EXPECT_EQ(asked, 3);
  EXPECT_GE(found, 37);
  EXPECT_LE(found, 37 + 100 / 8);
}

// Twenty invariants, three of them two-body; the last six of the order are needed, and four components.
TEST(Pruning, NothingIsAcceptedThatIsWorseThanTheBound) {
  std::vector<int> order;
  for (int m = 19; m >= 3; --m) order.push_back(m);
  PruneConfig prune_config;
  prune_config.bound = 0.1;
  prune_config.trials = 10;
  int trainings = 0;
  const auto error = [&](const PrunedShape& s) {
    ++trainings;
    const int kept = s.kept.empty() ? 20 : static_cast<int>(s.kept.size());
    return 1.0 + 0.2 * std::max(0, 9 - kept) + 0.2 * std::max(0, 4 - s.components) + 0.04 * (10 - s.hidden);
  };
  const PrunedShape best = prune({{}, 8, 10}, order, 20, 1.0, prune_config, error);
  EXPECT_THAT(best.kept, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_EQ(best.components, 4);
  EXPECT_EQ(best.hidden, 8);
  EXPECT_LE(error(best), 1.1);

  prune_config.invariants = prune_config.hidden = false;
  const PrunedShape narrow = prune({{}, 8, 10}, order, 20, 1.0, prune_config, error);
  EXPECT_TRUE(narrow.kept.empty());
  EXPECT_EQ(narrow.hidden, 10);
  EXPECT_EQ(narrow.components, 4);

  const PrunedShape none = prune({{}, 8, 10}, order, 20, 0.5, PruneConfig{0.1, "", true, true, true, 2, 1}, error);
  EXPECT_TRUE(none.kept.empty());
  EXPECT_EQ(none.components, 8);
}

TEST(Pruning, InvariantsOfAPrunedModelKeepTheNamesOfTheFullOne) {
  PruneConfig prune_config;
  prune_config.bound = 0.1;
  prune_config.components = prune_config.hidden = false;
  const PrunedShape best = prune({{0, 1, 7, 9, 12}, 3, 3}, {3, 2, 4}, 5, 1.0, prune_config,
                                 [](const PrunedShape& s) { return s.kept.size() >= 4 ? 1.0 : 2.0; });
  EXPECT_THAT(best.kept, ElementsAre(0, 1, 7, 12));
}

TEST(Pruning, AModelWithoutABoundIsRefused) {
  PruneConfig prune_config;
  prune_config.from = "model.h5";
  EXPECT_THROW(prune_config.validate(), ConfigError);
}

}  // namespace
}  // namespace locum::potential
