#include "solvers/imaging/potential/slices.hpp"

#include <gtest/gtest.h>

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
