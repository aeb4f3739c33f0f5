// Soft-whitened principal components of the invariants: x = Uᵀ z / √(w + ε w_max), z = (q − mean) / scale, (w, U) the
// leading eigenpairs of the correlation matrix. ε keeps directions that hardly vary from being blown up.
//
// Also the statistics of x, for the distance of an atom from the training set.
#pragma once

#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/base/field_set.hpp"
#include "kokkos_kernels/linalg/dense.hpp"
#include "surrogates/potential/invariants/device_model.hpp"
#include "surrogates/potential/neural_potential.hpp"

namespace locum::potential {

// Sums of rows and of their products, by species; for numbers of order one (after a shift).
class Moments {
 public:
  Moments(Context context, int species, int columns);
  // rows: (n, columns); species: of each row. This rank's only.
  void add(const RowMajor<double**>& rows, const std::vector<int>& species);
  void commit();  // collective
  double count(int species) const { return total_[species * stretch()]; }
  std::vector<double> mean(int species) const;
  std::vector<double> covariance(int species) const;  // (columns, columns)

  const std::vector<double>& total() const { return total_; }
  void restore(std::vector<double> total) { total_ = std::move(total); }

 private:
  int stretch() const { return 1 + columns_ + columns_ * columns_; }
  Context context_;
  int species_, columns_;
  std::vector<double> total_, mine_;  // for each species: count, sums (columns), products (columns²)
};

// Sets mean, scale and projection of a species. covariance: (M, M) of q.
void set_whitening(const Context& context, const PotentialConfig& config, const std::vector<double>& mean,
                   const std::vector<double>& covariance, SpeciesParameters& species);

// Sets center and metric from the moments of x: metric = inverse Cholesky factor of the covariance + 1 % of unit
// variance.
void set_distance(const std::vector<double>& mean, const std::vector<double>& covariance, SpeciesParameters& species);

// Sets frame_center and frame_metric from the moments of the frames' means of x. Where few frames hardly differ, the
// mean's own noise (variance of an atom / atoms in a frame) is what a new one may differ by.
void set_frame_distance(const std::vector<double>& mean, const std::vector<double>& covariance,
                        const std::vector<double>& atom_covariance, double atoms_per_frame, SpeciesParameters& species);

}  // namespace locum::potential
