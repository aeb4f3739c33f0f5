// Laws that the imaging solver has to keep, each on atoms and through the engines that a run uses.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <random>

#include "kokkos_kernels/base/units.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/hrtem.hpp"
#include "solvers/imaging/multislice_engine.hpp"
#include "solvers/imaging/scattering.hpp"
#include "solvers/imaging/slices.hpp"
#include "solvers/imaging/thermal.hpp"

namespace locum::imaging {
namespace {

using units::pi;

struct Site {
  int atomic_number;
  Vec3 at;  // fractions of the cell
};

const std::vector<Site> diamond = {{14, {0.0, 0.0, 0.0}},    {14, {0.5, 0.5, 0.0}},    {14, {0.5, 0.0, 0.5}},
                                   {14, {0.0, 0.5, 0.5}},    {14, {0.25, 0.25, 0.25}}, {14, {0.75, 0.75, 0.25}},
                                   {14, {0.75, 0.25, 0.75}}, {14, {0.25, 0.75, 0.75}}};
const std::vector<Site> perovskite = {
    {38, {0.0, 0.0, 0.0}}, {22, {0.5, 0.5, 0.5}}, {8, {0.5, 0.5, 0.0}}, {8, {0.5, 0.0, 0.5}}, {8, {0.0, 0.5, 0.5}}};

Specimen crystal(const std::vector<Site>& cell, double a, int across, int along, double rms = 0.0) {
  Specimen specimen{a * across, a * across, a * along, {}, {}, {}};
  for (int i = 0; i < across; ++i)
    for (int j = 0; j < across; ++j)
      for (int k = 0; k < along; ++k)
        for (const Site& site : cell) {
          specimen.position.push_back({a * (i + site.at.x), a * (j + site.at.y), a * (k + site.at.z)});
          specimen.atomic_number.push_back(site.atomic_number);
          if (rms > 0.0) specimen.rms_displacement.push_back(rms);
        }
  return specimen;
}

Specimen one_layer(double side, int atomic_number, int atoms, double rms = 0.0) {
  Specimen specimen{side, side, 1.0, {}, {}, {}};
  std::mt19937 random(11);
  std::uniform_real_distribution<double> uniform(0.0, side);
  for (int a = 0; a < atoms; ++a) {
    specimen.position.push_back({uniform(random), uniform(random), 0.5});
    specimen.atomic_number.push_back(atomic_number);
    if (rms > 0.0) specimen.rms_displacement.push_back(rms);
  }
  return specimen;
}

Configurations only(const Specimen& specimen) {
  return {1, [specimen](int) { return specimen; }};
}

DetectorConfig detector(const std::string& name, double inner, double outer) {
  DetectorConfig config;
  config.kind = "annular";
  config.name = name;
  config.inner = inner;
  config.outer = outer;
  return config;
}

ScanSetup setup_for(const Specimen& specimen, int points, double thickness) {
  ScanSetup setup;
  setup.grid = {points, points, specimen.lx, specimen.ly};
  setup.probe.convergence = 20.0;
  setup.edges = slice_edges(specimen.lz, {.thickness = thickness, .thicknesses = {}});
  setup.detectors = {detector("bf", 0.0, 15.0), detector("adf", 25.0, 45.0), detector("haadf", 45.0, 60.0)};
  return setup;
}

template <class T>
std::vector<double> signals(const ScanSetup& setup, const Specimen& specimen, const std::vector<Position>& positions) {
  MultisliceEngine<T> engine({}, setup, only(specimen));
  engine.prepare();
  std::vector<double> signal(positions.size() * static_cast<std::size_t>(engine.channels()));
  engine.scan(0, positions, signal, {});
  return signal;
}

// The pattern (n, n) of one probe, the beam's axis at n / 2.
std::vector<float> pattern_of(ScanSetup setup, const Specimen& specimen, Position position) {
  DetectorConfig pixels;
  pixels.kind = "pixelated";
  setup.detectors = {pixels};
  MultisliceEngine<double> engine({}, setup, only(specimen));
  engine.prepare();
  const auto [qx, qy] = engine.pattern();
  EXPECT_EQ(qx, qy);
  std::vector<float> pattern(static_cast<std::size_t>(qx) * static_cast<std::size_t>(qy));
  const std::vector<Position> here = {position};
  engine.scan(0, here, {}, pattern);
  return pattern;
}

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

// What is lost is what slices scatter beyond the band limit: less, the farther that lies. Rutherford's tail of the form
// factor leaves a share that falls with the square of the limit, here 1.8, 3.7 and 7.4 Å⁻¹.
TEST(ImagingLaws, TheNormIsConservedButForTheBandLimit) {
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
TEST(ImagingLaws, SlicesOfASixteenthOfSiliconsCellAreConverged) {
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

TEST(ImagingLaws, ASpecimenMovedByWholePixelsWithTheProbeGivesTheSameSignals) {
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
TEST(ImagingLaws, AProbeOnAColumnHasTheColumnsSymmetry) {
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

// Rounding of float along 27 slices and transforms of 90² points: some hundred roundings of 6e-8 of a channel.
TEST(ImagingLaws, SingleAgreesWithDouble) {
  const Specimen silicon = crystal(diamond, 5.431, 2, 5);
  const ScanSetup setup = setup_for(silicon, 90, 1.0);
  const std::vector<Position> positions = {{0.0, 0.0}, {1.1, 0.7}, {2.7, 2.7}};
  const auto single = signals<float>(setup, silicon, positions), twice = signals<double>(setup, silicon, positions);
  for (std::size_t k = 0; k < single.size(); ++k) EXPECT_NEAR(single[k] / twice[k], 1.0, 2e-5);
}

// A convergent-beam pattern is the scan of one position with every pixel kept: its pixels add up to the norm.
TEST(ImagingLaws, AConvergentBeamPatternAddsUpToTheNorm) {
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
