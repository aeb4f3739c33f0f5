#include "solvers/imaging/detectors/scan.hpp"

#include <gtest/gtest.h>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::imaging {
namespace {

TEST(Scan, AWholeCellIsPeriodicAndSampledAtNyquist) {
  const Scan scan = make_scan({}, 10.86, 7.68, 200.0, 20.0);
  EXPECT_NEAR(nyquist_sampling(200.0, 20.0), 0.313491, 1e-6);  // λ/4α = 0.0250793 / 0.08
  EXPECT_EQ(scan.shape.nx, 35);                                // 10.86 / 0.3135 = 34.6
  EXPECT_EQ(scan.shape.ny, 25);                                // 7.68 / 0.3135 = 24.5
  EXPECT_TRUE(scan.shape.periodic_x && scan.shape.periodic_y);
  ASSERT_EQ(scan.position.size(), 35u * 25u);
  EXPECT_EQ(scan.position[0].x, 0.0);
  EXPECT_DOUBLE_EQ(scan.position[26].x, 10.86 / 35);  // y fastest
  EXPECT_DOUBLE_EQ(scan.position[26].y, 7.68 / 25);
  EXPECT_LT(scan.position.back().x, 10.86);
  EXPECT_DOUBLE_EQ(scan.area_of_position() * 35 * 25, 10.86 * 7.68);
}

TEST(Scan, APartOfTheCellIsOpen) {
  ScanConfig config;
  config.unit = "Angstrom";
  config.start = {1.0, 0.0};
  config.end = {3.0, 8.0};
  config.sampling = 0.5;
  const Scan scan = make_scan(config, 10.0, 8.0, 200.0, 20.0);
  EXPECT_EQ(scan.shape.nx, 4);
  EXPECT_EQ(scan.shape.ny, 16);
  EXPECT_FALSE(scan.shape.periodic_x);
  EXPECT_TRUE(scan.shape.periodic_y);
  EXPECT_EQ(scan.axis_x.front(), 1.0);
  EXPECT_EQ(scan.axis_x.back(), 2.5);  // the end is no position
  config.points = {1, 3};
  const Scan counted = make_scan(config, 10.0, 8.0, 200.0, 0.0);  // needs no convergence then
  EXPECT_EQ(counted.position.size(), 3u);
}

TEST(Scan, ALineHoldsBothItsEnds) {
  ScanConfig config;
  config.kind = "line";
  config.start = {0.0, 0.0};
  config.end = {0.3, 0.4};
  config.points = {6};
  const Scan scan = make_scan(config, 10.0, 10.0, 200.0, 20.0);
  ASSERT_EQ(scan.position.size(), 6u);
  EXPECT_DOUBLE_EQ(scan.position.back().x, 3.0);
  EXPECT_DOUBLE_EQ(scan.position.back().y, 4.0);
  EXPECT_DOUBLE_EQ(scan.shape.step_x, 1.0);
  EXPECT_FALSE(scan.shape.periodic_x);
}

TEST(Scan, PointsAreTakenAsTheyAre) {
  ScanConfig config;
  config.kind = "points";
  config.unit = "Angstrom";
  config.positions = {1.0, 2.0, 0.5, 7.0, 3.0, 3.0};
  const Scan scan = make_scan(config, 10.0, 10.0, 200.0, 0.0);
  ASSERT_EQ(scan.position.size(), 3u);
  EXPECT_EQ(scan.position[1].y, 7.0);
  EXPECT_EQ(scan.shape.nx, 3);
  EXPECT_EQ(scan.shape.ny, 1);
  EXPECT_EQ(scan.shape.step_x, 0.0);  // so nobody takes them for neighbours
  EXPECT_EQ(scan.area_of_position(), 0.0);
}

TEST(Scan, WhatCannotBeScannedIsRefused) {
  const auto refused = [](const ScanConfig& c, double convergence = 20.0) {
    EXPECT_THROW(make_scan(c, 10.0, 10.0, 200.0, convergence), ConfigError);
  };
  ScanConfig c;
  c.end = {1.5, 1.0};  // beyond the cell
  refused(c);
  c = {};
  c.end = {0.0, 1.0};  // of no width
  refused(c);
  refused({}, 0.0);  // a plane wave has no Nyquist sampling
  c = {};
  c.sampling = 1e-8;  // 1e18 positions
  refused(c);
  c = {};
  c.points = {4};
  refused(c);
  c = {};
  c.kind = "points";
  refused(c);
  c.positions = {1.0, 2.0, 3.0};
  refused(c);
  c = {};
  c.kind = "spiral";
  refused(c);
}

}  // namespace
}  // namespace locum::imaging
