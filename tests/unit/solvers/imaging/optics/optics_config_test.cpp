// Every option of the optics through TOML and back.
#include <gtest/gtest.h>

#include "io/toml/toml.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/detectors/detector_set_config.hpp"
#include "solvers/imaging/detectors/dose.hpp"
#include "solvers/imaging/detectors/scan.hpp"
#include "solvers/imaging/optics/coherence.hpp"
#include "solvers/imaging/optics/objective.hpp"
#include "solvers/imaging/optics/probe.hpp"

namespace locum::imaging {
namespace {

template <class T>
T read(const std::string& text) {
  T config;
  io::read_config(io::TomlDocument::parse(text, "test.toml"), config);
  return config;
}

// Defaults must keep their own ranges and choices, or an input file written by the program could not be read by it.
template <class T>
void goes_there_and_back() {
  T config;
  const std::string text = io::to_toml(config);
  T again = read<T>(text);
  EXPECT_EQ(io::to_toml(again), text);
  EXPECT_NO_THROW(config.validate());
}

TEST(OpticsConfig, DefaultsGoThereAndBack) {
  goes_there_and_back<AberrationsConfig>();
  goes_there_and_back<ProbeConfig>();
  goes_there_and_back<ObjectiveConfig>();
  goes_there_and_back<CoherenceConfig>();
  goes_there_and_back<DetectorConfig>();
  goes_there_and_back<ScanConfig>();
  goes_there_and_back<DoseConfig>();
}

TEST(OpticsConfig, KeysReachTheirNumbers) {
  const auto probe = read<ProbeConfig>(
      "energy = 300.0\nconvergence = 21.4\ntilt = [1.0, -2.0]\n"
      "[aberrations]\ndefocus = 85.0\nCs = 1.2\nC12 = 14.0\nphi12 = 30.0\nC56 = 1e7\nphi56 = -11.0\n");
  EXPECT_EQ(probe.energy, 300.0);
  EXPECT_EQ(probe.tilt[1], -2.0);
  EXPECT_EQ(probe.aberrations.defocus, 85.0);
  EXPECT_EQ(probe.aberrations.Cs, 1.2);
  EXPECT_EQ(probe.aberrations.C12, 14.0);
  EXPECT_EQ(probe.aberrations.phi12, 30.0);
  EXPECT_EQ(probe.aberrations.C56, 1e7);
  EXPECT_EQ(probe.aberrations.phi56, -11.0);
  const auto detector = read<DetectorConfig>("kind = \"segmented\"\ninner = 10.0\nouter = 20.0\nsegments = 8\n");
  EXPECT_EQ(detector.kind, "segmented");
  EXPECT_EQ(detector.segments, 8);
  EXPECT_EQ(read<ScanConfig>("points = [16, 12]\n").points, (std::vector<std::int64_t>{16, 12}));
  EXPECT_EQ(read<DoseConfig>("per_area = 2.5e4\n").per_area, 2.5e4);
}

TEST(OpticsConfig, WhatIsOutOfRangeIsRefused) {
  EXPECT_THROW(read<ProbeConfig>("convergence = -3.0\n"), ConfigError);
  EXPECT_THROW(read<ProbeConfig>("[aberrations]\nC3 = 1.0\n"), ConfigError);
  EXPECT_THROW(read<DetectorConfig>("kind = \"hadf\"\n"), ConfigError);
  EXPECT_THROW(read<ScanConfig>("points = [0, 5]\n"), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
