#include "solvers/imaging/potential/slices.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

SliceConfig of_thickness(double thickness) {
  SliceConfig config;
  config.thickness = thickness;
  return config;
}

TEST(Slices, AreEqualAndNoThickerThanWanted) {
  const auto edges = slice_edges(54.31, of_thickness(1.0));
  ASSERT_EQ(edges.size(), 56u);
  EXPECT_EQ(edges.front(), 0.0);
  EXPECT_EQ(edges.back(), 54.31);
  for (const double t : slice_thicknesses(edges)) EXPECT_NEAR(t, 54.31 / 55, 1e-12);
  EXPECT_EQ(slice_edges(0.5, of_thickness(2.0)).size(), 2u);
}

TEST(Slices, AThicknessThatDividesTheSpecimenGivesNoExtraSlice) {
  for (int n = 1; n < 200; ++n) EXPECT_EQ(slice_edges(n * 1.3577499, of_thickness(1.3577499)).size(), n + 1u);
}

// Planes 1.3578 Å apart, the first on the entrance surface: on every edge of slices of their distance, on every other
// of slices of half of it, and anywhere of slices that do not fit.
TEST(Slices, PlanesOfAtomsAreMovedOffTheEdges) {
  const double spacing = 1.3578;
  Specimen planes{10.0, 10.0, 40 * spacing, {}, {}, {}};
  for (int p = 0; p < 40; ++p) planes.position.push_back({1.0, 1.0, p * spacing});
  const auto nearest_edge = [&](double thickness, double shift) {
    double nearest = thickness;
    for (const Vec3& r : planes.position) nearest = std::min(nearest, std::abs(std::remainder(r.z + shift, thickness)));
    return nearest;
  };
  for (const double parts : {1.0, 2.0}) {
    const auto edges = slice_edges(planes.lz, of_thickness(spacing / parts * (1.0 + 1e-9)));
    const double shift = shift_off_edges(planes, edges);
    EXPECT_GE(shift, 0.0);
    EXPECT_LT(shift, edges[1]);
    EXPECT_NEAR(nearest_edge(edges[1], shift), 0.5 * edges[1], edges[1] / 128);  // the shift goes in 256 steps
  }
  EXPECT_EQ(shift_off_edges(planes, slice_edges(planes.lz, of_thickness(1.0))), 0.0);
  for (Vec3& r : planes.position) r.z += 0.5 * spacing;
  EXPECT_EQ(shift_off_edges(planes, slice_edges(planes.lz, of_thickness(spacing * (1.0 + 1e-9)))), 0.0);
}

TEST(Slices, GivenThicknessesAreTaken) {
  SliceConfig config;
  config.thicknesses = {1.0, 2.5, 0.5};
  EXPECT_EQ(slice_edges(4.0, config), (std::vector<double>{0.0, 1.0, 3.5, 4.0}));
  EXPECT_EQ(slice_edges(4.0 + 1e-7, config).back(), 4.0 + 1e-7);
  EXPECT_THROW(slice_edges(4.1, config), ConfigError);
}

TEST(Slices, WhatMakesNoSliceIsRefused) {
  EXPECT_THROW(slice_edges(10.0, of_thickness(0.0)), ConfigError);
  EXPECT_THROW(slice_edges(10.0, of_thickness(-1.0)), ConfigError);
  EXPECT_THROW(slice_edges(0.0, of_thickness(1.0)), ConfigError);
  EXPECT_THROW(slice_edges(1e12, of_thickness(1.0)), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
