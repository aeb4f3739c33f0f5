#include "kokkos_kernels/collective/device_sum.hpp"

#include <gtest/gtest.h>

namespace locum::collective {
namespace {

TEST(DeviceSum, EveryRankHasTheSum) {
  const Communicator world = Communicator::world();
  const DeviceSum reducer(world);
  for (const int n : {0, 1, 33}) {
    View<float*> values("values", n);
    const auto host = Kokkos::create_mirror_view(values);
    for (int k = 0; k < n; ++k) host(k) = static_cast<float>(1000 * (world.rank() + 1) + k);
    Kokkos::deep_copy(values, host);
    reducer.sum({}, values);
    const auto sum = host_copy(values);
    const int ranks = world.size();
    for (int k = 0; k < n; ++k) EXPECT_EQ(sum(k), 1000 * ranks * (ranks + 1) / 2 + ranks * k);
  }
}

TEST(DeviceSum, RanksThatShareWhatTheyHaveGoThroughTheHost) {
  const Communicator world = Communicator::world();
  if (device_is_host || world.size() == 1) {
    EXPECT_FALSE(DeviceSum(world).on_device());
  }
  const DeviceSum alone(Communicator::self());
  View<float*> values("values", 3);
  Kokkos::deep_copy(values, 2.5f);
  alone.sum({}, values);
  EXPECT_EQ(host_copy(values)(2), 2.5f);
}

}  // namespace
}  // namespace locum::collective
