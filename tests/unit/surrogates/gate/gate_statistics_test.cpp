#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/surrogates/gate/play.hpp"

namespace locum::gate {
namespace {

using namespace toy;

// The truth is the error of every answer of the surrogate that the caller got. A third of 1,000 runs are of each kind
// of surrogate … 420 calls at a rate of 0.1: some 36 audits, of which 15 % fall into the blind spot. Three standard
// errors of 1,000 trials at 95 % are 0.021.
TEST(GateStatistics, AuditsEstimateTheTrueErrorAndItsBoundHolds) {
  for (bool knows_itself : {true, false}) {
    int covered = 0, bounded = 0;
    double ratio = 0.0;
    const int trials = 1000;
    for (int seed = 1; seed <= trials; ++seed) {
      Play play(knows_itself, toy_config(), seed, 7, 60, Communicator::self());
      play.run(60);
      double square = 0.0;
      int used = 0;
      for (std::size_t k = 0; k < play.x.size(); ++k) {
        if (play.decisions[k].player != Player::surrogate) continue;
        square += play.surrogate.true_error(play.x[k]).mean_square;
        ++used;
      }
      const Audit& audit = play.gate.audit();
      if (audit.count() < Audit::minimum_count) continue;
      ++bounded;
      ratio += audit.estimate() * audit.estimate() / (square / used);
      covered += audit.upper_95() >= std::sqrt(square / used);
    }
    ASSERT_GT(bounded, 990);
    EXPECT_NEAR(ratio / bounded, 1.0, 0.06);  // unbiased: a run scatters by less than half, a mean of 1,000 by 0.016
    EXPECT_GE(static_cast<double>(covered) / bounded, 0.95 - 0.021) << knows_itself;
  }
}

}  // namespace
}  // namespace locum::gate
