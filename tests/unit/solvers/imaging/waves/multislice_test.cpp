#include "solvers/imaging/waves/multislice.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/electron.hpp"
#include "tests/unit/solvers/imaging/waves/waves.hpp"

namespace locum::imaging {
namespace {

using testing::Wave;

const double energy = 200.0;

// Three probes through slices of two thicknesses under a tilted beam, in batches of two, against the textbook's loop.
template <class T>
double difference_from_plain(const Grid& grid) {
  const std::vector<double> thickness = {2.0, 2.0, 1.3, 2.0};
  const std::array<double, 2> tilt = {3.0, -5.0};
  const auto potentials = testing::random_potentials(grid, 4, 12, 300.0);
  const auto transmission = testing::transmission_of<T>(grid, energy, potentials);
  std::vector<Wave> probes;
  for (const double x : {0.0, 1.7, 3.9}) probes.push_back(testing::make_probe(grid, energy, 18.0, x, 0.4 * x));
  const auto waves = testing::to_device<T>(grid, probes);
  const Multislice<T> multislice(ExecutionSpace(), grid, energy, thickness, tilt, 2);
  multislice.run(transmission, waves);
  const auto found = testing::to_host<T>(waves);
  double worst = 0.0;
  for (std::size_t n = 0; n < probes.size(); ++n)
    worst = std::max(worst, testing::distance(found[n], testing::plain_multislice(grid, energy, thickness, tilt,
                                                                                  potentials, probes[n])));
  return worst;
}

// Sizes with every radix, odd ones, unequal sides, and none a multiple of the tiles' width. A transform's rounding
// grows like the logarithm of its size; eight of them stay within some 30 roundings of double and of float.
TEST(Multislice, EqualsTheTextbooksLoopForEverySize) {
  for (const auto& [nx, ny] :
       std::vector<std::array<int, 2>>{{64, 64}, {48, 80}, {63, 50}, {72, 35}, {128, 96}, {54, 40}}) {
    const Grid grid{nx, ny, 0.11 * nx, 0.12 * ny};
    EXPECT_LT(difference_from_plain<double>(grid), 1e-14 * 30) << nx << " × " << ny;
    EXPECT_LT(difference_from_plain<float>(grid), 1.2e-7 * 30) << nx << " × " << ny;
  }
}

TEST(Multislice, VacuumKeepsTheNormAndTurnsThePhaseAsFresnelSays) {
  const Grid grid{96, 80, 9.6, 8.8};
  const std::vector<double> thickness(5, 4.0);
  const auto vacuum = testing::random_potentials(grid, 5, 0, 0.0);
  const auto transmission = testing::transmission_of<double>(grid, energy, vacuum);
  const Wave probe = testing::make_probe(grid, energy, 25.0, 2.0, 3.0);
  const auto waves = testing::to_device<double>(grid, {probe});
  Multislice<double>(ExecutionSpace(), grid, energy, thickness, {0.0, 0.0}, 1).run(transmission, waves);
  const Wave found = testing::to_host<double>(waves)[0];
  EXPECT_NEAR(testing::norm(found), 1.0, 1e-13);
  Wave expected = probe;
  const double lambda = wavelength(energy), pi = std::acos(-1.0);
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy)
      expected[static_cast<std::size_t>(ix * grid.ny + iy)] *=
          std::polar(1.0, -pi * lambda * 20.0 * (grid.kx(ix) * grid.kx(ix) + grid.ky(iy) * grid.ky(iy)));
  EXPECT_LT(testing::distance(found, expected), 1e-12);
}

// A specimen moved by whole pixels with the probe gives the same diffraction pattern.
TEST(Multislice, TranslationOfSpecimenAndProbeChangesNothing) {
  const Grid grid{64, 60, 7.0, 6.6};
  const auto potentials = testing::random_potentials(grid, 3, 10, 400.0);
  auto moved = potentials;
  for (std::size_t s = 0; s < 3; ++s)
    for (int ix = 0; ix < grid.nx; ++ix)
      for (int iy = 0; iy < grid.ny; ++iy)
        moved[s][static_cast<std::size_t>((ix + 7) % grid.nx * grid.ny + (iy + 11) % grid.ny)] =
            potentials[s][static_cast<std::size_t>(ix * grid.ny + iy)];
  const Multislice<double> multislice(ExecutionSpace(), grid, energy, {2.0, 2.0, 2.0}, {0.0, 0.0}, 1);
  const auto first = testing::to_device<double>(grid, {testing::make_probe(grid, energy, 20.0, 1.0, 1.0)});
  const auto second = testing::to_device<double>(
      grid, {testing::make_probe(grid, energy, 20.0, 1.0 + 7 * grid.dx(), 1.0 + 11 * grid.dy())});
  multislice.run(testing::transmission_of<double>(grid, energy, potentials), first);
  multislice.run(testing::transmission_of<double>(grid, energy, moved), second);
  const Wave a = testing::to_host<double>(first)[0], b = testing::to_host<double>(second)[0];
  for (std::size_t k = 0; k < a.size(); ++k) EXPECT_NEAR(std::norm(a[k]), std::norm(b[k]), 1e-13);
}

TEST(Multislice, AWavesResultDoesNotDependOnItsBatch) {
  const Grid grid{60, 54, 6.6, 6.1};
  const auto transmission =
      testing::transmission_of<float>(grid, energy, testing::random_potentials(grid, 3, 10, 400.0));
  std::vector<Wave> probes;
  for (int n = 0; n < 5; ++n) probes.push_back(testing::make_probe(grid, energy, 20.0, n, 0.5 * n));
  std::vector<std::vector<Wave>> found;
  for (const int batch : {1, 2, 5}) {
    const auto waves = testing::to_device<float>(grid, probes);
    Multislice<float>(ExecutionSpace(), grid, energy, {2.0, 2.0, 2.0}, {0.0, 0.0}, batch).run(transmission, waves);
    found.push_back(testing::to_host<float>(waves));
  }
  EXPECT_EQ(found[0], found[1]);
  EXPECT_EQ(found[0], found[2]);
}

TEST(Multislice, RefusesWhatItCannotTransform) {
  EXPECT_THROW(Multislice<float>(ExecutionSpace(), Grid{22, 64, 2.0, 6.0}, energy, {1.0}, {0.0, 0.0}, 1), ConfigError);
  EXPECT_THROW(Multislice<float>(ExecutionSpace(), Grid{64, 64, 6.0, 6.0}, energy, {1.0}, {0.0, 0.0}, 0), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
