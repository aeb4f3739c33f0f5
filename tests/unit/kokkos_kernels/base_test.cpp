#include <gtest/gtest.h>

#include "kokkos_kernels/base/cell.hpp"
#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/base/config.hpp"
#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum {
namespace {

TEST(Cell, FractionalCoordinatesComeBack) {
  const Cell cell(Mat3{{{5.0, 0.0, 0.0}, {1.2, 4.0, 0.0}, {-0.7, 0.4, 6.0}}});
  const Vec3 r{1.3, -2.0, 17.5};
  const Vec3 back = cell.to_cartesian(cell.to_fractional(r));
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(back[k], r[k], 1e-13);  // a few roundings of numbers of order 10
  EXPECT_NEAR(cell.volume(), 120.0, 1e-12);
}

TEST(Cell, LeftHandedVectorsAreRefused) { EXPECT_THROW(Cell(Mat3{{{0, 1, 0}, {1, 0, 0}, {0, 0, 1}}}), ConfigError); }

TEST(Cell, WrapBringsATinyNegativeNumberToZero) {
  const Vec3 s = Cell::wrap({-1e-20, 2.25, -0.25});
  EXPECT_EQ(s.x, 0.0);
  EXPECT_DOUBLE_EQ(s.y, 0.25);
  EXPECT_DOUBLE_EQ(s.z, 0.75);
}

TEST(Config, NearestWordFindsATypo) {
  EXPECT_EQ(nearest_word("timestp", {"temperature", "timestep"}), "timestep");
  EXPECT_EQ(nearest_word("zzzzzz", {"temperature", "timestep"}), "");
}

TEST(Elements, SymbolsAndNumbersAgree) {
  EXPECT_EQ(atomic_number("Si"), 14);
  EXPECT_EQ(element_symbol(6), "C");
  EXPECT_NEAR(atomic_mass(14), 28.085, 1e-3);
  EXPECT_THROW(atomic_number("Sj"), ConfigError);
}

// Known answers of Philox4x32-10 from the authors' Random123 distribution (kat_vectors).
TEST(Philox, ReproducesThePublishedVectors) {
  const auto zero = random::philox({{0, 0, 0, 0}}, 0);
  EXPECT_EQ(zero.word[0], 0x6627e8d5u);
  EXPECT_EQ(zero.word[1], 0xe169c58du);
  EXPECT_EQ(zero.word[2], 0xbc57ac4cu);
  EXPECT_EQ(zero.word[3], 0x9b00dbd8u);
  const auto ones = random::philox({{~0u, ~0u, ~0u, ~0u}}, ~0ull);
  EXPECT_EQ(ones.word[0], 0x408f276du);
  EXPECT_EQ(ones.word[1], 0x41c83b0eu);
  EXPECT_EQ(ones.word[2], 0xa20bc7c6u);
  EXPECT_EQ(ones.word[3], 0x6d5451fdu);
}

TEST(Communicator, ReducesAndGathersInRankOrder) {
  const Communicator world = Communicator::world();
  const int n = world.size();
  EXPECT_EQ(world.sum(world.rank() + 1), n * (n + 1) / 2);
  std::vector<int> mine(world.rank(), world.rank());
  const auto all = world.all_gather(std::span<const int>(mine));
  ASSERT_EQ(static_cast<int>(all.size()), n * (n - 1) / 2);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  world.quiet_barrier();
}

}  // namespace
}  // namespace locum
