#include "solvers/imaging/potential/projected_potential.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <random>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/potential/scattering.hpp"
#include "solvers/imaging/potential/slices.hpp"

namespace locum::imaging {
namespace {

using units::pi;

Specimen random_specimen(double lx, double ly, double lz, int atoms) {
  Specimen specimen{lx, ly, lz, {}, {}, {}};
  std::mt19937 random(5);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  for (int i = 0; i < atoms; ++i) {
    specimen.position.push_back({lx * uniform(random), ly * uniform(random), lz * uniform(random)});
    specimen.atomic_number.push_back(i % 3 == 0 ? 79 : 8);
  }
  return specimen;
}

const std::vector<int> oxygen_and_gold = {8, 79};

PotentialConfig with_projection(const std::string& projection, const std::string& parametrization = "lobato") {
  PotentialConfig config;
  config.projection = projection;
  config.parametrization = parametrization;
  return config;
}

template <class T>
std::vector<double> all_slices(const Grid& grid, const std::vector<double>& edges, const PotentialConfig& config,
                               const Specimen& specimen) {
  ProjectedPotential<T> potential(Context{}, grid, edges, config, oxygen_and_gold);
  const Slices<T> v("v", potential.slices(), grid.nx, grid.ny);
  potential.evaluate(specimen, 0, potential.slices(), v);
  const auto host = host_copy(v);
  return std::vector<double>(host.data(), host.data() + host.size());
}

// One slice of everything, the definition written out: a sum over atoms and frequencies at every point.
std::vector<double> by_definition(const Grid& grid, const Specimen& specimen, Parametrization kind) {
  std::vector<double> v(static_cast<std::size_t>(grid.nx) * grid.ny, 0.0);
  for (int mx = -grid.nx / 2; mx <= grid.nx / 2; ++mx)
    for (int my = -grid.ny / 2; my <= grid.ny / 2; ++my) {
      const double kx = mx / grid.lx, ky = my / grid.ly, k = std::hypot(kx, ky);
      if (2 * std::abs(mx) >= grid.nx || 2 * std::abs(my) >= grid.ny) continue;
      std::complex<double> sum = 0.0;
      for (std::size_t j = 0; j < specimen.position.size(); ++j)
        sum += scattering_factor(scattering_terms(kind, specimen.atomic_number[j]), k) *
               std::polar(1.0, -2.0 * pi * (kx * specimen.position[j].x + ky * specimen.position[j].y));
      for (int ix = 0; ix < grid.nx; ++ix)
        for (int iy = 0; iy < grid.ny; ++iy)
          v[static_cast<std::size_t>(ix * grid.ny + iy)] +=
              potential_constant() / (grid.lx * grid.ly) *
              (sum * std::polar(1.0, 2.0 * pi * (double(mx * ix) / grid.nx + double(my * iy) / grid.ny))).real();
    }
  return v;
}

double largest(const std::vector<double>& v) {
  double most = 0.0;
  for (const double x : v) most = std::max(most, std::abs(x));
  return most;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  EXPECT_EQ(a.size(), b.size());
  double most = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) most = std::max(most, std::abs(a[k] - b[k]));
  return most;
}

std::vector<double> summed(const std::vector<double>& slices, std::size_t plane) {
  std::vector<double> sum(plane, 0.0);
  for (std::size_t k = 0; k < slices.size(); ++k) sum[k % plane] += slices[k];
  return sum;
}

TEST(ProjectedPotential, IsTheSumOverAtomsAndFrequencies) {
  const struct {
    Grid grid;
    int atoms;
  } cases[] = {{{27, 30, 7.0, 9.5}, 5}, {{33, 20, 6.0, 4.0}, 1}, {{32, 32, 8.0, 8.0}, 40}, {{16, 9, 3.0, 3.0}, 0}};
  for (const auto& c : cases)
    for (const char* kind : {"lobato", "kirkland"}) {
      const auto specimen = random_specimen(c.grid.lx, c.grid.ly, 3.0, c.atoms);
      const auto expected = by_definition(c.grid, specimen, parametrization(kind));
      const auto config = with_projection("infinite", kind);
      // Rounding of double and float through a transform; phases are exact to both.
      EXPECT_LE(largest_difference(all_slices<double>(c.grid, {0, 3}, config, specimen), expected),
                1e-12 * largest(expected));
      EXPECT_LE(largest_difference(all_slices<float>(c.grid, {0, 3}, config, specimen), expected),
                3e-6 * largest(expected));
    }
}

TEST(ProjectedPotential, SlicesOfTheFiniteProjectionAddUpToTheInfinite) {
  const Grid grid{40, 36, 9.0, 8.0};
  const auto specimen = random_specimen(9.0, 8.0, 10.0, 30);
  const auto edges = slice_edges(10.0, {.thickness = 0.7, .thicknesses = {}});
  const auto finite = all_slices<double>(grid, edges, with_projection("finite"), specimen);
  const auto infinite = all_slices<double>(grid, {0.0, 10.0}, with_projection("infinite"), specimen);
  EXPECT_LE(largest_difference(summed(finite, 40 * 36), infinite), 1e-12 * largest(infinite));
  const auto single = all_slices<float>(grid, edges, with_projection("finite"), specimen);
  EXPECT_LE(largest_difference(single, finite), 3e-6 * largest(finite));
}

TEST(ProjectedPotential, AnAtomOnAnEdgeIsHalfAboveAndHalfBelow) {
  const Grid grid{32, 32, 8.0, 8.0};
  Specimen specimen{8.0, 8.0, 12.0, {{4.0, 4.0, 6.0}}, {79}, {}};
  const auto finite = all_slices<double>(grid, {0.0, 6.0, 12.0}, with_projection("finite"), specimen);
  for (std::size_t k = 0; k < 32 * 32; ++k) EXPECT_NEAR(finite[k], finite[1024 + k], 1e-12 * largest(finite));
  const auto infinite = all_slices<double>(grid, {0.0, 6.0, 12.0}, with_projection("infinite"), specimen);
  for (std::size_t k = 0; k < 32 * 32; ++k) EXPECT_EQ(infinite[k], 0.0);
}

TEST(ProjectedPotential, AtomsOutsideTheSlabCountToTheFirstAndLastSlice) {
  const Grid grid{24, 24, 6.0, 6.0};
  Specimen specimen{6.0, 6.0, 4.0, {{1.0, 1.0, -0.3}, {3.0, 2.0, 4.2}}, {8, 79}, {}};
  for (const char* projection : {"finite", "infinite"}) {
    const auto v = all_slices<double>(grid, {0.0, 2.0, 4.0}, with_projection(projection), specimen);
    const auto whole = by_definition(grid, specimen, Parametrization::lobato);
    EXPECT_LE(largest_difference(summed(v, 576), whole), 1e-12 * largest(whole));
  }
}

TEST(ProjectedPotential, ASlicesBitsDoNotDependOnWhichOthersAreAskedFor) {
  const Grid grid{30, 30, 8.0, 8.0};
  const auto specimen = random_specimen(8.0, 8.0, 12.0, 60);
  const auto edges = slice_edges(12.0, {});
  const auto all = all_slices<float>(grid, edges, with_projection("finite"), specimen);
  ProjectedPotential<float> potential(Context{}, grid, edges, with_projection("finite"), oxygen_and_gold);
  for (const int first : {0, 5, 10}) {
    const Slices<float> v("v", 3, 30, 30);
    potential.evaluate(specimen, first, 2, v);
    const auto host = host_copy(v);
    for (std::size_t k = 0; k < 1800; ++k) ASSERT_EQ(host.data()[k], static_cast<float>(all[first * 900 + k]));
    for (std::size_t k = 1800; k < 2700; ++k) ASSERT_EQ(host.data()[k], 0.0f);
  }
}

TEST(ProjectedPotential, ATranslationByWholePixelsMovesTheArray) {
  const Grid grid{36, 30, 9.0, 6.0};
  auto specimen = random_specimen(9.0, 6.0, 4.0, 20);
  const auto edges = slice_edges(4.0, {});
  const auto before = all_slices<double>(grid, edges, with_projection("finite"), specimen);
  for (auto& r : specimen.position) r = r + Vec3{5 * grid.dx(), -7 * grid.dy(), 0.0};
  const auto after = all_slices<double>(grid, edges, with_projection("finite"), specimen);
  double worst = 0.0;
  for (int s = 0; s < 4; ++s)
    for (int ix = 0; ix < 36; ++ix)
      for (int iy = 0; iy < 30; ++iy)
        worst = std::max(
            worst, std::abs(before[(s * 36 + ix) * 30 + iy] - after[(s * 36 + (ix + 5) % 36) * 30 + (iy + 23) % 30]));
  EXPECT_LE(worst, 1e-11 * largest(before));  // positions round at 1e-16 of the cell, the phases 18 times that
}

TEST(ProjectedPotential, ItsCostIsForecast) {
  const Grid grid{256, 256, 27.155, 27.155};
  const auto few = random_specimen(27.155, 27.155, 54.3, 100), many = random_specimen(27.155, 27.155, 54.3, 2000);
  const auto edges = slice_edges(54.3, {.thickness = 1.3577499, .thicknesses = {}});
  const auto small = potential_cost(grid, edges, {}, few, 4), large = potential_cost(grid, edges, {}, many, 4);
  // Each atom is in one slice at least with each of at least three components: 2 (2 × 86)² operations each time; and
  // within 3 Å, five slices, of a dozen components at most.
  EXPECT_GT(large.operations, 2000 * 3 * 2.0 * 172 * 172);
  EXPECT_LT(large.operations, 2000 * 60 * 2.0 * 172 * 172);
  EXPECT_GT(large.operations, 2.0 * small.operations);
  EXPECT_GT(large.bytes, small.bytes);
  EXPECT_GT(potential_cost(grid, edges, {}, many, 8).bytes, 1.9 * large.bytes);
}

TEST(ProjectedPotential, WhatDoesNotFitIsRefused) {
  const Grid grid{24, 24, 6.0, 6.0};
  EXPECT_THROW(ProjectedPotential<float>(Context{}, grid, {0.0}, {}, {14}), ConfigError);
  EXPECT_THROW(ProjectedPotential<float>(Context{}, grid, {0.0, 2.0, 2.0}, {}, {14}), ConfigError);
  EXPECT_THROW(ProjectedPotential<float>(Context{}, grid, {0.0, 2.0}, {}, {104}), ConfigError);
  EXPECT_THROW(ProjectedPotential<float>(Context{}, {0, 24, 6.0, 6.0}, {0.0, 2.0}, {}, {14}), ConfigError);
  EXPECT_THROW(ProjectedPotential<float>(Context{}, grid, {0.0, 2.0}, with_projection("half"), {14}), ConfigError);
  ProjectedPotential<float> potential(Context{}, grid, {0.0, 2.0}, {}, {14});
  const Slices<float> v("v", 1, 24, 24), narrow("narrow", 1, 24, 20);
  Specimen specimen{6.0, 6.0, 2.0, {{1.0, 1.0, 1.0}}, {14}, {}};
  EXPECT_NO_THROW(potential.evaluate(specimen, 0, 1, v));
  EXPECT_THROW(potential.evaluate(specimen, 0, 2, v), ConfigError);
  EXPECT_THROW(potential.evaluate(specimen, 0, 1, narrow), ConfigError);
  auto wrong = specimen;
  wrong.lx = 6.1;
  EXPECT_THROW(potential.evaluate(wrong, 0, 1, v), ConfigError);
  wrong = specimen;
  wrong.atomic_number = {8};
  EXPECT_THROW(potential.evaluate(wrong, 0, 1, v), ConfigError);
  wrong = specimen;
  wrong.position[0].z = std::nan("");
  EXPECT_THROW(potential.evaluate(wrong, 0, 1, v), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
