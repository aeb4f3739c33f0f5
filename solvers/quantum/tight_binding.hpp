// Tight binding as an atomistic step: the free energy of electrons in a minimal basis, its forces and virial.
//
//   A = 2 Σ_k w_k Σ_n f_kn ε_kn − T S + Σ_i F(Σ_j φ(r_ij))
//
// Models: solvers/quantum/models.hpp. Theory, with sources: docs/theory/tight-binding.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kokkos_kernels/base/config.hpp"
#include "kokkos_kernels/base/context.hpp"
#include "solvers/api/atomistic.hpp"

namespace locum::quantum {

struct TightBindingConfig {
  std::string model = "kwon-1994-si";              // see tight_binding_models()
  std::vector<std::int64_t> k_points = {1, 1, 1};  // divisions of the reciprocal cell
  std::string k_mesh = "monkhorst-pack";           // or "gamma-centred"
  double electronic_temperature = 300.0;           // K; zero fills from below
  int threads = 0;                                 // of the linear algebra library; 0: one for each rank of the node

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// Every rank of the input's communicator gets forces and energies of its own atoms, and the same scalars.
//
// One k-point is solved by the first rank, while the others sleep and lend it their cores; several are dealt out to the
// ranks. Per-atom energies: populations times on-site energies, half of each bond, F(x_i), and the entropy of the
// levels shared by the squares of their vectors.
class TightBinding : public AtomisticStep {
 public:
  // Collective over context.comm, which must be that of the inputs.
  TightBinding(const Context& context, const TightBindingConfig& config);
  ~TightBinding() override;

  std::string name() const override;
  double cutoff() const;      // Å; the neighbour list must reach as far
  int atomic_number() const;  // of the one element that the model knows
  // Throws ConfigError for an element that the model does not know or a list that is too short, NumericalError (on
  // every rank) when two atoms sit on one spot or the eigenproblem fails.
  void evaluate(const Configuration& input, std::span<const int> samples, AtomisticResult& output) override;

 private:
  struct Solver;
  std::unique_ptr<Solver> solver_;
};

}  // namespace locum::quantum
