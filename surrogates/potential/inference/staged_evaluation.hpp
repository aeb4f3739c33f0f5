// Runs the potential in stages (staged_kernel.hpp): what a GPU needs. On the host it is the same source with teams of
// one thread, for tests.
#pragma once

#include <vector>

#include "kokkos_kernels/linalg/dense.hpp"
#include "surrogates/potential/inference/evaluation_sums.hpp"
#include "surrogates/potential/inference/staged_kernel.hpp"

namespace locum::potential {

template <class T>
class StagedEvaluation {
 public:
  using Model = DeviceModelOf<T>;

  // memory: bytes of workspace; atoms are taken in chunks that fit, though never less than a tile.
  explicit StagedEvaluation(std::size_t memory = std::size_t{8} << 30) : memory_(memory) {}

  // As FusedEvaluation::run.
  EvaluationSums run(const Model& model, const Configuration& input, const View<double* [3]>& force,
                     const View<double*>& atom_energy, const View<double*>& score);
  // As FusedEvaluation::component_sums.
  std::vector<double> component_sums() const;

 private:
  template <int L>
  void launch(const Model& model, const BlockInput& in, const BlockOutput& out);
  // tiles: of the chunk that begins with first_tile.
  template <int L>
  void run_chunk(const StagedKernel<L, T>& kernel, int tiles);
  void extend_projection(const Model& model);
  template <class Product>
  void for_species(int first_tile, int tiles, const Product& product) const;
  void forward_product(const Model& model, int first_tile, int tiles) const;
  void backward_product(const Model& model, int first_tile, int tiles) const;

  std::size_t memory_;
  ExecutionSpace space_;
  BlockSchedule schedule_;
  BlockWorkspaceOf<PackOf<T, 1>> workspace_;
  StagedMatrices<T> matrices_;
  RowMajor<T***> extended_;  // (species, M, d + linear_columns): P and w
  View<double* [6]> virial_;
  RowMajor<double**> tile_components_, component_sums_;
};

}  // namespace locum::potential
