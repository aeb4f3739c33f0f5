#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/neighbor/list_builder.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::neighbor {
namespace {

const Cell skewed(Mat3{{{14.0, 0.0, 0.0}, {4.0, 11.0, 0.0}, {-3.0, 2.5, 9.0}}});

// Atoms anywhere in `low` … `high` (fractional); no images: the list builder knows none.
std::vector<Vec3> scattered(const Cell& cell, int count, double low, double high) {
  std::vector<Vec3> r(count);
  for (int i = 0; i < count; ++i) {
    Vec3 s;
    for (int d = 0; d < 3; ++d) s[d] = low + (high - low) * random::uniform(5, random::Stream::displacement, i, d);
    r[i] = cell.to_cartesian(s);
  }
  return r;
}

View<double* [3]> on_device(const std::vector<Vec3>& r) {
  const View<double* [3]> position("position", r.size());
  const auto host = Kokkos::create_mirror_view(position);
  for (std::size_t i = 0; i < r.size(); ++i)
    for (int d = 0; d < 3; ++d) host(i, d) = r[i][d];
  Kokkos::deep_copy(position, host);
  return position;
}

std::vector<std::vector<int>> rows_of(const NeighborList& list, int n_local) {
  const auto offset = host_copy(list.offset), index = host_copy(list.index);
  std::vector<std::vector<int>> rows(n_local);
  for (int i = 0; i < n_local; ++i)
    for (int k = offset(i); k < offset(i + 1); ++k) rows[i].push_back(index(k));
  return rows;
}

void list_is_what_plain_search_finds(const Cell& cell, int n_local, int n_ghost, double cutoff) {
  const auto r = scattered(cell, n_local + n_ghost, -0.4, 1.4);
  ListBuilder builder(cutoff);
  NeighborList list;
  const double nearest =
      builder.build({}, cell, {-0.4, -0.4, -0.4}, {1.4, 1.4, 1.4}, on_device(r), n_local, n_ghost, list);
  EXPECT_EQ(list.cutoff, cutoff);
  auto rows = rows_of(list, n_local);
  double least = HUGE_VAL;
  for (int i = 0; i < n_local; ++i) {
    std::vector<int> expected;
    for (int j = 0; j < n_local + n_ghost; ++j)
      if (j != i && norm(r[j] - r[i]) < cutoff) expected.push_back(j);
    std::sort(rows[i].begin(), rows[i].end());
    ASSERT_EQ(rows[i], expected) << "atom " << i;
    for (const int j : expected) least = std::min(least, norm(r[j] - r[i]));
  }
  EXPECT_DOUBLE_EQ(nearest, least);
}

TEST(ListBuilder, FindsWhatPlainSearchFinds) {
  for (const int n_local : {0, 1, 33, 200})
    for (const int n_ghost : {0, 7, 150})
      for (const double cutoff : {1.5, 5.0, 40.0}) list_is_what_plain_search_finds(skewed, n_local, n_ghost, cutoff);
}

TEST(ListBuilder, AtomsOutsideTheBoxAreFoundToo) {
  const auto r = scattered(skewed, 90, -1.0, 2.0);
  ListBuilder builder(4.0);
  NeighborList list;
  builder.build({}, skewed, {0, 0, 0}, {1, 1, 1}, on_device(r), 90, 0, list);
  const auto rows = rows_of(list, 90);
  std::size_t expected = 0, found = 0;
  for (int i = 0; i < 90; ++i) {
    found += rows[i].size();
    for (int j = 0; j < 90; ++j) expected += j != i && norm(r[j] - r[i]) < 4.0;
  }
  EXPECT_EQ(found, expected);
}

TEST(ListBuilder, PairsAtTheVeryCutoffAreListedFromBothSidesOrNeither) {
  std::vector<Vec3> r;  // a simple cubic lattice whose third shell lies at the cut-off, up to rounding
  for (int x = 0; x < 6; ++x)
    for (int y = 0; y < 6; ++y)
      for (int z = 0; z < 6; ++z) r.push_back({0.1 + 1.7 * x, 0.2 + 1.7 * y, 0.3 + 1.7 * z});
  const Cell cell(12.0 * identity());
  ListBuilder builder(1.7 * std::sqrt(3.0));
  NeighborList list;
  builder.build({}, cell, {0, 0, 0}, {1, 1, 1}, on_device(r), static_cast<int>(r.size()), 0, list);
  const auto rows = rows_of(list, static_cast<int>(r.size()));
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (const int j : rows[i]) EXPECT_EQ(std::count(rows[j].begin(), rows[j].end(), static_cast<int>(i)), 1);
}

TEST(ListBuilder, OneBuilderServesGrowingAndShrinkingSets) {
  ListBuilder builder(3.0);
  NeighborList list;
  for (const int count : {5, 400, 40, 900}) {
    const auto r = scattered(skewed, count, 0.0, 1.0);
    builder.build({}, skewed, {0, 0, 0}, {1, 1, 1}, on_device(r), count, 0, list);
    std::size_t expected = 0;
    for (int i = 0; i < count; ++i)
      for (int j = 0; j < count; ++j) expected += j != i && norm(r[j] - r[i]) < 3.0;
    EXPECT_EQ(static_cast<std::size_t>(host_copy(list.offset)(count)), expected);
  }
}

TEST(ListBuilder, ListsTheSameNeighborsInTheSameOrderEachTime) {
  const auto position = on_device(scattered(skewed, 300, -0.2, 1.2));
  NeighborList first, second;
  ListBuilder fresh(4.5), used(4.5);
  used.build({}, skewed, {0, 0, 0}, {1, 1, 1}, on_device(scattered(skewed, 700, 0.0, 0.3)), 700, 0, second);
  fresh.build({}, skewed, {-0.2, -0.2, -0.2}, {1.2, 1.2, 1.2}, position, 200, 100, first);
  used.build({}, skewed, {-0.2, -0.2, -0.2}, {1.2, 1.2, 1.2}, position, 200, 100, second);
  EXPECT_EQ(rows_of(first, 200), rows_of(second, 200));
}

TEST(ListBuilder, EveryListIsToldApartFromThoseBefore) {
  const auto position = on_device(scattered(skewed, 60, 0.0, 1.0));
  ListBuilder builder(3.0);
  NeighborList list;
  std::vector<std::shared_ptr<const void>> seen = {list.built};
  for (int k = 0; k < 4; ++k) {
    builder.build({}, skewed, {0, 0, 0}, {1, 1, 1}, position, 60, 0, list);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), list.built), 0);
    seen.push_back(list.built);
  }
}

