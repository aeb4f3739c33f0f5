// Laws of scans: what the signals of probes over crystals have to keep.
#include <gtest/gtest.h>

#include <cmath>

#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/specimen/thermal.hpp"
#include "tests/physics/imaging_specimens.hpp"

namespace locum::imaging {
namespace {

using testing::crystal;
using testing::detector;
using testing::diamond;
using testing::pattern_of;
using testing::perovskite;
using testing::setup_for;
using testing::signals;

// What is lost is what slices scatter beyond the band limit: less, the farther that lies. Rutherford's tail of the form
// factor leaves a share that falls with the square of the limit, here 1.8, 3.7 and 7.4 Å⁻¹.
TEST(ImagingScans, TheNormIsConservedButForTheBandLimit) {
  const Specimen silicon = displaced(crystal(diamond, 5.431, 2, 5, 0.08), 3, 0);
  std::vector<double> lost;
  for (const int points : {60, 120, 240}) {
    ScanSetup setup = setup_for(silicon, points, 1.36);
    setup.detectors = {detector("all", 0.0, 1e3 * wavelength(200.0) * setup.grid.band_limit())};
    lost.push_back(1.0 - signals<double>(setup, silicon, {{1.0, 2.0}})[0]);
  }
  EXPECT_LT(lost[0], 1e-3);
  EXPECT_LT(lost[1], 0.5 * lost[0]);
  EXPECT_LT(lost[2], 0.5 * lost[1]);
  EXPECT_GT(lost[2], 0.0);
}

double relative_rms(const std::vector<double>& a, const std::vector<double>& b, std::size_t channel,
                    std::size_t channels) {
  double difference = 0.0, total = 0.0;
  for (std::size_t k = channel; k < a.size(); k += channels) {
    difference += (a[k] - b[k]) * (a[k] - b[k]);
    total += b[k] * b[k];
  }
  return std::sqrt(difference / total);
}

// Silicon [100], 200 keV: halving slices of a/16 changes no detector's image by 1 %; halving a/2 does.
TEST(ImagingScans, SlicesOfASixteenthOfSiliconsCellAreConverged) {
  const double a = 5.431;
  const Specimen silicon = crystal(diamond, a, 2, 5);
  std::vector<Position> positions;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) positions.push_back({a * i / 6.0, a * j / 6.0});
  std::vector<std::vector<double>> found;
  for (const int parts : {1, 2, 16, 32})
    found.push_back(signals<float>(setup_for(silicon, 90, a / parts * 1.0001), silicon, positions));
  for (std::size_t channel = 0; channel < 3; ++channel) {
    EXPECT_LT(relative_rms(found[2], found[3], channel, 3), 0.01);
  }
  EXPECT_GT(relative_rms(found[0], found[1], 2, 3), 0.01);
}

TEST(ImagingScans, ASpecimenMovedByWholePixelsWithTheProbeGivesTheSameSignals) {
  Specimen specimen = crystal(perovskite, 3.905, 2, 3);
  for (std::size_t k = 0; k < specimen.position.size(); k += 4) specimen.position[k].x += 0.3;  // no symmetry helps
  const ScanSetup setup = setup_for(specimen, 72, 1.0);
  const auto before = signals<double>(setup, specimen, {{1.0, 2.0}, {3.3, 0.4}});
  const double dx = setup.grid.dx(), dy = setup.grid.dy();
  for (auto& r : specimen.position) r = r + Vec3{17 * dx, -29 * dy, 0.0};
  wrap_across(specimen);
  const auto after = signals<double>(setup, specimen, {{1.0 + 17 * dx, 2.0 - 29 * dy}, {3.3 + 17 * dx, 0.4 - 29 * dy}});
  for (std::size_t k = 0; k < before.size(); ++k) EXPECT_NEAR(before[k], after[k], 1e-12);
}

// Largest difference between a pattern and itself turned by 90 or 180 degrees, over its largest pixel.
double turned_difference(const std::vector<float>& pattern, bool half_turn) {
  const int n = static_cast<int>(std::lround(std::sqrt(double(pattern.size()))));
  double largest = 0.0, difference = 0.0;
  for (int x = 0; x < n; ++x)
    for (int y = 0; y < n; ++y) {
      const float here = pattern[static_cast<std::size_t>(x * n + y)];
      const float there = half_turn ? pattern[static_cast<std::size_t>((n - 1 - x) * n + n - 1 - y)]
                                    : pattern[static_cast<std::size_t>((n - 1 - y) * n + x)];
      largest = std::max(largest, double(here));
      difference = std::max(difference, std::abs(double(here) - double(there)));
    }
  return difference / largest;
}

// Strontium's column in SrTiO3 [100] has a fourfold axis. Silicon's in [100] has a twofold one only: the atoms above
// and below are turned by 90 degrees against each other.
TEST(ImagingScans, AProbeOnAColumnHasTheColumnsSymmetry) {
  const Specimen titanate = crystal(perovskite, 3.905, 3, 3), silicon = crystal(diamond, 5.431, 2, 3);
  const auto fourfold = pattern_of(setup_for(titanate, 90, 1.0), titanate, {3.905, 3.905});
  EXPECT_LT(turned_difference(fourfold, false), 1e-6);  // patterns are handed out in float
  EXPECT_LT(turned_difference(fourfold, true), 1e-6);
  const auto twofold = pattern_of(setup_for(silicon, 90, 1.0), silicon, {5.431, 5.431});
  EXPECT_LT(turned_difference(twofold, true), 1e-6);
  EXPECT_GT(turned_difference(twofold, false), 1e-4);
  const auto aside = pattern_of(setup_for(titanate, 90, 1.0), titanate, {4.3, 3.7});
  EXPECT_GT(turned_difference(aside, true), 1e-2);
}

// Rounding of float along 27 slices and transforms of 90² points: some hundred roundings of 6e-8 of a channel.
TEST(ImagingScans, SingleAgreesWithDouble) {
  const Specimen silicon = crystal(diamond, 5.431, 2, 5);
  const ScanSetup setup = setup_for(silicon, 90, 1.0);
  const std::vector<Position> positions = {{0.0, 0.0}, {1.1, 0.7}, {2.7, 2.7}};
  const auto single = signals<float>(setup, silicon, positions), twice = signals<double>(setup, silicon, positions);
  for (std::size_t k = 0; k < single.size(); ++k) EXPECT_NEAR(single[k] / twice[k], 1.0, 2e-5);
}

// A convergent-beam pattern is the scan of one position with every pixel kept: its pixels add up to the norm.
TEST(ImagingScans, AConvergentBeamPatternAddsUpToTheNorm) {
  const Specimen silicon = crystal(diamond, 5.431, 2, 5);
  ScanSetup setup = setup_for(silicon, 90, 1.36);
  double sum = 0.0;
  for (const float value : pattern_of(setup, silicon, {1.0, 2.0})) sum += value;
  setup.detectors = {detector("all", 0.0, 1e3 * wavelength(200.0) * setup.grid.band_limit())};
  EXPECT_NEAR(signals<double>(setup, silicon, {{1.0, 2.0}})[0], sum, 1e-6);
  EXPECT_GT(sum, 0.97);
  EXPECT_LT(sum, 1.0);
}

}  // namespace
}  // namespace locum::imaging
