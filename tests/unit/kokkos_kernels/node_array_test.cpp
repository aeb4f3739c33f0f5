#include "kokkos_kernels/base/node_array.hpp"

#include <gtest/gtest.h>

namespace locum {
namespace {

// Every ranks-th number, from `rank` on.
void write_share(const View<double*>& numbers, int rank, int ranks, int round) {
  const View<double*> to = numbers;
  Kokkos::parallel_for(
      "test::write", RangePolicy(0, static_cast<int>(to.size())), KOKKOS_LAMBDA(int k) {
        if (k % ranks == rank) to(k) = k + 0.5 * round;
      });
  Kokkos::fence();
}

// Each rank writes every n-th number; after synchronising all of them are there.
TEST(NodeArray, WhatOneRankWritesAllRanksOfItsNodeRead) {
  const Communicator world = Communicator::world();
  const NodeArray<double> array(world, 1000, "numbers");
  const Communicator& sharers = array.sharers();
  const View<double*> view = array.view();
  ASSERT_EQ(view.size(), 1000u);
  for (int round = 0; round < 3; ++round) {
    write_share(view, sharers.rank(), sharers.size(), round);
    array.synchronize();
    const auto host = host_copy(view);
    for (int k = 0; k < 1000; ++k) ASSERT_EQ(host(k), k + 0.5 * round);
    array.synchronize();  // nobody writes the next round before everyone has read this one
  }
}

TEST(NodeArray, AnEmptyOneIsAllowed) {
  const NodeArray<float> array(Communicator::world(), 0, "nothing");
  EXPECT_EQ(array.view().size(), 0u);
}

}  // namespace
}  // namespace locum
