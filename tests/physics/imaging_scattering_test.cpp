// The finite projection against the potential itself, integrated by quadrature over a slice in real space.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <map>

#include "kokkos_kernels/base/units.hpp"
#include "solvers/imaging/potential/projected_potential.hpp"
#include "solvers/imaging/potential/scattering.hpp"
#include "solvers/imaging/specimen/crystal.hpp"

namespace locum::imaging {
namespace {

using units::pi;

// ∫ V(√(R² + z²)) dz from z0 to z1, V·Å. With z = R sinh t the integrand has no more peak: Simpson's rule in t.
double through_slice(const ScatteringTerms& atom, double radius, double z0, double z1) {
  const double t0 = std::asinh(z0 / radius), t1 = std::asinh(z1 / radius);
  const int n = 200;
  const double h = (t1 - t0) / n;
  double sum = 0.0;
  for (int m = 0; m <= n; ++m) {
    const double r = radius * std::cosh(t0 + m * h);
    sum += (m == 0 || m == n ? 1 : m % 2 ? 4 : 2) * atomic_potential(atom, r) * r;
  }
  return sum * h / 3.0;
}

// Its transform across the beam at frequency k, V·Å²: 2π ∫ v(R) J₀(2πkR) R dR, in steps of log R.
class SliceTransform {
 public:
  SliceTransform(const ScatteringTerms& atom, double z0, double z1) {
    const int n = 1600;
    const double first = std::log(1e-6), last = std::log(14.0);
    step_ = (last - first) / n;
    for (int m = 0; m <= n; ++m) {
      radius_.push_back(std::exp(first + m * step_));
      value_.push_back(through_slice(atom, radius_.back(), z0, z1) * (m == 0 || m == n ? 1 : m % 2 ? 4 : 2));
    }
  }
  double operator()(double k) const {
    double sum = 0.0;
    for (std::size_t m = 0; m < radius_.size(); ++m)
      sum += value_[m] * std::cyl_bessel_j(0.0, 2.0 * pi * k * radius_[m]) * radius_[m] * radius_[m];
    return 2.0 * pi * sum * step_ / 3.0;
  }

 private:
  double step_;
  std::vector<double> radius_, value_;
};

struct Comparison {
  double difference = 0.0, slice = 0.0, whole = 0.0;  // root mean squares over the plane, V·Å
};

// One atom in the middle of a cell, cut at `edges`: the slice `s` of the program against quadrature, at the grid's
// frequencies. (Parseval: the root mean square over points is the sum over frequencies.)
Comparison compare(Parametrization kind, int element, double z, const std::vector<double>& edges, int s,
                   const char* projection) {
  const Grid grid{36, 36, 8.0, 8.0};
  const auto atom = scattering_terms(kind, element);
  PotentialConfig config;
  config.parametrization = parametrization_names()[static_cast<std::size_t>(kind)];
  config.projection = projection;
  ProjectedPotential<double> potential(Context{}, grid, edges, config, {element});
  const Slices<double> v("v", 1, grid.nx, grid.ny);
  Specimen specimen{8.0, 8.0, edges.back(), {{4.0, 4.0, z}}, {element}, {}};
  potential.evaluate(specimen, s, 1, v);
  const auto host = host_copy(v);
  const SliceTransform exact(atom, edges[s] - z, edges[s + 1] - z), all(atom, -14.0, 14.0);
  std::map<int, std::pair<double, double>> known;  // by the square of the index: transforms of slice and atom
  Comparison result;
  for (int mx = -12; mx <= 12; ++mx)
    for (int my = -12; my <= 12; ++my) {
      const double k = std::hypot(mx, my) / grid.lx;
      if (2 * std::abs(mx) >= grid.nx || 2 * std::abs(my) >= grid.ny) continue;
      const auto [at, is_new] = known.try_emplace(mx * mx + my * my);
      if (is_new) at->second = {exact(k), all(k)};
      std::complex<double> found = 0.0;
      for (int ix = 0; ix < grid.nx; ++ix)
        for (int iy = 0; iy < grid.ny; ++iy)
          found += host(0, ix, iy) * std::polar(1.0, -2.0 * pi * (mx * (ix - 18) + my * (iy - 18)) / 36.0);
      found *= grid.dx() * grid.dy();
      result.difference += std::norm(found - at->second.first);
      result.slice += at->second.first * at->second.first;
      result.whole += at->second.second * at->second.second;
    }
  result.difference = std::sqrt(result.difference) / 64.0;
  result.slice = std::sqrt(result.slice) / 64.0;
  result.whole = std::sqrt(result.whole) / 64.0;
  return result;
}

// A slice has two edges, and at each the expansion errs by the tolerance of the whole atom at most, its tails by half
// as much on top: 3 × 5e-4. Slices: with the atom just inside, just outside, on an edge, and 0.6 Å away.
TEST(ImagingScattering, FiniteProjectionIsTheIntegralOverTheSlice) {
  for (const auto kind : {Parametrization::lobato, Parametrization::kirkland})
    for (const int element : {8, 14, 79})
      for (const double z : {6.05, 5.9, 7.3, 7.9}) {
        const auto c = compare(kind, element, z, {0.0, 6.0, 7.3, 16.0}, 1, "finite");
        EXPECT_LE(c.difference, 1.5e-3 * c.whole) << "element " << element << " at " << z;
        EXPECT_GT(c.slice, 5e-3 * c.whole);  // so that there is something to get right
      }
}

// The mean inner potential of silicon, free atoms: 47.878 V·Å² × 8 f(0) / a³ with f(0) of
// ../shared/reference/multislice.md, 13.95 V and, by the digits given, 3e-4 V.
TEST(ImagingScattering, SiliconOfFreeAtomsHasItsMeanInnerPotential) {
  CrystalConfig config;
  config.zone_axis = {1, 1, 0};
  config.repeat = {1, 1, 1};
  const auto silicon = oriented(config);
  const Grid grid{30, 24, silicon.lx, silicon.ly};
  for (const auto& [name, f_0] : {std::pair{"lobato", 5.8360}, std::pair{"kirkland", 5.8143}}) {
    PotentialConfig potential_config;
    potential_config.parametrization = name;
    ProjectedPotential<double> potential(Context{}, grid, {0.0, 0.5 * silicon.lz, silicon.lz}, potential_config, {14});
    const Slices<double> v("v", 2, grid.nx, grid.ny);
    potential.evaluate(silicon, 0, 2, v);
    const auto host = host_copy(v);
    double sum = 0.0;
    for (std::size_t k = 0; k < host.size(); ++k) sum += host.data()[k];
    EXPECT_NEAR(sum / (grid.nx * grid.ny) / silicon.lz, 47.878 * 8 * f_0 / std::pow(5.431, 3), 3e-4) << name;
  }
}

// What the option is there for: an atom near an edge is far from all in one slice.
TEST(ImagingScattering, InfiniteProjectionIsNot) {
  const auto c = compare(Parametrization::lobato, 14, 6.05, {0.0, 6.0, 7.3, 16.0}, 1, "infinite");
  EXPECT_GT(c.difference, 0.1 * c.whole);
}

}  // namespace
}  // namespace locum::imaging
