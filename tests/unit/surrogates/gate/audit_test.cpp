#include "surrogates/gate/audit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "surrogates/gate/audit_bound.hpp"

namespace locum::gate {
namespace {

using random::Stream;

// Table values (Abramowitz & Stegun 26.10, 26.8) at 95 % one-sided and 5 %; the series give 1e-3 from 9 degrees on.
TEST(Quantiles, AgreeWithTheTables) {
  EXPECT_NEAR(student_quantile(1.6448536, 9), 1.833113, 2e-3);
  EXPECT_NEAR(student_quantile(1.6448536, 49), 1.676551, 2e-3);
  EXPECT_NEAR(student_quantile(2.5758293, 19), 2.860935, 3e-3);
  EXPECT_NEAR(chi_square_quantile(-1.6448536, 9) / 3.325113, 1.0, 3e-3);
  EXPECT_NEAR(chi_square_quantile(-1.6448536, 49) / 33.930306, 1.0, 1e-3);
}

// Draw k of trial `seed`: a distribution of squared errors with known mean.
struct Distribution {
  std::string name;
  double mean;
  std::function<double(std::uint64_t seed, std::uint64_t k)> draw;
};

double chi_square(std::uint64_t seed, std::uint64_t k, int degrees) {
  double sum = 0.0;
  for (int d = 0; d < degrees; ++d) {
    const double z = random::normal_pair(seed, Stream::shuffle, k, d).first;
    sum += z * z / degrees;
  }
  return sum;
}

Distribution log_normal(double sigma) {
  return {"log-normal " + std::to_string(sigma), std::exp(0.5 * sigma * sigma),
          [=](std::uint64_t seed, std::uint64_t k) {
            return std::exp(sigma * random::normal_pair(seed, Stream::shuffle, k, 0).first);
          }};
}

Distribution two_components(double share, double ratio) {
  return {"two components " + std::to_string(share), 1.0 + share * (ratio - 1.0),
          [=](std::uint64_t seed, std::uint64_t k) {
            const bool bad = random::uniform(seed, Stream::bootstrap, k, 0) < share;
            return (bad ? ratio : 1.0) * chi_square(seed, k, 12);
          }};
}

Distribution chi_square_of(int degrees) {
  return {"chi-square " + std::to_string(degrees), 1.0,
          [=](std::uint64_t seed, std::uint64_t k) { return chi_square(seed, k, degrees); }};
}

struct Quality {
  double coverage, median_ratio;
};

Quality quality(const Distribution& distribution, int n, int trials) {
  int covered = 0;
  std::vector<double> ratios;
  for (int seed = 0; seed < trials; ++seed) {
    Audit audit;
    for (int k = 0; k < n; ++k) audit.add(distribution.draw(seed, k), 0.1, 0.0, true);
    const double ratio = audit.upper_95() / std::sqrt(distribution.mean);
    covered += ratio >= 1.0;
    ratios.push_back(ratio);
  }
  std::nth_element(ratios.begin(), ratios.begin() + trials / 2, ratios.end());
  return {static_cast<double>(covered) / trials, ratios[trials / 2]};
}

// At least 94 % less three standard errors of 4,000 trials (0.011). Two components only where the rare one is likely to
// be seen at all: (1 − share)ⁿ ≪ 5 %. Widths: some 7 % above what
// 40,000 trials gave at the worst, the square of one normal number (1.77, 1.37) and a rare component (1.19).
TEST(Audit, BoundCoversSkewedErrorsWithoutBeingAbsurdlyWide) {
  const int trials = 4000;
  for (int n : {20, 50, 200}) {
    std::vector<Distribution> all = {chi_square_of(1), chi_square_of(3), chi_square_of(12),
                                     log_normal(0.3),  log_normal(0.6),  log_normal(1.0)};
    all.push_back(two_components(0.3, 16.0));
    if (n >= 50) all.push_back(two_components(0.1, 9.0));
    if (n >= 200) all.push_back(two_components(0.05, 25.0));
    for (const Distribution& distribution : all) {
      const Quality q = quality(distribution, n, trials);
      EXPECT_GE(q.coverage, 0.94 - 0.011) << distribution.name << ", n = " << n;
      EXPECT_LE(q.median_ratio, n == 20 ? 1.9 : n == 50 ? 1.45 : 1.25) << distribution.name << ", n = " << n;
      RecordProperty(distribution.name + " n " + std::to_string(n), std::to_string(q.coverage));
    }
  }
}

// What no bound can know: a component of 2 % with 25 times the squared error is not among 20 draws in 0.98²⁰ = 67 % of
// the cases, and then nothing in the data hints at it. The coverage must fail here; docs/theory/gate.md says so.
TEST(Audit, NoBoundKnowsABlindSpotThatNoAuditHit) {
  EXPECT_LT(quality(two_components(0.02, 25.0), 20, 2000).coverage, 0.5);
}

TEST(Audit, FewerThanTenGiveAnEstimateButNoBound) {
  Audit audit;
  EXPECT_TRUE(std::isnan(audit.estimate()));
  for (int k = 0; k < 9; ++k) audit.add(4.0, 0.5, 2.0, true);
  EXPECT_DOUBLE_EQ(audit.estimate(), 2.0);
  EXPECT_EQ(audit.upper_95(), std::numeric_limits<double>::infinity());
  audit.add(4.0, 0.5, 2.0, true);
  EXPECT_DOUBLE_EQ(audit.upper_95(), 2.0);  // ten equal errors: nothing spreads
}

TEST(Audit, PerfectAnswersHaveABoundOfZero) {
  Audit audit;
  for (int k = 0; k < 12; ++k) audit.add(0.0, 0.1, 0.0, true);
  EXPECT_EQ(audit.estimate(), 0.0);
  EXPECT_EQ(audit.upper_95(), 0.0);
}

// Production of 3,000 calls with a mean square of 1, then 1,000 with 25; audited at 2 % and then, because trouble was
// seen, at 20 %. The truth is 7; counting audits alike would give 19. The mean over 2,000 seeds is within four standard
// errors of the truth; the ratio estimator's own bias is of order 1/n and smaller than that.
TEST(Audit, ChangingTheRateLeavesTheEstimateUnbiased) {
  const int trials = 2000;
  double sum = 0.0, squares = 0.0;
  int covered = 0;
  for (int seed = 0; seed < trials; ++seed) {
    Audit audit;
    for (int call = 0; call < 4000; ++call) {
      const double rate = call < 3000 ? 0.02 : 0.2;
      if (random::uniform(seed, Stream::audit, call, 0) < rate)
        audit.add((call < 3000 ? 1.0 : 25.0) * chi_square(seed, call, 6), rate, 0.0, true);
    }
    const double mean = audit.estimate() * audit.estimate();
    sum += mean;
    squares += mean * mean;
    covered += audit.upper_95() * audit.upper_95() >= 7.0;
  }
  const double mean = sum / trials, error = std::sqrt((squares / trials - mean * mean) / trials);
  EXPECT_NEAR(mean, 7.0, 4.0 * error);
  EXPECT_LT(error, 0.05);
  EXPECT_GE(static_cast<double>(covered) / trials, 0.95 - 3.0 * std::sqrt(0.95 * 0.05 / trials));
}

TEST(Audit, RefusesAnErrorThatIsNotANumber) {
  Audit audit;
  EXPECT_THROW(audit.add(std::nan(""), 0.1, 0.0, true), NumericalError);
  EXPECT_THROW(audit.add(-1.0, 0.1, 0.0, true), NumericalError);
}

}  // namespace
}  // namespace locum::gate
