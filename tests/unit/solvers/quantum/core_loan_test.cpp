#include "solvers/quantum/core_loan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "kokkos_kernels/base/kokkos.hpp"
#include "kokkos_kernels/linalg/dense.hpp"

namespace locum::quantum {
namespace {

int own_cores() {
  cpu_set_t set;
  sched_getaffinity(0, sizeof set, &set);
  return CPU_COUNT(&set);
}

TEST(CoreLoan, IsGivenBackWithThreadsAndBinding) {
  const Communicator world = Communicator::world();
  const int threads = linalg::threads(), cores = own_cores();
  const CoreLoan loan(world, 1, 0);
  {
    const CoreLoan::Use use(loan, 864);
    if (device_is_host) {
      EXPECT_EQ(linalg::threads(), loan.threads(864));
    }
    EXPECT_GE(own_cores(), cores);
  }
  EXPECT_EQ(linalg::threads(), threads);
  EXPECT_EQ(own_cores(), cores);
}

TEST(CoreLoan, OneWorkerHasAThreadForEachRankButNotMoreThanCores) {
  const Communicator world = Communicator::world();
  const CoreLoan loan(world, 1, 0);
  EXPECT_GE(loan.threads(864), 1);
  EXPECT_LE(loan.threads(864), world.size());
  const CoreLoan alone(Communicator::self(), 1, 0), everyone(world, world.size(), 0);
  EXPECT_EQ(alone.threads(864), 1);
  EXPECT_EQ(everyone.threads(864), 1);
  EXPECT_EQ(loan.threads(64), 1);  // too small to share
}

TEST(CoreLoan, ARequestIsKeptWithinTheCores) {
  const CoreLoan loan(Communicator::self(), 1, 100000);
  EXPECT_EQ(loan.threads(64), own_cores());
}

}  // namespace
}  // namespace locum::quantum
