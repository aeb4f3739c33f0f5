#include "solvers/imaging/ptychography/frames/object_sum.hpp"

#include <gtest/gtest.h>

using namespace locum;
using namespace locum::imaging;

namespace {

constexpr int nx = 40, ny = 48;

float value_of(int rank, int x, int y) { return static_cast<float>(rank + 1) + 0.01f * static_cast<float>(x * ny + y); }

void set(const Planes& planes, const PixelBox& box, int rank) {
  const auto host = Kokkos::create_mirror_view(planes.values);
  Kokkos::deep_copy(host, planes.values);
  const std::ptrdiff_t front = planes.at(0) - planes.values.data();
  for (int x = box.x0; x < box.x1; ++x)
    for (int y = box.y0; y < box.y1; ++y) {
      float* at = host.data() + front + static_cast<std::ptrdiff_t>(x) * planes.stride + y;
      at[0] = value_of(rank, x, y);
      at[planes.plane()] = -at[0];
    }
  Kokkos::deep_copy(planes.values, host);
}

bool inside(const PixelBox& box, int x, int y) { return x >= box.x0 && x < box.x1 && y >= box.y0 && y < box.y1; }

void expect_sums(const std::vector<PixelBox>& region, const std::vector<PixelBox>& touched, bool by_neighbours) {
  const Communicator comm = Communicator::world();
  ObjectSum over(ExecutionSpace(), comm, region, nx, ny);
  if (comm.size() > 1) {
    EXPECT_EQ(over.by_neighbours(), by_neighbours);
  }
  const Planes planes("values", 1, nx, ny);
  set(planes, over.region(), 77);  // what an earlier batch has left
  const auto me = static_cast<std::size_t>(comm.rank());
  set(planes, touched[me], comm.rank());
  const PixelBox changed = over.sum(touched, planes);
  const auto host = host_copy(planes.values);
  const std::ptrdiff_t front = planes.at(0) - planes.values.data();
  for (int x = region[me].x0; x < region[me].x1; ++x)
    for (int y = region[me].y0; y < region[me].y1; ++y) {
      if (!inside(changed, x, y)) continue;
      float expected = 0.0f;
      for (int r = 0; r < comm.size(); ++r)
        if (inside(touched[static_cast<std::size_t>(r)], x, y)) expected += value_of(r, x, y);
      const float* at = host.data() + front + static_cast<std::ptrdiff_t>(x) * planes.stride + y;
      EXPECT_NEAR(at[0], expected, 1e-4f) << x << ' ' << y;  // a few roundings of numbers below 100
      EXPECT_EQ(at[planes.plane()], -at[0]);
    }
  for (int r = 0; r < comm.size();
       ++r) {  // nothing that came to this rank lies outside of what is said to have changed
    const PixelBox came = intersection(touched[static_cast<std::size_t>(r)], region[me]);
    if (!came.empty()) {
      EXPECT_EQ(intersection(came, changed), came);
    }
  }
}

}  // namespace

TEST(ObjectSum, StripsAreExchangedWithNeighbours) {
  const int ranks = Communicator::world().size(), step = nx / ranks;
  std::vector<PixelBox> region, touched;
  for (int r = 0; r < ranks; ++r) {
    region.push_back({std::max(0, r * step - 2), 0, std::min(nx, (r + 1) * step + 2), ny});
    touched.push_back({region.back().x0, 16, region.back().x1, 32});
  }
  expect_sums(region, touched, true);
  touched[0] = {};  // a rank without frames in the batch
  expect_sums(region, touched, true);
}

TEST(ObjectSum, RegionsThatCoverAllAreSummedAsAWhole) {
  const int ranks = Communicator::world().size();
  const std::vector<PixelBox> region(static_cast<std::size_t>(ranks), {0, 0, nx, ny});
  std::vector<PixelBox> touched;
  for (int r = 0; r < ranks; ++r) touched.push_back({r, 0, nx - r, 32});
  expect_sums(region, touched, ranks <= 2);  // two ranks send each other the same either way
}

TEST(ObjectSum, GatheredValuesAreTheLowestRanksOnEveryRank) {
  const Communicator comm = Communicator::world();
  const int ranks = comm.size(), step = nx / ranks;
  std::vector<PixelBox> region;
  for (int r = 0; r < ranks; ++r) region.push_back({r * step, 0, std::min(nx, (r + 1) * step + 3), ny});
  ObjectSum over(ExecutionSpace(), comm, region, nx, ny);
  const Planes planes("values", 1, nx, ny);
  set(planes, over.region(), comm.rank());
  over.gather(planes);
  const auto host = host_copy(planes.values);
  const std::ptrdiff_t front = planes.at(0) - planes.values.data();
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y)
      EXPECT_EQ(host(static_cast<std::size_t>(front + static_cast<std::ptrdiff_t>(x) * planes.stride + y)),
                value_of(over.owner(x, y), x, y));
}
