// The error of an answer that is no number: NaN, which an audit refuses, in every domain (ptychography's: beside it).
#include <gtest/gtest.h>

#include <cmath>

#include "solvers/api/atomistic.hpp"
#include "solvers/api/imaging.hpp"

using namespace locum;

namespace {

AtomisticResult forces(const Configuration& atoms, double of_the_second) {
  AtomisticResult result = Atomistic::make_output(atoms);
  const auto force_host = Kokkos::create_mirror_view(result.force);
  for (int i = 0; i < atoms.n_local; ++i)
    for (int c = 0; c < 3; ++c) force_host(i, c) = i == 1 ? of_the_second : 0.5;
  Kokkos::deep_copy(result.force, force_host);
  return result;
}

}  // namespace

TEST(StepError, OfAForceThatIsNoNumberIsNoNumber) {
  Configuration atoms;
  atoms.n_global = atoms.n_local = 3;
  const AtomisticResult truth = forces(atoms, 1.0);
  EXPECT_DOUBLE_EQ(Atomistic::error(atoms, truth, forces(atoms, 3.0), 0).largest, std::sqrt(12.0));
  const SampleError error = Atomistic::error(atoms, truth, forces(atoms, std::nan("")), 0);
  EXPECT_TRUE(std::isnan(error.mean_square));
  EXPECT_TRUE(std::isnan(error.largest));
}

TEST(StepError, OfASignalThatIsNoNumberIsNoNumber) {
  ProbeBatch probes;
  probes.position = {{0.0, 0.0}, {1.0, 0.0}};
  probes.scale = {0.5, 0.1};
  const DetectorSignals truth{{0.5, 0.1, 0.5, 0.1}}, answer{{0.5, 0.2, std::nan(""), 0.1}};
  EXPECT_DOUBLE_EQ(Imaging::error(probes, truth, answer, 0).largest, 1.0);
  const SampleError error = Imaging::error(probes, truth, answer, 1);
  EXPECT_TRUE(std::isnan(error.mean_square));
  EXPECT_TRUE(std::isnan(error.largest));
}
