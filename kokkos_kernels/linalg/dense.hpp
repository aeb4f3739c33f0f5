// Dense matrix products and factorisations: OpenBLAS on the CPU, cuBLAS and cuSOLVER on the GPU, one interface.
//
// Matrices are row-major views of the execution space's memory; a sub-view of columns is allowed (stride(0) is
// honoured).
#pragma once

#include <string>

#include "kokkos_kernels/base/kokkos.hpp"
#include "kokkos_kernels/linalg/precision.hpp"

namespace locum::linalg {

template <class T>
using Matrix = Kokkos::View<T**, Kokkos::LayoutRight, MemorySpace>;
// What the routines take: any row stride.
template <class T>
using MatrixRef = Kokkos::View<T**, Kokkos::LayoutStride, MemorySpace, Kokkos::MemoryUnmanaged>;

enum class Op { none, transpose };

// c ← alpha op(a) op(b) + beta c. Throws ConfigError when the shapes do not fit. T is float or double.
template <class T>
void gemm(const ExecutionSpace& space, Op op_a, Op op_b, T alpha, MatrixRef<const T> a, MatrixRef<const T> b, T beta,
          MatrixRef<T> c);

// gemm for `batch` matrices a stride apart (in elements): committees of networks share one call.
template <class T>
void gemm_batched(const ExecutionSpace& space, Op op_a, Op op_b, int rows, int columns, int inner, T alpha, const T* a,
                  int row_stride_a, long stride_a, const T* b, int row_stride_b, long stride_b, T beta, T* c,
                  int row_stride_c, long stride_c, int batch);

// The same in float with operands of fewer bits, summed in float: the GPU's tensor cores, which round them on the way;
// on the CPU they are rounded and multiplied in float, so that the answer has the tensor cores' accuracy, not their
// speed.
void gemm_batched(const ExecutionSpace& space, Precision precision, Op op_a, Op op_b, int rows, int columns, int inner,
                  float alpha, const float* a, int row_stride_a, long stride_a, const float* b, int row_stride_b,
                  long stride_b, float beta, float* c, int row_stride_c, long stride_c, int batch);

// c ← alpha aᵀ a + beta c, both triangles written. a: (rows, n), c: (n, n).
template <class T>
void gram(const ExecutionSpace& space, T alpha, MatrixRef<const T> a, T beta, Matrix<T> c);
// The upper triangle alone, the diagonal with it; the lower one is neither read nor written. For sums of many products,
// of which one is mirrored at the end.
template <class T>
void gram_upper(const ExecutionSpace& space, T alpha, MatrixRef<const T> a, T beta, Matrix<T> c);

// Lower Cholesky factor in place (upper triangle left undefined). Throws NumericalError that names the failing pivot.
void cholesky(const ExecutionSpace& space, Matrix<double> a);
// x ← (L Lᵀ)⁻¹ x for the right-hand sides in the rows of x: (n_rhs, n).
void cholesky_solve(const ExecutionSpace& space, const Matrix<double>& factor, Matrix<double> x);
// x ← L⁻¹ x for the right-hand sides in the rows of x: (n_rhs, n); ‖·‖² of a row is then the posterior's form xᵀA⁻¹x.
void triangular_solve(const ExecutionSpace& space, const Matrix<double>& factor, Matrix<double> x);

// Threads that the CPU library may use in this process.
void set_threads(int count);
int threads();

// Name, version and kernels of the library that is linked, as it says them itself.
std::string library();

}  // namespace locum::linalg
