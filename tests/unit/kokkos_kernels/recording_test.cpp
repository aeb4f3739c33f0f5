#include "kokkos_kernels/linalg/recording.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace locum::linalg {
namespace {

struct AddOne {
  View<int*> to;
  KOKKOS_INLINE_FUNCTION void operator()(int k) const { to(k) += 1; }
};

// Whether it is called, recorded or replayed: each run does the work once, and after a reset other work.
TEST(Recording, EachRunDoesTheWorkOnce) {
  const ExecutionSpace space;
  Recording recording;
  const View<int*> first("first", 33), second("second", 7);
  for (const View<int*>& counter : {first, second}) {
    for (int run = 1; run <= 5; ++run) {
      recording.run(
          space, [&] { Kokkos::parallel_for("add_one", RangePolicy(space, 0, counter.extent(0)), AddOne{counter}); });
      space.fence();
      EXPECT_EQ(host_copy(counter)(counter.extent(0) - 1), run);
    }
    recording.reset();
  }
  EXPECT_EQ(host_copy(first)(0), 5);
  EXPECT_EQ(recording.replays(), device_is_host ? 0 : 8);
}

TEST(Recording, AnErrorInsideLeavesItUsable) {
  const ExecutionSpace space;
  Recording recording;
  int runs = 0;
  const auto failing = [&] {
    if (++runs == 2) throw std::runtime_error("no");
  };
  recording.run(space, failing);
  EXPECT_THROW(recording.run(space, failing), std::runtime_error);
  recording.reset();
  recording.run(space, failing);
  EXPECT_EQ(runs, 3);
}

}  // namespace
}  // namespace locum::linalg
