// Laws of waves: what multislice has to keep, whatever looks at its waves.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>

#include "kokkos_kernels/base/units.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/engines/hrtem.hpp"
#include "solvers/imaging/potential/scattering.hpp"
#include "solvers/imaging/potential/slices.hpp"
#include "solvers/imaging/specimen/thermal.hpp"
#include "tests/physics/imaging_specimens.hpp"

namespace locum::imaging {
namespace {

using testing::one_layer;
using testing::only;
using testing::pattern_of;
using testing::setup_for;
using units::pi;

// Reciprocal amplitudes behind a specimen under a plane wave of amplitude 1, (n, n) in the transform's order.
std::vector<std::complex<double>> diffraction(const Specimen& specimen, int points, double thickness, double energy,
                                              const Configurations& configurations, int configuration) {
  HrtemSetup setup;
  setup.grid = {points, points, specimen.lx, specimen.ly};
  setup.energy = energy;
  setup.edges = slice_edges(specimen.lz, {.thickness = thickness, .thicknesses = {}});
  HrtemEngine<double> engine({}, setup, configurations);
  engine.prepare();
  const fft::Waves<double>& waves = engine.exit_waves(configuration);
  const fft::Transform2d<double> plan(ExecutionSpace(), 1, points, points, fft::Effort::estimate);
  plan.forward(waves);
  const auto host = host_copy(waves);
  std::vector<std::complex<double>> result;
  for (int ix = 0; ix < points; ++ix)
    for (int iy = 0; iy < points; ++iy)
      result.push_back(std::complex<double>(host(0, ix, iy).real(), host(0, ix, iy).imag()) / double(points * points));
  return result;
}

double norm_of(const std::vector<std::complex<double>>& wave) {
  double sum = 0.0;
  for (const auto value : wave) sum += std::norm(value);
  return sum;
}

// ψ(0, z) / ψ(0, 0) = (1 − exp(−iw)) / iw with w = πλz K², the integral of the Fresnel phase over a disc of radius K:
// the intensity on the axis is sinc²(w/2). On the grid the disc has 38 pixels across and a soft rim, right to a
// thousandth.
TEST(ImagingLaws, AProbeSpreadsInVacuumAsTheIntegralOverItsApertureSays) {
  const Grid grid{150, 150, 24.0, 24.0};
  ProbeConfig probe;
  const double lambda = wavelength(probe.energy), edge = 1e-3 * probe.convergence / lambda;
  const auto focused = make_probe(grid, probe);
  std::complex<double> at_focus = 0.0;
  for (const auto value : focused) at_focus += value;
  for (const double z : {20.0, 60.0, 90.0}) {
    const std::vector<double> slices(10, z / 10.0);
    const auto waves = fft::Waves<double>("waves", 1, 150, 150);
    const auto device = to_device<double>(grid, focused, "probe");
    Kokkos::deep_copy(Kokkos::View<fft::Complex<double>**, Kokkos::LayoutRight, MemorySpace>(waves.data(), 150, 150),
                      device);
    Transmission<double> vacuum(ExecutionSpace(), grid, 1.0, 10);
    vacuum.fill(ExecutionSpace(), 0, Slices<double>("v", 10, 150, 150));
    Multislice<double>(ExecutionSpace(), grid, probe.energy, slices, {0.0, 0.0}, 1).run(vacuum, waves);
    const auto host = host_copy(waves);
    std::complex<double> found = 0.0;
    for (int k = 0; k < 150 * 150; ++k) found += std::complex<double>(host.data()[k].real(), host.data()[k].imag());
    const double w = pi * lambda * z * edge * edge;
    const std::complex<double> expected = (1.0 - std::polar(1.0, -w)) / std::complex<double>(0.0, w);
    EXPECT_NEAR(std::abs(found / at_focus - expected), 0.0, 5e-3) << z;
  }
}

// One slice whose transmission is all that happens: the pattern is |F[ψ0 exp(iσv)]|² within the band limit.
TEST(ImagingLaws, AThinSliceIsAPhaseObject) {
  const Specimen gold = one_layer(8.0, 79, 3);
  ScanSetup setup = setup_for(gold, 96, 1.0);
  const auto pattern = pattern_of(setup, gold, {3.0, 4.0});
  const Grid& grid = setup.grid;
  Slices<double> v("v", 1, 96, 96);
  ProjectedPotential<double> potential({}, grid, setup.edges, setup.potential, {79});
  potential.evaluate(gold, 0, 1, v);
  const auto v_host = host_copy(v);
  auto probe = make_probe(grid, setup.probe);
  const fft::Waves<double> waves("waves", 1, 96, 96);
  const auto host = Kokkos::create_mirror_view(waves);
  for (int ix = 0; ix < 96; ++ix)
    for (int iy = 0; iy < 96; ++iy) {
      const auto value = probe[static_cast<std::size_t>(ix * 96 + iy)] *
                         std::polar(1.0, -2.0 * pi * (grid.kx(ix) * 3.0 + grid.ky(iy) * 4.0));
      host(0, ix, iy) = fft::Complex<double>(value.real(), value.imag());
    }
  Kokkos::deep_copy(waves, host);
  const fft::Transform2d<double> plan(ExecutionSpace(), 1, 96, 96, fft::Effort::estimate);
  plan.inverse(waves);
  Kokkos::deep_copy(host, waves);
  const double sigma = interaction_parameter(setup.probe.energy);
  for (int ix = 0; ix < 96; ++ix)
    for (int iy = 0; iy < 96; ++iy) {
      const auto phase = std::polar(1.0, sigma * v_host(0, ix, iy));
      host(0, ix, iy) *= fft::Complex<double>(phase.real(), phase.imag());
    }
  Kokkos::deep_copy(waves, host);
  plan.forward(waves);
  Kokkos::deep_copy(host, waves);
  // The engine cuts the transmission function at the band limit before; what that changes inside the limit comes from
  // beyond it by a cone of 0.8 Å⁻¹: nothing for frequencies more than that below the limit.
  const int n = static_cast<int>(std::lround(std::sqrt(double(pattern.size()))));
  const double inner = grid.band_limit() - 1e-3 * 21.0 / wavelength(200.0) - 0.1;
  int compared = 0;
  for (int px = 0; px < n; ++px)
    for (int py = 0; py < n; ++py) {
      const int fx = px - n / 2, fy = py - n / 2;
      if (std::hypot(fx, fy) / 8.0 > inner) continue;
      const auto value = host(0, (fx + 96) % 96, (fy + 96) % 96);
      const double expected = value.real() * value.real() + value.imag() * value.imag();
      EXPECT_NEAR(pattern[static_cast<std::size_t>(px * n + py)], expected, 1e-8);  // patterns are in float, up to 5e-3
      ++compared;
    }
  EXPECT_GT(compared, 1000);
}

// First order of Born: ψ(k) = iσV(k)/(lx ly), V(k) = 47.878 V·Å² Σ f(k) exp(−2πi k·r), for two atoms. The second order
// is (σv)²/2 of the atoms' middle, where v is some 20 V·Å: a per cent there, less on the whole.
TEST(ImagingLaws, AWeakSpecimenDiffractsAsTheKinematicSumOverAtoms) {
  Specimen specimen{8.0, 8.0, 1.0, {{2.1, 3.3, 0.5}, {5.0, 3.9, 0.5}}, {1, 3}, {}};
  const int n = 96;
  const Grid grid{n, n, 8.0, 8.0};
  const auto wave = diffraction(specimen, n, 1.0, 300.0, only(specimen), 0);
  const double sigma = interaction_parameter(300.0);
  double difference = 0.0, total = 0.0;
  for (int ix = 0; ix < n; ++ix)
    for (int iy = 0; iy < n; ++iy) {
      const double kx = grid.kx(ix), ky = grid.ky(iy), k = std::hypot(kx, ky);
      if (k == 0.0 || k > 2.0) continue;
      std::complex<double> sum = 0.0;
      for (std::size_t a = 0; a < 2; ++a)
        sum += scattering_factor(scattering_terms(Parametrization::lobato, specimen.atomic_number[a]), k) *
               std::polar(1.0, -2.0 * pi * (kx * specimen.position[a].x + ky * specimen.position[a].y));
      const double expected = std::norm(sigma * potential_constant() * sum / 64.0);
      const double found = std::norm(wave[static_cast<std::size_t>(ix * n + iy)]);
      difference += (found - expected) * (found - expected);
      total += expected * expected;
    }
  EXPECT_LT(std::sqrt(difference / total), 0.01);
}

// Of a real potential, σ|V(k)| = σ|V(−k)|: a weak specimen's pattern has a centre of symmetry that the specimen has
// not. Thick gold has lost it.
TEST(ImagingLaws, OfAWeakPhaseObjectThePatternIsCentrosymmetric) {
  const auto asymmetry = [](const Specimen& specimen, double thickness) {
    const int n = 60;
    const auto wave = diffraction(specimen, n, thickness, 300.0, only(specimen), 0);
    double difference = 0.0, total = 0.0;
    for (int ix = 0; ix < n; ++ix)
      for (int iy = 0; iy < n; ++iy) {
        if (ix == 0 && iy == 0) continue;
        const double here = std::norm(wave[static_cast<std::size_t>(ix * n + iy)]),
                     there = std::norm(wave[static_cast<std::size_t>((n - ix) % n * n + (n - iy) % n)]);
        difference += std::abs(here - there);
        total += here;
      }
    return difference / total;
  };
  Specimen thick = one_layer(6.0, 79, 12);
  thick.lz = 40.0;
  for (std::size_t a = 0; a < 12; ++a) thick.position[a].z = 3.0 * static_cast<double>(a) + 2.0;
  const double weak = asymmetry(one_layer(6.0, 1, 6), 1.0), strong = asymmetry(thick, 2.0);
  EXPECT_LT(weak, 0.01);
  EXPECT_GT(strong, 0.2);
}

// Frozen phonons: the mean of the waves over configurations is the elastic wave, damped by exp(−B k²/4) with
// B = 8π²⟨u_x²⟩; the mean of the intensities is the norm all the same. The difference is diffuse scattering:
// intensities are summed, not waves. 64 configurations of 60 atoms leave a relative noise of 1/√64 times the damping's
// own spread.
TEST(ImagingLaws, FrozenPhononsDampTheMeanWaveAndKeepTheNorm) {
  const double rms = 0.12;
  const Specimen carbon = one_layer(8.0, 6, 60, rms);
  const Configurations thermal{64, [carbon](int c) { return displaced(carbon, 9, c); }};
  const int n = 60;
  const Grid grid{n, n, 8.0, 8.0};
  const auto still = diffraction(carbon, n, 1.0, 300.0, only(carbon), 0);
  std::vector<std::complex<double>> mean(still.size());
  double total = 0.0;
  for (int c = 0; c < 64; ++c) {
    const auto wave = diffraction(carbon, n, 1.0, 300.0, thermal, c);
    for (std::size_t k = 0; k < wave.size(); ++k) mean[k] += wave[k] / 64.0;
    total += norm_of(wave) / 64.0;
  }
  double above = 0.0, below = 0.0, expected_above = 0.0, diffuse = 0.0;
  for (int ix = 0; ix < n; ++ix)
    for (int iy = 0; iy < n; ++iy) {
      const double k = std::hypot(grid.kx(ix), grid.ky(iy));
      const double damping = std::exp(-b_from_rms(rms) * k * k / 4.0);
      const auto one = still[static_cast<std::size_t>(ix * n + iy)], m = mean[static_cast<std::size_t>(ix * n + iy)];
      diffuse += (1.0 - damping * damping) * std::norm(one);
      if (k < 0.5 || k > 1.5) continue;
      above += (m * std::conj(one)).real();
      expected_above += damping * std::norm(one);
      below += std::norm(one);
    }
  EXPECT_NEAR(above / expected_above, 1.0, 0.02);
  EXPECT_LT(expected_above / below, 0.9);
  EXPECT_NEAR(total, norm_of(still), 1e-4);
  // Diffuse scattering of independent atoms is theirs one by one, Σ f² (1 − exp(−B k²/2)); the still specimen's
  // interference is some 500 speckles about that, right to 1/√500; two such deviations and the second order.
  EXPECT_NEAR((total - norm_of(mean)) / diffuse, 1.0, 0.12);
}

}  // namespace
}  // namespace locum::imaging
