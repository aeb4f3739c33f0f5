#include "solvers/imaging/potential/scattering.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/potential/scattering_depth.hpp"
#include "solvers/imaging/potential/scattering_tables.hpp"

namespace locum::imaging {
namespace {

using units::pi;

// Values of ../shared/reference/multislice.md, to the digits given there.
TEST(Scattering, FactorsAreThePublishedOnes) {
  const struct {
    const char* element;
    double lobato_0, kirkland_0, lobato_1, kirkland_1;
  } known[] = {{"C", 2.5097, 2.5114, 0.4128, 0.4127},    {"O", 2.0291, 1.9897, 0.5427, 0.5421},
               {"Si", 5.8360, 5.8143, 0.7429, 0.7423},   {"Ti", 8.7797, 8.7400, 1.2223, 1.2294},
               {"Sr", 13.1099, 13.0552, 1.7420, 1.7284}, {"Au", 10.5758, 10.5534, 3.0655, 3.0708}};
  for (const auto& k : known) {
    const auto lobato = scattering_terms(Parametrization::lobato, atomic_number(k.element));
    const auto kirkland = scattering_terms(Parametrization::kirkland, atomic_number(k.element));
    EXPECT_NEAR(scattering_factor(lobato, 0.0), k.lobato_0, 0.51e-4) << k.element;
    EXPECT_NEAR(scattering_factor(lobato, 1.0), k.lobato_1, 0.51e-4) << k.element;
    EXPECT_NEAR(scattering_factor(kirkland, 0.0), k.kirkland_0, 0.51e-4) << k.element;
    EXPECT_NEAR(scattering_factor(kirkland, 1.0), k.kirkland_1, 0.51e-4) << k.element;
  }
}

// Where the published files lie beside the repository; whoever builds elsewhere goes without this test.
std::vector<std::vector<double>> published(const std::string& name) {
  std::vector<std::vector<double>> rows;
  for (const char* folder : {"/../shared/data/scattering/", "/../../shared/data/scattering/"}) {
    std::ifstream file(LOCUM_SOURCE_DIR + std::string(folder) + name);
    std::string line, cell;
    std::getline(file, line);
    while (std::getline(file, line)) {
      std::istringstream cells(line);
      std::getline(cells, cell, ',');
      EXPECT_EQ(cell, element_symbol(static_cast<int>(rows.size()) + 1));
      rows.emplace_back();
      while (std::getline(cells, cell, ',')) rows.back().push_back(std::stod(cell));
    }
    if (!rows.empty()) break;
  }
  return rows;
}

TEST(Scattering, TablesAreThePublishedFiles) {
  const auto lobato = published("lobato.csv"), kirkland = published("kirkland.csv");
  if (lobato.empty() || kirkland.empty()) GTEST_SKIP() << "../shared/data/scattering is not there";
  ASSERT_EQ(lobato.size(), 103u);
  ASSERT_EQ(kirkland.size(), 103u);
  for (std::size_t e = 0; e < 103; ++e) {
    for (std::size_t t = 0; t < 5; ++t) {
      EXPECT_EQ(lobato_table[e].a[t], lobato[e].at(t));
      EXPECT_EQ(lobato_table[e].b[t], lobato[e].at(5 + t));
    }
    for (std::size_t t = 0; t < 3; ++t) {
      EXPECT_EQ(kirkland_table[e].a[t], kirkland[e].at(t));
      EXPECT_EQ(kirkland_table[e].b[t], kirkland[e].at(3 + t));
      EXPECT_EQ(kirkland_table[e].c[t], kirkland[e].at(6 + t));
      EXPECT_EQ(kirkland_table[e].d[t], kirkland[e].at(9 + t));
    }
  }
}

// Mott and Bethe: at large k only the nucleus is left, f → Z / (2π² a₀ k²) of charge Z at the non-relativistic mass.
// Lobato's terms keep that law by their construction, Kirkland's were fitted up to 12 Å⁻¹.
TEST(Scattering, FarOutOnlyTheNucleusScatters) {
  for (const int z : {6, 14, 38, 79}) {
    const double f = scattering_factor(scattering_terms(Parametrization::lobato, z), 40.0);
    // 2 %: what the innermost electrons of gold still screen at 40 Å⁻¹.
    EXPECT_NEAR(f * 1600.0 * 2.0 * pi * pi * 0.529177 / z, 1.0, 0.02) << z;
  }
}

// The transform along the beam by Simpson's rule: ∫_0^z g dz' = ∫ f(√(k² + κ²)) sin(2πκz) / πκ dκ over κ > 0.
TEST(Scattering, DepthTailIsTheTransformAlongTheBeam) {
  for (const auto kind : {Parametrization::lobato, Parametrization::kirkland})
    for (const int element : {6, 79})
      for (const double k : {0.0, 0.4, 1.7})
        for (const double z : {0.1, 0.8}) {
          const auto atom = scattering_terms(kind, element);
          const int n = 400000;
          const double end = 200.0, h = end / n;
          double sum = 0.0;
          for (int m = 0; m <= n; ++m) {
            const double kappa = m * h;
            const double kernel = m == 0 ? 2.0 * z : std::sin(2.0 * pi * kappa * z) / (pi * kappa);
            sum += (m == 0 || m == n ? 1 : m % 2 ? 4 : 2) * kernel * scattering_factor(atom, std::hypot(k, kappa));
          }
          const double inside = depth_tail(atom, k, 0.0) - depth_tail(atom, k, z);
          // Beyond the end f κ² is Z / (2π² a₀) < 8: the rest of the integral is below 8 / (2π² end³ z) = 5e-7.
          EXPECT_NEAR(inside, sum * h / 3.0, 1e-6) << element << " " << k << " " << z;
          EXPECT_NEAR(depth_tail(atom, k, 0.0), 0.5 * scattering_factor(atom, k), 1e-12);
        }
}

// The promised tolerance on other nodes than those of the fit, for every element; and the parts add up to f.
TEST(Scattering, EveryElementSeparatesWithinTheTolerance) {
  for (const auto kind : {Parametrization::lobato, Parametrization::kirkland})
    for (int z = 1; z <= 103; ++z) {
      const auto atom = scattering_terms(kind, z);
      const double largest = z % 2 ? 3.1 : 8.0, tolerance = 5e-4;
      const SeparatedFormFactor separated(atom, largest, tolerance);
      const std::size_t n = separated.profiles().size();
      EXPECT_LE(n, 9u) << z;
      EXPECT_LE(separated.error(), tolerance);
      for (const double depth : {0.01, 0.05, 0.13, 0.3, 0.7, 1.3, 2.9, 5.0}) {
        double wrong = 0.0, all = 0.0;
        for (double k = 0.013; k < largest; k += 0.027) {
          std::vector<double> part(n);
          separated.parts(k, part.data());
          double value = 0.0, sum = 0.0;
          for (std::size_t c = 0; c < n; ++c) {
            value += part[c] * separated.profiles()[c](depth);
            sum += part[c];
          }
          const double f = scattering_factor(atom, k);
          ASSERT_NEAR(sum, f, 1e-12 * (1.0 + f));
          wrong += k * std::pow(value - (0.5 * f - depth_tail(atom, k, depth)), 2);
          all += k * f * f;
        }
        // 1.3: the tails cut at each component's reach come on top of the fit, a quarter of the tolerance each.
        EXPECT_LE(std::sqrt(wrong / all), 1.3 * tolerance) << z << " at " << depth;
      }
    }
}

TEST(Scattering, AnElementWithoutCoefficientsIsNamed) {
  try {
    scattering_terms(Parametrization::kirkland, 104);
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_NE(std::string(e.what()).find("104"), std::string::npos);
    EXPECT_NE(std::string(e.what()).find("103"), std::string::npos);
  }
  EXPECT_THROW(scattering_terms(Parametrization::lobato, 0), ConfigError);
  EXPECT_THROW(parametrization("lobatto"), ConfigError);
  EXPECT_EQ(parametrization("kirkland"), Parametrization::kirkland);
}

}  // namespace
}  // namespace locum::imaging
