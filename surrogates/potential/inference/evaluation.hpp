// Runs the potential over the owned atoms of a rank, in double or single precision. Holds the workspace between calls.
#pragma once

#include <vector>

#include "solvers/api/atomistic.hpp"
#include "surrogates/potential/inference/evaluation_sums.hpp"
#include "surrogates/potential/inference/staged_evaluation.hpp"
#include "surrogates/potential/invariants/block_kernel.hpp"
#include "surrogates/potential/invariants/device_model.hpp"

namespace locum::potential {

// One kernel for all, a pack of atoms at a time: what suits a CPU, whose caches hold a block's workspace.
template <class P>
class FusedEvaluation {
 public:
  using Model = DeviceModelOf<typename P::Scalar>;

  // Fills atom_energy (n_local), force (n_local + n_ghost; what ghosts gathered is not yet with their owners), and
  // score where it is not empty. Energies, forces and virial are sums in double precision whatever P is. Throws
  // ConfigError for an unknown element.
  EvaluationSums run(const Model& model, const Configuration& input, const View<double* [3]>& force,
                     const View<double*>& atom_energy, const View<double*>& score);
  // Of the last run that wanted a score: sum_components(), row by row.
  std::vector<double> component_sums() const;

 private:
  template <int L>
  void launch(const Model& model, const BlockInput& in, const BlockOutput& out);

  BlockSchedule schedule_;
  BlockWorkspaceOf<P> workspace_;
  View<double* [6]> block_virial_;
  RowMajor<double**> block_components_, component_sums_;
};

// In stages on a GPU.
template <class T>
using Evaluation =
    std::conditional_t<device_is_host, FusedEvaluation<std::conditional_t<std::is_same_v<T, double>, Pack, SinglePack>>,
                       StagedEvaluation<T>>;

}  // namespace locum::potential
