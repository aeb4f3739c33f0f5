#include "solvers/imaging/electron.hpp"

#include <gtest/gtest.h>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

// Values of ../shared/reference/multislice.md, to the digits given there.
TEST(Electron, WavelengthAndInteractionAreThePublishedOnes) {
  const struct {
    double energy, lambda, sigma;
  } known[] = {{60, 0.0486606, 1.135691e-3},
               {80, 0.0417572, 1.008707e-3},
               {100, 0.0370144, 9.243958e-4},
               {200, 0.0250793, 7.288401e-4},
               {300, 0.0196875, 6.526161e-4}};
  for (const auto& k : known) {
    EXPECT_NEAR(wavelength(k.energy), k.lambda, 0.5e-7);
    EXPECT_NEAR(interaction_parameter(k.energy), k.sigma, 0.5e-9);
  }
  EXPECT_NEAR(potential_constant(), 47.878, 0.5e-3);
}

TEST(Electron, AnEnergyOfNothingIsRefused) {
  EXPECT_THROW(wavelength(0.0), ConfigError);
  EXPECT_THROW(interaction_parameter(-80.0), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
