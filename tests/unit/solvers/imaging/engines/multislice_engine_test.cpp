#include "solvers/imaging/engines/multislice_engine.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/solvers/imaging/engines/silicon.hpp"

namespace locum::imaging {
namespace {

struct Answer {
  std::vector<double> signal;
  std::vector<float> pattern;
};

template <class T>
Answer answer(const Context& context, const ScanSetup& setup, const Configurations& configurations, int configuration,
              const std::vector<Position>& scan) {
  MultisliceEngine<T> engine(context, setup, configurations);
  engine.prepare();
  const auto [qx, qy] = engine.pattern();
  Answer a{std::vector<double>(scan.size() * static_cast<std::size_t>(engine.channels())),
           std::vector<float>(scan.size() * static_cast<std::size_t>(qx) * static_cast<std::size_t>(qy))};
  engine.scan(configuration, scan, a.signal, a.pattern);
  return a;
}

ScanSetup with_pattern(ScanSetup setup) {
  DetectorConfig pixels;
  pixels.kind = "pixelated";
  pixels.name = "pixels";
  pixels.bin = 3;
  setup.detectors.push_back(pixels);
  return setup;
}

TEST(MultisliceEngine, AnswersTheSameOnAnyNumberOfRanksKeptOrMadeAgain) {
  const Specimen specimen = testing::silicon_100(2, 2, 2, 0.08);
  ScanSetup setup = with_pattern(testing::microscope(specimen, 72, 1.4));
  const auto scan = testing::raster(3, 5.431);
  const Configurations configurations = testing::thermal(specimen, 3);
  Context everyone;
  everyone.comm = Communicator::world();
  const Answer alone = answer<float>(Context(), setup, configurations, 2, scan);
  const Answer together = answer<float>(everyone, setup, configurations, 2, scan);
  setup.memory = 1.0;
  setup.batch = 1;
  const Answer again = answer<float>(everyone, setup, configurations, 2, scan);
  EXPECT_EQ(alone.signal, together.signal);
  EXPECT_EQ(alone.pattern, together.pattern);
  EXPECT_EQ(alone.signal, again.signal);
  EXPECT_EQ(alone.pattern, again.pattern);
}

// Float rounds some 10 slices' transforms, 1e-7 each; signals are sums of squares.
TEST(MultisliceEngine, FloatAgreesWithDouble) {
  const Specimen specimen = testing::silicon_100(2, 2, 3, 0.08);
  const ScanSetup setup = testing::microscope(specimen, 80, 1.4);
  const auto scan = testing::raster(4, 5.431);
  const Answer single = answer<float>(Context(), setup, testing::thermal(specimen, 1), 0, scan);
  const Answer twice = answer<double>(Context(), setup, testing::thermal(specimen, 1), 0, scan);
  for (std::size_t k = 0; k < single.signal.size(); ++k)
    EXPECT_NEAR(single.signal[k], twice.signal[k], 2e-5 * twice.signal[k]);
}

// The detectors' sums and the pattern's pixels are of one wave: all pixels together are all there is.
TEST(MultisliceEngine, PatternsAddUpToTheBeam) {
  const Specimen specimen = testing::silicon_100(2, 2, 1, 0.0);
  ScanSetup setup = with_pattern(testing::microscope(specimen, 80, 1.4));
  setup.detectors.erase(setup.detectors.begin(), setup.detectors.begin() + 3);
  setup.detectors[0].bin = 1;
  const auto scan = testing::raster(2, 5.431);
  const Answer found = answer<double>(Context(), setup, testing::thermal(specimen, 1), 0, scan);
  const std::size_t pixels = found.pattern.size() / scan.size();
  for (std::size_t n = 0; n < scan.size(); ++n) {
    double sum = 0.0;
    for (std::size_t k = 0; k < pixels; ++k) sum += found.pattern[n * pixels + k];
    EXPECT_GT(sum, 0.99);  // what goes beyond the band limit is lost, and one cell of silicon scatters little
    EXPECT_LE(sum, 1.0 + 1e-5);
  }
}

// Averages over the focus must lie between those of the extreme foci where the signal is monotonic in it; here: the
// sharp probe on a column gives more high-angle signal than the one that is blurred by focal spread.
TEST(MultisliceEngine, FocalSpreadBlursTheProbe) {
  const Specimen specimen = testing::silicon_100(3, 3, 1, 0.0);
  ScanSetup setup = testing::microscope(specimen, 120, 1.4);
  const std::vector<Position> on_column = {{0.0, 0.0}};
  const Answer sharp = answer<float>(Context(), setup, testing::thermal(specimen, 1), 0, on_column);
  setup.coherence.focal_spread = 80.0;
  const Answer blurred = answer<float>(Context(), setup, testing::thermal(specimen, 1), 0, on_column);
  EXPECT_LT(blurred.signal[2], 0.95 * sharp.signal[2]);
  EXPECT_GT(blurred.signal[2], 0.1 * sharp.signal[2]);
}

TEST(MultisliceEngine, TellsWhatItWillHold) {
  const Specimen specimen = testing::silicon_100(2, 2, 2, 0.08);
  ScanSetup setup = testing::microscope(specimen, 72, 1.4);
  const double slices = static_cast<double>(setup.edges.size() - 1);
  const MultisliceEngine<float> kept(Context(), setup, testing::thermal(specimen, 5));
  EXPECT_GE(kept.memory().shared, 5 * slices * 72 * 72 * 8);
  setup.memory = 1e6;
  const MultisliceEngine<float> made_again(Context(), setup, testing::thermal(specimen, 5));
  EXPECT_EQ(made_again.memory().shared, 0.0);
  EXPECT_GE(made_again.memory().rank, slices * 72 * 72 * 8);
}

TEST(MultisliceEngine, RefusesRoomOfAnotherSize) {
  const Specimen specimen = testing::silicon_100(2, 2, 1, 0.0);
  MultisliceEngine<float> engine(Context(), testing::microscope(specimen, 72, 1.4), testing::thermal(specimen, 1));
  std::vector<double> signal(5);
  EXPECT_THROW(engine.scan(0, std::vector<Position>{{0.0, 0.0}}, signal, {}), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
