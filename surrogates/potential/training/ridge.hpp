// The linear part of the potential by weighted ridge regression on energies, forces and virials, in closed form.
//
// Normal equations are gathered frame by frame and kept: new labels are one more addition, and replaying old frames is
// exact. Columns: species × invariants, a constant for each species, and two nuisance constants (energy and pressure
// per atom) for each group of labels but the first: labels of another size or source may come from another k-point
// sampling or zero of energy, and the forces shall not bend to absorb that offset. Last column: the target.
#pragma once

#include <span>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/base/field_set.hpp"
#include "kokkos_kernels/linalg/dense.hpp"
#include "surrogates/potential/frame.hpp"
#include "surrogates/potential/invariants/device_model.hpp"
#include "surrogates/potential/potential_config.hpp"

namespace locum::potential {

class Ridge {
 public:
  Ridge(Context context, int species, int invariants, const TrainingConfig& config);

  // Declares a group of labels; the first one declared has no nuisance constants. Every rank, in the same order.
  void declare_group(std::int64_t group);
  int groups() const { return static_cast<int>(groups_.size()); }
  std::int64_t largest_group() const;   // −1: none has been declared
  int width() const { return width_; }  // of the design rows, target included

  // A frame with the species of each atom. What the core answers has been taken out of the label already.
  struct Labelled {
    const FrameLabel* label;
    const std::vector<int>* species;
  };
  // design: (Σ (3 n + 7), width()) with the rows of FeatureExtractor::design_rows of these frames; overwritten. This
  // rank's frames only.
  void add(const RowMajor<double**>& design, std::span<const Labelled> frames);
  void add(const RowMajor<double**>& design, const FrameLabel& label, const std::vector<int>& species);
  // Adds what the ranks have gathered since the last call. Collective.
  void commit();

  struct Solution {
    std::vector<double> linear;    // (species × invariants)
    std::vector<double> constant;  // (species), eV
  };
  // Weights that a solution is pulled to; strength: relative to the force norm of each column, as the ridge.
  struct Pull {
    double strength = 0.0;
    Solution to;
  };
  // ridge: relative to the force norm of each column; constants are as good as free, and stay those of `pull` where no
  // label has an energy. Throws NumericalError when the equations stay singular although the ridge has been raised a
  // thousandfold. The same on every rank.
  Solution solve(double ridge, const Pull& pull) const;
  Solution solve(double ridge) const { return solve(ridge, Pull{}); }
  // What labels of this group lie above the model, eV per atom; zero for the first group. After solve().
  struct Offset {
    double energy = 0.0, virial = 0.0;  // virial: each diagonal component
  };
  Offset group_offset(std::int64_t group) const;

  FieldSet state() const;
  void restore(const FieldSet& state);

 private:
  int linear_columns() const { return species_ * invariants_; }
  int constants() const { return linear_columns() + species_; }
  void resize();
  int place_of(std::int64_t group) const;  // throws ConfigError for one that was not declared
  struct RowWeights;
  RowWeights weights_of(const FrameLabel& label) const;

  Context context_;
  int species_, invariants_, width_ = 0;
  double energy_weight_, force_weight_, virial_weight_;
  std::vector<std::int64_t> groups_;
  linalg::Matrix<double> mine_;                         // this rank's since the last commit: the upper triangle
  std::vector<double> total_, force_norm_, mine_norm_;  // (width²) and (linear columns), of all ranks
  mutable std::vector<double> offsets_;                 // (2 × groups)
};

}  // namespace locum::potential
