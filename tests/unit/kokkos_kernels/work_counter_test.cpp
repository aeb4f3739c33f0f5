#include "kokkos_kernels/base/work_counter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "kokkos_kernels/base/timer.hpp"

namespace locum {
namespace {

void compute(double seconds) {
  const Stopwatch watch;
  while (watch.seconds() < seconds) {
  }
}

TEST(WorkCounter, EveryNumberIsGivenToOneRankOnce) {
  const Communicator comm = Communicator::world();
  constexpr std::int64_t total = 5000;
  std::vector<std::int64_t> mine;
  WorkCounter counter(comm);
  for (std::int64_t k = counter.next(); k < total; k = counter.next()) mine.push_back(k);
  std::vector<std::int64_t> all = comm.all_gather(std::span<const std::int64_t>(mine));
  std::sort(all.begin(), all.end());
  std::vector<std::int64_t> expected(total);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
  comm.barrier();
  EXPECT_EQ(counter.handed_out(), total + comm.size());  // each rank's last call found nothing
}

// Rank 0, who owns the number, computes without a word to MPI; the others must not wait for it.
TEST(WorkCounter, OthersAreServedWhileRankZeroComputes) {
  const Communicator comm = Communicator::world();
  if (comm.size() == 1) GTEST_SKIP() << "needs a second rank";
  WorkCounter counter(comm);
  comm.barrier();
  const Stopwatch watch;
  double seconds = 0.0;
  if (comm.is_root()) {
    compute(1.0);
  } else {
    for (int k = 0; k < 100; ++k) counter.next();
    seconds = watch.seconds();
  }
  // A hundred calls take some 100 µs; half of rank 0's time leaves room for a machine with fewer cores than ranks.
  EXPECT_LT(comm.max(seconds), 0.5);
}

TEST(WorkCounter, NothingIsGivenOutAfterItWasClosed) {
  const Communicator comm = Communicator::world();
  WorkCounter counter(comm);
  counter.next();
  comm.barrier();
  EXPECT_FALSE(counter.closed());
  comm.barrier();
  if (comm.rank() == comm.size() - 1) {
    counter.close();
    counter.close();  // a second closing changes nothing
  }
  comm.barrier();
  EXPECT_TRUE(counter.closed());
  EXPECT_GT(counter.next(), std::int64_t{1} << 39);
  EXPECT_TRUE(counter.closed());
  counter.progress();
}

TEST(WorkCounter, UnevenWorkIsSharedSoThatNobodyWaitsLong) {
  const Communicator comm = Communicator::world();
  WorkCounter counter(comm);
  // The first piece is as long as all others together: whoever has it gets no other.
  int pieces = 0;
  bool had_long = false;
  for (std::int64_t k = counter.next(); k < 21; k = counter.next()) {
    ++pieces;
    had_long = had_long || k == 0;
    compute(k == 0 ? 0.4 : 0.005);
  }
  if (comm.size() == 2 && had_long) {
    EXPECT_LE(pieces, 3);
  }
  EXPECT_EQ(comm.sum(pieces), 21);
}

}  // namespace
}  // namespace locum
