// What the fused and the staged evaluation share.
#pragma once

#include <type_traits>

#include "kokkos_kernels/base/cell.hpp"
#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::potential {

// This rank's part of the sums.
struct EvaluationSums {
  double energy = 0.0;  // eV
  Mat3 virial;          // −∂E/∂strain, eV
};

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
