// A simulated data set as it is written.
#include "apps/ptychography/data_layout.hpp"

#include <gtest/gtest.h>

namespace locum::apps {
namespace {

TEST(Centred, BringsTheZeroFrequencyToTheMiddle) {
  for (const int nx : {1, 4, 5})
    for (const int ny : {1, 6, 7}) {
      std::vector<double> frame(static_cast<std::size_t>(nx * ny), 0.0);
      frame[0] = 1.0;
      const auto moved = centred(std::span<const double>(frame), nx, ny);
      for (int ix = 0; ix < nx; ++ix)
        for (int iy = 0; iy < ny; ++iy)
          EXPECT_EQ(moved[static_cast<std::size_t>(ix * ny + iy)], ix == nx / 2 && iy == ny / 2 ? 1.0 : 0.0);
    }
  EXPECT_TRUE(centred(std::span<const double>(), 0, 5).empty());
}

TEST(InAngstrom, KeepsXAndYApart) {
  EXPECT_EQ(in_angstrom({{1.0, 2.0}, {3.0, 4.0}}, 0.5, 0.25), (std::vector<double>{0.5, 0.5, 1.5, 1.0}));
}

TEST(NeighbourDistance, IsTheStepOfARaster) {
  Ptychogram input;
  input.dx = 0.5;
  input.dy = 0.25;
  EXPECT_EQ(neighbour_distance(input), 0.0);
  input.position = {{3.0, 4.0}};
  EXPECT_EQ(neighbour_distance(input), 0.0);
  input.position.clear();
  for (int ix = 0; ix < 5; ++ix)
    for (int iy = 0; iy < 4; ++iy) input.position.push_back({4.0 * ix, 6.0 * iy});  // 2 Å by 1.5 Å
  EXPECT_DOUBLE_EQ(neighbour_distance(input), 1.5);
}

TEST(NeighbourDistance, IsThatOfThePlainSearch) {
  Ptychogram input;
  input.dx = input.dy = 1.0;
  for (int k = 0; k < 40; ++k) input.position.push_back({0.37 * ((k * 17) % 40), 0.61 * ((k * 23) % 40)});
  double sum = 0.0;
  for (const auto& a : input.position) {
    double nearest = 1e300;
    for (const auto& b : input.position)
      if (&a != &b) nearest = std::min(nearest, std::hypot(a[0] - b[0], a[1] - b[1]));
    sum += nearest;
  }
  EXPECT_NEAR(neighbour_distance(input), sum / 40.0, 1e-12);  // roundings of the sum
}

}  // namespace
}  // namespace locum::apps
