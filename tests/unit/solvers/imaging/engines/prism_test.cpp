#include "solvers/imaging/engines/prism_engine.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/solvers/imaging/engines/scans.hpp"

namespace locum::imaging {
namespace {

using testing::configurations_of;
using testing::detector;
using testing::random_specimen;
using testing::Result;
using testing::scan_of;
using testing::setup_for;
using testing::some_positions;

template <class V>
double largest_difference(const V& a, const V& b) {
  EXPECT_EQ(a.size(), b.size());
  double most = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) most = std::max(most, std::abs(double(a[k]) - double(b[k])));
  return most;
}

template <class T>
void expect_equal_to_multislice(ScanSetup setup, double signal_bound, double pattern_bound) {
  setup.detectors.push_back(detector("pixelated"));
  const Context context{Communicator::world(), {}, 1};
  const auto configurations = configurations_of(random_specimen(setup.grid.lx, setup.grid.ly, 12.0, 60), 2);
  MultisliceEngine<T> multislice(context, setup, configurations);
  PrismConfig config;
  config.interpolation = {1, 1};
  PrismEngine<T> prism(context, setup, config, configurations);
  ASSERT_EQ(prism.channels(), multislice.channels());
  ASSERT_EQ(prism.pattern(), multislice.pattern());
  multislice.prepare();
  prism.prepare();
  const auto positions = some_positions(setup.grid, 11);
  for (const int c : {1, 0}) {
    const Result expected = scan_of(multislice, c, positions), found = scan_of(prism, c, positions);
    EXPECT_LT(largest_difference(found.signal, expected.signal), signal_bound);
    EXPECT_LT(largest_difference(found.pattern, expected.pattern), pattern_bound);
  }
}

// Channels are fractions of the beam (a centre of mass some pixels), a pattern's pixels at most some hundredths of it.
// 200 beams, each rounded along eight slices, are summed: 1e-5 is the reference's demand, double is at rounding.
TEST(Prism, WithoutInterpolationEqualsMultislice) {
  for (const auto& [nx, ny] : std::vector<std::array<int, 2>>{{64, 64}, {60, 70}, {63, 50}}) {
    const ScanSetup setup = setup_for({nx, ny, 0.14 * nx, 0.15 * ny}, 12.0);
    expect_equal_to_multislice<double>(setup, 1e-12, 1e-9);  // patterns are handed out in float
    expect_equal_to_multislice<float>(setup, 1e-5, 1e-6);
  }
}

TEST(Prism, FocalSpreadAndTiltAndAHardEdgeEqualMultisliceToo) {
  ScanSetup setup = setup_for({60, 64, 8.7, 9.1}, 12.0);
  setup.coherence.focal_spread = 30.0;
  setup.coherence.focal_points = 3;
  setup.probe.tilt = {4.0, -7.0};
  setup.probe.edge = "hard";
  expect_equal_to_multislice<double>(setup, 1e-12, 1e-9);
}

// The window of the whole cell holds everything: what another interpolation loses is the wave outside of its window
// and what comes in from its neighbours. In vacuum nothing is scattered and nothing lost.
TEST(Prism, InVacuumEveryInterpolationKeepsTheBeam) {
  ScanSetup setup = setup_for({96, 120, 14.4, 18.0}, 3.0);
  setup.detectors = {detector("annular", 0.0, 35.0), detector("bf")};
  setup.probe.aberrations = {};
  // The soft rim of the widest pixels, 7 mrad, ends at 28.5 mrad.
  const Specimen vacuum{14.4, 18.0, 3.0, {}, {}, {}};
  for (const std::vector<std::int64_t>& f : {std::vector<std::int64_t>{2, 2}, {1, 3}, {4, 1}}) {
    PrismConfig config;
    config.interpolation = f;
    PrismEngine<double> prism({}, setup, config, {1, [vacuum](int) { return vacuum; }});
    prism.prepare();
    const auto found = scan_of(prism, 0, {{7.2, 9.0}, {6.9, 10.1}});
    EXPECT_NEAR(found.signal[0], 1.0, 1e-12);
    EXPECT_NEAR(found.signal[2], 1.0, 1e-12);
  }
}

// Of the channels but the centre of mass, √(Σ(a − b)² / Σb²), worst of them.
double relative_rms(const Result& a, const Result& b, std::size_t channels) {
  double worst = 0.0;
  for (std::size_t c = 0; c < 3; ++c) {
    double square = 0.0, norm = 0.0;
    for (std::size_t n = c; n < a.signal.size(); n += channels) {
      square += (a.signal[n] - b.signal[n]) * (a.signal[n] - b.signal[n]);
      norm += b.signal[n] * b.signal[n];
    }
    worst = std::max(worst, std::sqrt(square / norm));
  }
  return worst;
}

// The wider the window the less is lost.
TEST(Prism, ItsErrorFallsWithTheWindow) {
  ScanSetup setup = setup_for({180, 180, 24.0, 24.0}, 8.0);
  setup.probe.aberrations = {};
  const auto configurations = configurations_of(random_specimen(24.0, 24.0, 8.0, 300), 1);
  MultisliceEngine<float> multislice({}, setup, configurations);
  multislice.prepare();
  const auto positions = some_positions(setup.grid, 20);
  const Result expected = scan_of(multislice, 0, positions);
  std::vector<double> error;
  for (const std::int64_t f : {3, 2, 1}) {
    PrismConfig config;
    config.interpolation = {f, f};
    PrismEngine<float> prism({}, setup, config, configurations);
    prism.prepare();
    EXPECT_EQ(prism.layout().window.nx, 180 / f);
    error.push_back(relative_rms(scan_of(prism, 0, positions), expected, static_cast<std::size_t>(prism.channels())));
  }
  // Windows of 8 and 12 Å: what an aperture of 25 mrad leaves outside of them is of the order of their side's inverse.
  EXPECT_LT(error[0], 0.08);
  EXPECT_LT(error[1], 0.7 * error[0]);
  EXPECT_LT(error[2], 1e-5);
}

TEST(Prism, AProbesBitsDoNotDependOnItsCompany) {
  const ScanSetup setup = setup_for({96, 100, 14.0, 14.3}, 6.0);
  PrismEngine<float> prism({}, setup, {}, configurations_of(random_specimen(14.0, 14.3, 6.0, 40), 1));
  prism.prepare();
  auto positions = some_positions(setup.grid, 75);
  positions.push_back({13.99, 14.29});  // windows across the corner of the cell
  positions.push_back({-0.4, 15.0});    // and probes outside of it
  const Result all = scan_of(prism, 0, positions);
  const std::size_t channels = static_cast<std::size_t>(prism.channels());
  for (std::size_t n = 0; n < positions.size(); n += 4) {
    const Result one = scan_of(prism, 0, {positions[n]});
    for (std::size_t c = 0; c < channels; ++c) EXPECT_EQ(one.signal[c], all.signal[n * channels + c]);
  }
  EXPECT_TRUE(scan_of(prism, 0, {}).signal.empty());
}

// A cell of two equal halves: probes a half apart see the same, through windows that wrap at different places.
TEST(Prism, WindowsWrapAroundTheCell) {
  ScanSetup setup = setup_for({96, 96, 14.0, 14.0}, 6.0);
  Specimen half = random_specimen(14.0, 7.0, 6.0, 20), whole = half;
  whole.ly = 14.0;
  for (std::size_t a = 0; a < 20; ++a) {
    whole.position.push_back({half.position[a].x, half.position[a].y + 7.0, half.position[a].z});
    whole.atomic_number.push_back(half.atomic_number[a]);
  }
  whole.rms_displacement.clear();
  PrismEngine<double> prism({}, setup, {}, {1, [whole](int) { return whole; }});
  prism.prepare();
  for (const double y : {0.3, 2.0, 5.1, 6.9}) {
    const Result found = scan_of(prism, 0, {{13.2, y}, {13.2, y + 7.0}});
    const std::size_t channels = static_cast<std::size_t>(prism.channels());
    for (std::size_t c = 0; c < channels; ++c) EXPECT_NEAR(found.signal[c], found.signal[channels + c], 1e-9);
  }
}

std::string message_of(const ScanSetup& setup, const std::vector<std::int64_t>& interpolation) {
  PrismConfig config;
  config.interpolation = interpolation;
  try {
    make_prism_layout(setup.grid, setup.probe, config);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(Prism, RefusesInterpolationsThatDoNotFit) {
  ScanSetup setup = setup_for({64, 60, 9.0, 9.1}, 6.0);
  setup.probe.aberrations = {};
  EXPECT_NE(message_of(setup, {3, 1}).find("72 × 60 points would do"), std::string::npos) << message_of(setup, {3, 1});
  EXPECT_NE(message_of(setup, {8, 10}).find("at most 5 × 6"), std::string::npos) << message_of(setup, {8, 10});
  EXPECT_NE(message_of(setup, {2}), "");
  EXPECT_NE(message_of(setup, {0, 1}), "");
  setup.probe.aberrations.defocus = 100.0;  // 2.5 Å of radius: more than half of 4.5 Å
  EXPECT_EQ(message_of(setup, {1, 1}), "");
  EXPECT_NE(message_of(setup, {2, 2}).find("geometric radius"), std::string::npos);
}

}  // namespace
}  // namespace locum::imaging
