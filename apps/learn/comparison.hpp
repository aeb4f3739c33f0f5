// The same stretch run twice from one state at constant energy, by the solver and by the surrogate: do they give the
// same physics? Radial distribution, mean square displacement, drift of the energy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/learn/learn_config.hpp"
#include "kokkos_kernels/base/context.hpp"

namespace locum::apps {

struct Observables {
  std::vector<double> rdf;            // g(r) at ComparisonResult::r
  std::vector<double> msd;            // Å², at ComparisonResult::time
  std::vector<double> energy_change;  // (E(t) − E(0)) per atom, eV, at ComparisonResult::time
  double drift = 0.0;                 // slope of the total energy, eV/atom/ps
  double temperature = 0.0;           // K, mean
  double seconds = 0.0;               // wall time
};

struct ComparisonResult {
  std::int64_t atoms = 0;
  std::vector<double> r;     // Å, centres of the bins
  std::vector<double> time;  // fs
  Observables solver, surrogate;
  double rdf_difference = 0.0;                   // largest |g_solver − g_surrogate|, as a share of the highest peak
  double msd_solver = 0.0, msd_surrogate = 0.0;  // Å², mean over the second half
};

// Collective over context.comm. solver_step and surrogate_step play the same role on the same structure.
ComparisonResult compare_dynamics(const Context& context, const ComparisonConfig& config, AtomisticStep& solver_step,
                                  AtomisticStep& surrogate_step, double step_cutoff);

}  // namespace locum::apps
