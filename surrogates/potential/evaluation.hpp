// Runs the potential over the owned atoms of a rank. Holds the workspace between calls.
#pragma once

#include <vector>

#include "solvers/api/atomistic.hpp"
#include "surrogates/potential/block_kernel.hpp"
#include "surrogates/potential/device_model.hpp"

namespace locum::potential {

class Evaluation {
 public:
  // This rank's part: fills atom_energy (n_local), force (n_local + n_ghost; what ghosts gathered is not yet with their
  // owners), and atom_score where `score` is not empty. Returns energy (eV) and virial (−∂E/∂strain, eV) of the owned
  // atoms. Throws ConfigError for an unknown element.
  struct Sums {
    double energy = 0.0;
    Mat3 virial;
  };
  Sums run(const DeviceModel& model, const Configuration& input, const View<double* [3]>& force,
           const View<double*>& atom_energy, const View<double*>& score);
  // Of the last run that wanted a score: for each species of the owned atoms their number and the sums of x,
  // (species × (1 + d)).
  std::vector<double> component_sums(const DeviceModel& model) const;

 private:
  template <int L>
  void launch(const DeviceModel& model, const BlockInput& in, const BlockOutput& out);

  BlockSchedule schedule_;
  BlockWorkspace workspace_;
  View<double* [6]> block_virial_;
  RowMajor<double**> block_components_;
};

}  // namespace locum::potential
