// From bonds to energies, forces and virial: who solves which k-point, and how the answers come together.
#pragma once

#include <memory>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "solvers/quantum/bonds.hpp"
#include "solvers/quantum/core_loan.hpp"
#include "solvers/quantum/k_points.hpp"
#include "solvers/quantum/models.hpp"

namespace locum::quantum {

class Electrons {
 public:
  // Collective. thermal_energy: kT of the electrons, eV. threads: see CoreLoan.
  Electrons(const Context& context, const ModelParameters& model, std::vector<KPoint> mesh, double thermal_energy,
            int threads);
  ~Electrons();
  Electrons(Electrons&&) noexcept;

  // Collective; `bonds` the same on every rank. (atoms × 13) on every rank, in order of id: force (3, eV/Å), energy
  // (eV), share of the virial (9, eV). Throws NumericalError on every rank when one fails.
  std::vector<double> solve(const Communicator& comm, const BondTable& bonds, const Cell& cell);

 private:
  struct Workspace;
  std::vector<double> gamma(const BondTable& bonds);
  void solve_levels(const BondTable& bonds, const Cell& cell, const std::vector<int>& mine);
  std::vector<double> sum_levels(const Communicator& comm, const BondTable& bonds, const std::vector<int>& mine);

  ExecutionSpace space_;
  ModelParameters model_;
  std::vector<KPoint> mesh_;
  double thermal_energy_;
  CoreLoan loan_;
  std::unique_ptr<Workspace> work_;
};

}  // namespace locum::quantum
