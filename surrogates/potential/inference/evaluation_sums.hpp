// What the fused and the staged evaluation share.
#pragma once

#include <type_traits>

#include "kokkos_kernels/base/cell.hpp"
#include "kokkos_kernels/base/kokkos.hpp"
#include "surrogates/potential/invariants/block_schedule.hpp"
#include "surrogates/potential/invariants/device_model.hpp"

namespace locum::potential {

// This rank's part of the sums.
struct EvaluationSums {
  double energy = 0.0;  // eV
  Mat3 virial;          // −∂E/∂strain, eV
};

// Energy and virial from those of the atoms and of `rows` blocks.
EvaluationSums sum_up(const View<double*>& atom_energy, int n_local, const View<double* [6]>& block_virial, int rows);

// Room for at least so many rows; a little more, for the next time.
inline void fit_rows(RowMajor<double**>& view, const char* label, int rows, int columns) {
  if (view.extent_int(0) >= rows && view.extent_int(1) == columns) return;
  view = RowMajor<double**>(uninitialized(label), rows + rows / 8 + 1, columns);
}

// For each species of the owned atoms their number and the sums of x, (species, 1 + d), from the sums of x over each
// block of the schedule: (≥ n_blocks, d). Made anew where `sums` does not fit.
void sum_components(const ModelShape& model, const BlockSchedule& schedule, const RowMajor<double**>& block_components,
                    RowMajor<double**>& sums);

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