TEST(ListBuilder, NamesAPairOnOneSpot) {
  auto r = scattered(skewed, 50, 0.0, 1.0);
  r.push_back(r[17] + Vec3{0.03, 0.0, 0.04});
  ListBuilder builder(5.0);
  NeighborList list;
  const auto position = on_device(r);
  EXPECT_NEAR(builder.build({}, skewed, {0, 0, 0}, {1, 1, 1}, position, 51, 0, list), 0.05, 1e-12);
  const auto pair = ListBuilder::nearest_pair(position, 51, list);
  ASSERT_TRUE(pair.has_value());
  EXPECT_EQ(pair->first, 17);
  EXPECT_EQ(pair->second, 50);
  EXPECT_NEAR(pair->distance, 0.05, 1e-12);  // rounding of coordinates of order 10
}

TEST(ListBuilder, ACutoffOfZeroIsRefused) { EXPECT_THROW(ListBuilder(0.0), ConfigError); }

TEST(CellList, BinsHoldTheirAtomsInOrderOfId) {
  const int count = 333;
  const auto r = scattered(skewed, count, 0.0, 1.0);
  const View<std::int64_t*> id("id", count);
  const auto id_host = Kokkos::create_mirror_view(id);
  for (int i = 0; i < count; ++i) id_host(i) = (i * 101) % count;  // 101 and 333 have no common factor
  Kokkos::deep_copy(id, id_host);
  const auto grid = make_bin_grid(skewed, {0, 0, 0}, {1, 1, 1}, 6.0, count);
  CellList cells;
  cells.build({}, grid, on_device(r), count, id);
  const auto offset = host_copy(cells.offset()), atom = host_copy(cells.atom());
  EXPECT_EQ(offset(0), 0);
  EXPECT_EQ(offset(grid.total()), count);
  for (int b = 0; b < grid.total(); ++b)
    for (int k = offset(b); k < offset(b + 1); ++k) {
      EXPECT_EQ(grid.bin_of(r[atom(k)]), b);
      if (k == offset(b)) continue;
      EXPECT_LT(id_host(atom(k - 1)), id_host(atom(k)));
    }
}

TEST(BinGrid, AMostlyEmptyBoxHasFewBins) {
  const auto grid = make_bin_grid(Cell(1000.0 * identity()), {0, 0, 0}, {1, 1, 1}, 2.0, 10);
  EXPECT_LE(grid.total(), 4 * 10 + 64);
}

}  // namespace
}  // namespace locum::neighbor
