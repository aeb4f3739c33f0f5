#include "solvers/quantum/k_points.hpp"

#include <gtest/gtest.h>

namespace locum::quantum {
namespace {

double total_weight(const std::vector<KPoint>& mesh) {
  double sum = 0.0;
  for (const KPoint& k : mesh) sum += k.weight;
  return sum;
}

TEST(KPoints, OneDivisionIsGamma) {
  for (const Mesh mesh : {Mesh::monkhorst_pack, Mesh::gamma_centred}) {
    const auto points = k_mesh(mesh, {1, 1, 1});
    ASSERT_EQ(points.size(), 1u);
    EXPECT_TRUE(points[0].is_gamma());
    EXPECT_EQ(points[0].weight, 1.0);
  }
}

TEST(KPoints, TimeReversalHalvesTheMesh) {
  EXPECT_EQ(k_mesh(Mesh::monkhorst_pack, {8, 8, 8}).size(), 256u);  // no point is its own mirror image
  EXPECT_EQ(k_mesh(Mesh::gamma_centred, {2, 2, 2}).size(), 8u);     // every point is
  EXPECT_EQ(k_mesh(Mesh::gamma_centred, {4, 4, 4}).size(), 36u);    // 8 are: (64 + 8) / 2
  EXPECT_EQ(k_mesh(Mesh::monkhorst_pack, {3, 3, 3}).size(), 14u);   // Γ is: (27 + 1) / 2
  for (const Mesh mesh : {Mesh::monkhorst_pack, Mesh::gamma_centred})
    for (const int q : {1, 2, 3, 5, 8}) EXPECT_NEAR(total_weight(k_mesh(mesh, {q, 3, 2})), 1.0, 1e-14);
}

TEST(KPoints, MonkhorstAndPacksCoordinates) {
  // q = 4: −3/8, −1/8, 1/8, 3/8.
  for (const KPoint& k : k_mesh(Mesh::monkhorst_pack, {4, 1, 1})) {
    EXPECT_TRUE(std::abs(k.fraction.x) == 0.125 || std::abs(k.fraction.x) == 0.375) << k.fraction.x;
    EXPECT_EQ(k.weight, 0.5);
  }
}

}  // namespace
}  // namespace locum::quantum
