// Runs the potential over the owned atoms of a rank, in double or single precision. Holds the workspace between calls.
#pragma once

#include "solvers/api/atomistic.hpp"
#include "surrogates/potential/block_kernel.hpp"
#include "surrogates/potential/device_model.hpp"

namespace locum::potential {

// This rank's part of the sums.
struct EvaluationSums {
  double energy = 0.0;  // eV
  Mat3 virial;          // −∂E/∂strain, eV
};

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

 private:
  template <int L>
  void launch(const Model& model, const BlockInput& in, const BlockOutput& out);

  BlockSchedule schedule_;
  BlockWorkspaceOf<P> workspace_;
  View<double* [6]> block_virial_;
};

template <class T>
using Evaluation = FusedEvaluation<std::conditional_t<std::is_same_v<T, double>, Pack, SinglePack>>;

// Energy and virial from those of the atoms and of `rows` blocks.
EvaluationSums sum_up(const View<double*>& atom_energy, int n_local, const View<double* [6]>& block_virial, int rows);

// Calls action(std::integral_constant<int, L>()) for the degree of a model.
template <class Action>
void with_degree(int l_max, const Action& action) {
  switch (l_max) {
    case 0:
      return action(std::integral_constant<int, 0>());
    case 1:
      return action(std::integral_constant<int, 1>());
    case 2:
      return action(std::integral_constant<int, 2>());
    case 3:
      return action(std::integral_constant<int, 3>());
    case 4:
      return action(std::integral_constant<int, 4>());
    default:
      return action(std::integral_constant<int, 5>());
  }
}

}  // namespace locum::potential
