#include "solvers/imaging/engines/hrtem.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/potential/slices.hpp"
#include "tests/unit/solvers/imaging/engines/scans.hpp"

namespace locum::imaging {
namespace {

using testing::configurations_of;
using testing::random_specimen;

HrtemSetup setup_for(const Grid& grid, double thickness) {
  HrtemSetup setup;
  setup.grid = grid;
  setup.edges = slice_edges(thickness, {.thickness = 1.5, .thicknesses = {}});
  return setup;
}

template <class T>
std::vector<std::complex<double>> wave_of(HrtemEngine<T>& engine, int configuration, int depth) {
  const auto host = host_copy(engine.exit_waves(configuration));
  std::vector<std::complex<double>> wave;
  for (int ix = 0; ix < engine.grid().nx; ++ix)
    for (int iy = 0; iy < engine.grid().ny; ++iy)
      wave.push_back({host(depth, ix, iy).real(), host(depth, ix, iy).imag()});
  return wave;
}

TEST(Hrtem, VacuumIsOneEverywhereAtEveryDepthAndFocus) {
  HrtemSetup setup = setup_for({60, 50, 9.0, 8.0}, 12.0);
  setup.depths = {0.0, 5.9};
  setup.objective.aberrations.defocus = 400.0;
  setup.objective.aberrations.Cs = 1.0;
  setup.objective.aperture = 20.0;
  setup.coherence.focal_spread = 40.0;
  setup.tilt = {3.0, -2.0};
  const Specimen vacuum{9.0, 8.0, 12.0, {}, {}, {}};
  for (const char* coherence : {"envelope", "sum"}) {
    setup.objective.coherence = coherence;
    HrtemEngine<double> engine({}, setup, {1, [vacuum](int) { return vacuum; }});
    engine.prepare();
    EXPECT_EQ(engine.depths(), (std::vector<double>{0.0, 6.0, 12.0}));
    for (const auto value : wave_of(engine, 0, 1)) EXPECT_NEAR(std::abs(value - 1.0), 0.0, 1e-12);
    const auto image = engine.image(0);
    ASSERT_EQ(image.size(), 3u * 60 * 50);
    for (const double value : image) EXPECT_NEAR(value, 1.0, 1e-12);
  }
}

TEST(Hrtem, WithoutALensTheImageIsTheExitWavesIntensity) {
  HrtemEngine<double> engine({}, setup_for({60, 50, 9.0, 8.0}, 9.0),
                             configurations_of(random_specimen(9.0, 8.0, 9.0, 30), 2));
  engine.prepare();
  for (const int c : {1, 0}) {
    const auto wave = wave_of(engine, c, 0);
    const auto image = engine.image(c);
    double mean = 0.0, contrast = 0.0;
    for (std::size_t k = 0; k < image.size(); ++k) {
      EXPECT_NEAR(image[k], std::norm(wave[k]), 1e-12);
      mean += image[k] / static_cast<double>(image.size());
      contrast += (image[k] - 1.0) * (image[k] - 1.0) / static_cast<double>(image.size());
    }
    EXPECT_LT(mean, 1.0);  // what the band limit takes
    EXPECT_GT(mean, 0.95);
    EXPECT_GT(contrast, 1e-3);
  }
}

// The wave inside a specimen is the exit wave of the part above it: slices do not know what comes after.
TEST(Hrtem, AWaveWithinIsTheExitWaveOfWhatIsAbove) {
  const auto specimen = random_specimen(9.0, 8.0, 9.0, 30);
  HrtemSetup whole = setup_for({48, 50, 9.0, 8.0}, 9.0), part = setup_for({48, 50, 9.0, 8.0}, 4.5);
  whole.potential.projection = part.potential.projection = "infinite";
  whole.depths = {4.4};
  Specimen above{9.0, 8.0, 4.5, {}, {}, {}};
  for (std::size_t a = 0; a < specimen.position.size(); ++a)
    if (specimen.position[a].z < 4.5) {
      above.position.push_back(specimen.position[a]);
      above.atomic_number.push_back(specimen.atomic_number[a]);
    }
  HrtemEngine<double> first({}, whole, {1, [specimen](int) { return specimen; }});
  HrtemEngine<double> second({}, part, {1, [above](int) { return above; }});
  first.prepare();
  second.prepare();
  EXPECT_EQ(first.depths(), (std::vector<double>{4.5, 9.0}));
  const auto a = wave_of(first, 0, 0), b = wave_of(second, 0, 0);
  for (std::size_t k = 0; k < a.size(); ++k) EXPECT_NEAR(std::abs(a[k] - b[k]), 0.0, 1e-11);
}

// Defocus images the plane at that distance before the exit: through vacuum behind the specimen it is where it was.
TEST(Hrtem, DefocusUndoesVacuumBehindTheSpecimen) {
  const auto specimen = random_specimen(9.0, 8.0, 4.5, 20);
  Specimen with_vacuum = specimen;
  with_vacuum.lz = 34.5;
  HrtemSetup thin = setup_for({48, 50, 9.0, 8.0}, 4.5), thick = setup_for({48, 50, 9.0, 8.0}, 34.5);
  thin.potential.projection = thick.potential.projection = "infinite";
  thick.objective.aberrations.defocus = 30.0;
  HrtemEngine<double> first({}, thin, {1, [specimen](int) { return specimen; }});
  HrtemEngine<double> second({}, thick, {1, [with_vacuum](int) { return with_vacuum; }});
  first.prepare();
  second.prepare();
  const auto a = first.image(0), b = second.image(0);
  for (std::size_t k = 0; k < a.size(); ++k) EXPECT_NEAR(a[k], b[k], 1e-11);
}

// For a weak specimen the envelope is the sum's linear term (Reimer and Kohl, section 6.4.2): one hydrogen atom.
TEST(Hrtem, EnvelopeAndSumOverFocusAgreeForAWeakSpecimen) {
  HrtemSetup setup = setup_for({60, 60, 9.0, 9.0}, 1.5);
  setup.objective.aberrations.defocus = 300.0;
  setup.objective.aperture = 24.0;  // where the spread's phase is 4.3 rad: the quadrature holds to √(2 · 15)
  setup.coherence.focal_spread = 60.0;
  setup.coherence.focal_points = 15;
  const Specimen specimen{9.0, 9.0, 1.5, {{4.0, 5.0, 0.7}}, {1}, {}};
  std::vector<std::vector<double>> images;
  for (const char* coherence : {"envelope", "sum"}) {
    setup.objective.coherence = coherence;
    HrtemEngine<double> engine({}, setup, {1, [specimen](int) { return specimen; }});
    engine.prepare();
    images.push_back(engine.image(0));
  }
  double contrast = 0.0, difference = 0.0;
  for (std::size_t k = 0; k < images[0].size(); ++k) {
    contrast = std::max(contrast, std::abs(images[0][k] - 1.0));
    difference = std::max(difference, std::abs(images[0][k] - images[1][k]));
  }
  EXPECT_GT(contrast, 1e-3);
  EXPECT_LT(difference, 0.02 * contrast);  // the square of a contrast of per cents
}

TEST(Hrtem, SingleAgreesWithDouble) {
  HrtemSetup setup = setup_for({60, 50, 9.0, 8.0}, 9.0);
  setup.objective.aberrations.defocus = 100.0;
  const auto configurations = configurations_of(random_specimen(9.0, 8.0, 9.0, 30), 1);
  HrtemEngine<float> single({}, setup, configurations);
  HrtemEngine<double> twice({}, setup, configurations);
  const auto a = single.image(0), b = twice.image(0);
  for (std::size_t k = 0; k < a.size(); ++k) EXPECT_NEAR(a[k], b[k], 3e-5);  // some 30 roundings of 1, in squares
  EXPECT_GT(single.memory().rank, 8.0 * 60 * 50);
  EXPECT_GT(twice.memory().rank, 1.4 * single.memory().rank);
}

TEST(Hrtem, RefusesDepthsOutsideOfTheSpecimen) {
  HrtemSetup setup = setup_for({48, 50, 9.0, 8.0}, 9.0);
  const auto configurations = configurations_of(random_specimen(9.0, 8.0, 9.0, 3), 1);
  for (const double depth : {-1.0, 9.5, std::nan("")}) {
    setup.depths = {depth};
    EXPECT_THROW(HrtemEngine<float>({}, setup, configurations), ConfigError) << depth;
  }
}

}  // namespace
}  // namespace locum::imaging
