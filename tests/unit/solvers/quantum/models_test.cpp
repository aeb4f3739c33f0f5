#include "solvers/quantum/models.hpp"

#include <gtest/gtest.h>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::quantum {
namespace {

// Coefficients as printed (reference page), in units of the last digit given there.
void expect_tail(const Radial& radial, const double (&printed)[4], double relative) {
  for (int k = 0; k < 4; ++k)
    EXPECT_NEAR(radial.tail[k], printed[k], relative * std::abs(printed[k])) << "coefficient " << k;
}

TEST(TightBindingModels, TailsAreThePrintedOnes) {
  const ModelParameters si = kwon_1994_silicon().parameters;
  expect_tail(si.shape[si.shape_of[ss_sigma]], {3.17229e-5, -7.21508e-4, 5.30131e-3, -1.26942e-2},
              2e-6);  // six digits printed
  expect_tail(si.shape[si.shape_of[sp_sigma]], {1.49092e-3, -1.82203e-2, 5.30362e-2, 1.62594e-2}, 4e-6);
  expect_tail(si.shape[si.shape_of[pp_sigma]], {1.03039e-2, -7.44898e-2, -0.276367, 2.12145}, 2e-6);
  expect_tail(si.shape[si.shape_of[pp_pi]], {1.03039e-2, -7.44898e-2, -0.276367, 2.12145}, 2e-6);
  expect_tail(si.repulsion_shape,
              {1.878970043092705e-11, -1.322056910835325e-9, 1.43237933661923e-8, -4.246818966596628e-8}, 1e-13);
  const ModelParameters c = xu_1992_carbon().parameters;
  // The parameters are printed to seven digits, the tail to fourteen: they differ in the eighth.
  expect_tail(c.shape[0], {6.7392620074314e-3, -8.1885359517898e-2, 0.1932365259144, 0.3542874332380}, 1e-7);
  const double phi0 = 8.18555;
  expect_tail(c.repulsion_shape,
              {2.2504290109e-8 / phi0, -1.4408640561e-6 / phi0, 2.1043303374e-5 / phi0, 6.6024390226e-5 / phi0}, 1e-8);
}

TEST(TightBindingModels, RadialFunctionsAreSmoothWhereTheTailBeginsAndEnds) {
  for (const auto& model : {kwon_1994_silicon(), xu_1992_carbon()}) {
    std::vector<Radial> functions(model.parameters.shape, model.parameters.shape + model.parameters.shapes);
    functions.push_back(model.parameters.repulsion_shape);
    for (const Radial& f : functions) {
      const double step = 1e-9;
      for (const double r : {f.tail_start, f.cutoff}) {
        const ValueAndSlope before = f(r - step), after = f(r + step);
        // Across a distance 2·step a smooth function changes by slope · 2 step.
        EXPECT_NEAR(after.value - before.value, 2.0 * step * before.slope, 1e-14);
        EXPECT_NEAR(after.slope, before.slope, 1e-7);
      }
      EXPECT_EQ(f(f.cutoff).value, 0.0);
      EXPECT_NEAR(f(f.scaling.r0).value, 1.0, 1e-14);
    }
  }
}

TEST(TightBindingModels, SlopesAreDerivatives) {
  for (const auto& model : {kwon_1994_silicon(), xu_1992_carbon()})
    for (const Radial& f : {model.parameters.shape[0], model.parameters.repulsion_shape})
      for (const double r : {0.8 * f.scaling.r0, f.scaling.r0, f.tail_start - 0.01, 0.5 * (f.tail_start + f.cutoff)}) {
        const double h = 1e-5, difference = (f(r + h).value - f(r - h).value) / (2.0 * h);
        EXPECT_NEAR(f(r).slope, difference, 1e-8 * std::abs(f(r).slope) + 1e-9);
      }
}

TEST(TightBindingModels, AnUnknownNameListsTheKnownOnes) {
  try {
    tight_binding_models().at("kwon-1994-ge");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("xu-1992-c"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace locum::quantum
