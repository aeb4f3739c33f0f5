// The solvers that an input file may name, for the atomistic step.
#pragma once

#include <memory>
#include <string>

#include "kokkos_kernels/base/context.hpp"
#include "solvers/api/atomistic.hpp"
#include "solvers/quantum/tight_binding.hpp"

namespace locum::apps {

struct SolverConfig {
  std::string type = "tight_binding";
  quantum::TightBindingConfig tight_binding;

  void visit(ConfigVisitor& v);
  void validate() const;
};

struct SolverStep {
  std::unique_ptr<AtomisticStep> step;
  double cutoff = 0.0;  // Å, how far its neighbour list must reach
};

// Collective over context.comm. An unknown type throws ConfigError that lists the known ones.
SolverStep make_solver(const Context& context, const SolverConfig& config);

}  // namespace locum::apps
