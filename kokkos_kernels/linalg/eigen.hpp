// Symmetric and Hermitian eigenproblems: LAPACK on the CPU, cuSOLVER on the GPU.
#pragma once

#include <functional>
#include <memory>

#include "kokkos_kernels/linalg/dense.hpp"

namespace locum::linalg {

// Keeps its workspace between calls: a simulation solves the same size at each timestep.
class EigenSolver {
 public:
  EigenSolver();
  ~EigenSolver();
  // a: (n, n) symmetric, both triangles given, overwritten. values: (n), ascending. vectors: (≥ wanted, n): row k is
  // the eigenvector of values(k), for the lowest `wanted` ones only. Throws NumericalError when the algorithm fails.
  void symmetric(const ExecutionSpace& space, Matrix<double> a, View<double*> values, Matrix<double> vectors,
                 int wanted);
  // The same when the number of vectors follows from the values: `wanted` is called once, when these are known.
  using Wanted = std::function<int(const View<double*>& values)>;
  void symmetric(const ExecutionSpace& space, Matrix<double> a, View<double*> values, Matrix<double> vectors,
                 const Wanted& wanted);
  // a: (n, n) Hermitian. vectors as above.
  void hermitian(const ExecutionSpace& space, Matrix<Kokkos::complex<double>> a, View<double*> values,
                 Matrix<Kokkos::complex<double>> vectors, int wanted);

 private:
  struct Workspace;
  std::unique_ptr<Workspace> workspace_;
};

}  // namespace locum::linalg
