#include "surrogates/potential/invariants/block_schedule.hpp"

#include <gtest/gtest.h>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

Configuration configuration_of(const Frame& frame, bool known_list) {
  Configuration c = frame.configuration();
  if (known_list) c.neighbors.built = std::make_shared<const char>();
  return c;
}

std::vector<int> ordered(const BlockSchedule& schedule, int n) {
  const auto order = host_copy(schedule.order);
  return {order.data(), order.data() + n};
}

TEST(BlockSchedule, GroupsAtomsBySpeciesInTheirOrder) {
  const auto potential = test::random_potential({}, {6, 14});
  const FrameLabel label = test::disordered_diamond(true, 7, 3);
  const Frame frame(Communicator::self(), label, 5.0);
  BlockSchedule schedule;
  schedule.arrange(potential->device(), frame.configuration(), 8, 8);
  std::vector<int> expected;
  for (const int z : {6, 14})
    for (int i = 0; i < label.atoms(); ++i)
      if (label.atomic_number[i] == z) expected.push_back(i);
  EXPECT_EQ(ordered(schedule, label.atoms()), expected);
  const auto blocks = host_copy(schedule.blocks);
  ASSERT_EQ(schedule.species_end.back(), schedule.n_blocks);
  int next = 0;
  for (int b = 0; b < schedule.n_blocks; ++b) {
    EXPECT_EQ(blocks(b, 0), next);
    EXPECT_EQ(blocks(b, 2), b < schedule.species_end[0] ? 0 : 1);
    next += blocks(b, 1);
  }
  EXPECT_EQ(next, label.atoms());
  const auto offset = host_copy(frame.configuration().neighbors.offset);
  for (int i = 0; i < label.atoms(); ++i) EXPECT_GE(schedule.pair_packs, (offset(i + 1) - offset(i) + 7) / 8 + 1);
}

// Elements that change under a list that says it is the same are not looked at: that is how one sees it.
TEST(BlockSchedule, StaysWhileTheListDoes) {
  const auto potential = test::random_potential({}, {14});
  const Frame frame(Communicator::self(), test::disordered_diamond(false), 5.0);
  for (const bool known : {true, false}) {
    Configuration c = configuration_of(frame, known);
    c.atomic_number = View<int*>("atomic_number", c.n_local + c.n_ghost);
    Kokkos::deep_copy(c.atomic_number, 14);
    BlockSchedule schedule;
    schedule.arrange(potential->device(), c);
    Kokkos::deep_copy(c.atomic_number, 6);
    if (known) {
      EXPECT_NO_THROW(schedule.arrange(potential->device(), c));
      c.neighbors.built = std::make_shared<const char>();
    }
    EXPECT_THROW(schedule.arrange(potential->device(), c), ConfigError);
    EXPECT_THROW(schedule.arrange(potential->device(), c), ConfigError);  // a refusal is not kept
  }
}

TEST(BlockSchedule, IsMadeAnewForAnotherListAndForAnotherModel) {
  const auto one = test::random_potential({}, {14}), two = test::random_potential({}, {6, 14});
  const Frame small(Communicator::self(), test::disordered_diamond(false), 5.0),
      large(Communicator::self(), test::disordered_diamond(false, 5, 3), 6.0);
  const Configuration a = configuration_of(small, true), b = configuration_of(large, true);
  BlockSchedule kept;
  for (const auto& potential : {one, two, one})
    for (const Configuration& c : {a, b, a}) {
      BlockSchedule fresh;
      fresh.arrange(potential->device(), c);
      kept.arrange(potential->device(), c);
      EXPECT_EQ(kept.n_blocks, fresh.n_blocks);
      EXPECT_EQ(kept.pair_packs, fresh.pair_packs);
      EXPECT_EQ(kept.species_end, fresh.species_end);
      EXPECT_EQ(ordered(kept, c.n_local), ordered(fresh, c.n_local));
    }
}

}  // namespace
}  // namespace locum::potential
