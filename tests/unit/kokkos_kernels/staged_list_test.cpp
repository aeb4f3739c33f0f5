#include "kokkos_kernels/base/staged_list.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/allocations.hpp"

namespace locum {
namespace {

void fill(StagedList<int>& list, std::size_t count, int first) {
  const std::span<int> room = list.room(ExecutionSpace(), count);
  ASSERT_EQ(room.size(), count);
  std::iota(room.begin(), room.end(), first);
  list.send(ExecutionSpace());
}

TEST(StagedList, IsOnTheDeviceAsItWasFilledLast) {
  StagedList<int> list("list");
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{37}, std::size_t{5}, std::size_t{100}}) {
    const int first = static_cast<int>(1000 * count);
    fill(list, count, first);
    ASSERT_GE(list.device().size(), count);
    const auto host = host_copy(list.device());
    for (std::size_t k = 0; k < count; ++k) EXPECT_EQ(host(k), first + static_cast<int>(k)) << count;
  }
}

TEST(StagedList, KeepsItsRoom) {
  StagedList<int> list("list");
  fill(list, 20, 0);
  const test::Allocations allocations;
  for (const std::size_t count : {std::size_t{20}, std::size_t{0}, std::size_t{7}, std::size_t{33}})
    fill(list, count, 1);
  EXPECT_TRUE(allocations.labels().empty());
  fill(list, 41, 1);
  EXPECT_EQ(allocations.labels().size(), 1u);
}

}  // namespace
}  // namespace locum
