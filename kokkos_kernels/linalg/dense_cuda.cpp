// The GPU twin of dense.hpp: cuBLAS and cuSOLVER on the stream of the execution space.
//
// Both read columns: a row-major product c = a b is the column-major product cᵀ = bᵀ aᵀ, and a row-major lower triangle
// is a column-major upper one.
#include "kokkos_kernels/linalg/checks.hpp"
#include "kokkos_kernels/linalg/cuda_handles.hpp"
#include "kokkos_kernels/linalg/dense.hpp"

namespace locum::linalg {
namespace {

// Making a handle takes milliseconds and device memory, and free functions have nowhere to keep one: each host thread
// has its own for as long as it lives. They hold no state but the stream, which is set at every call.
const BlasHandle& blas() {
  thread_local const BlasHandle handle;
  return handle;
}
const SolverHandle& solver() {
  thread_local const SolverHandle handle;
  return handle;
}

cublasOperation_t operation(Op op) { return op == Op::none ? CUBLAS_OP_N : CUBLAS_OP_T; }

// Operands stay in float in memory; the tensor cores' rounding happens on the way to them.
cublasComputeType_t compute_type(Precision precision) {
  switch (precision) {
    case Precision::tf32:
      return CUBLAS_COMPUTE_32F_FAST_TF32;
    case Precision::bf16:
      return CUBLAS_COMPUTE_32F_FAST_16BF;
    case Precision::fp16:
      return CUBLAS_COMPUTE_32F_FAST_16F;
    default:
      return CUBLAS_COMPUTE_32F;
  }
}

struct Strided {
  int row_stride;
  long stride;
};

void blas_gemm(cublasHandle_t handle, Op op_a, Op op_b, GemmShape s, double alpha, const double* a, Strided la,
               const double* b, Strided lb, double beta, double* c, Strided lc, int batch) {
  require(cublasDgemmStridedBatched(handle, operation(op_b), operation(op_a), s.columns, s.rows, s.inner, &alpha, b,
                                    lb.row_stride, lb.stride, a, la.row_stride, la.stride, &beta, c, lc.row_stride,
                                    lc.stride, batch),
          "cublasDgemmStridedBatched");
}
void blas_gemm(cublasHandle_t handle, Op op_a, Op op_b, GemmShape s, float alpha, const float* a, Strided la,
               const float* b, Strided lb, float beta, float* c, Strided lc, int batch) {
  require(cublasSgemmStridedBatched(handle, operation(op_b), operation(op_a), s.columns, s.rows, s.inner, &alpha, b,
                                    lb.row_stride, lb.stride, a, la.row_stride, la.stride, &beta, c, lc.row_stride,
                                    lc.stride, batch),
          "cublasSgemmStridedBatched");
}
void blas_syrk(cublasHandle_t handle, int n, int rows, double alpha, const double* a, int lda, double beta, double* c,
               int ldc) {
  require(cublasDsyrk(handle, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, n, rows, &alpha, a, lda, &beta, c, ldc),
          "cublasDsyrk");
}
void blas_syrk(cublasHandle_t handle, int n, int rows, float alpha, const float* a, int lda, float beta, float* c,
               int ldc) {
  require(cublasSsyrk(handle, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, n, rows, &alpha, a, lda, &beta, c, ldc),
          "cublasSsyrk");
}

int read(const ExecutionSpace& space, const View<int>& info) {
  int value = 0;
  Kokkos::deep_copy(space, value, info);
  space.fence();
  return value;
}

}  // namespace

template <class T>
void gemm(const ExecutionSpace& space, Op op_a, Op op_b, T alpha, MatrixRef<const T> a, MatrixRef<const T> b, T beta,
          MatrixRef<T> c) {
  const GemmShape shape = gemm_shape(op_a, op_b, a, b, c);
  if (shape.rows == 0 || shape.columns == 0) return;
  blas_gemm(blas().on(space), op_a, op_b, shape, alpha, a.data(), {row_stride(a), 0}, b.data(), {row_stride(b), 0},
            beta, c.data(), {row_stride(c), 0}, 1);
}

template <class T>
void gemm_batched(const ExecutionSpace& space, Op op_a, Op op_b, int rows, int columns, int inner, T alpha, const T* a,
                  int row_stride_a, long stride_a, const T* b, int row_stride_b, long stride_b, T beta, T* c,
                  int row_stride_c, long stride_c, int batch) {
  if (rows == 0 || columns == 0 || batch == 0) return;
  blas_gemm(blas().on(space), op_a, op_b, {rows, columns, inner}, alpha, a, {row_stride_a, stride_a}, b,
            {row_stride_b, stride_b}, beta, c, {row_stride_c, stride_c}, batch);
}

void gemm_batched(const ExecutionSpace& space, Precision precision, Op op_a, Op op_b, int rows, int columns, int inner,
                  float alpha, const float* a, int row_stride_a, long stride_a, const float* b, int row_stride_b,
                  long stride_b, float beta, float* c, int row_stride_c, long stride_c, int batch) {
  if (rows == 0 || columns == 0 || batch == 0) return;
  require(cublasGemmStridedBatchedEx(blas().on(space), operation(op_b), operation(op_a), columns, rows, inner, &alpha,
                                     b, CUDA_R_32F, row_stride_b, stride_b, a, CUDA_R_32F, row_stride_a, stride_a,
                                     &beta, c, CUDA_R_32F, row_stride_c, stride_c, batch, compute_type(precision),
                                     CUBLAS_GEMM_DEFAULT),
          "cublasGemmStridedBatchedEx");
}

template <class T>
void gram_upper(const ExecutionSpace& space, T alpha, MatrixRef<const T> a, T beta, Matrix<T> c) {
  require_square(c, a.extent(1), "the Gram matrix", "linalg::gram");
  require_unit_columns(a, "linalg::gram");
  if (c.extent(0) == 0) return;
  blas_syrk(blas().on(space), static_cast<int>(a.extent(1)), static_cast<int>(a.extent(0)), alpha, a.data(),
            row_stride(a), beta, c.data(), row_stride(c));
}

template <class T>
void gram(const ExecutionSpace& space, T alpha, MatrixRef<const T> a, T beta, Matrix<T> c) {
  gram_upper(space, alpha, a, beta, c);
  mirror_upper(space, c);
}

void cholesky(const ExecutionSpace& space, Matrix<double> a) {
  require_square(a, a.extent(0), "the matrix", "linalg::cholesky");
  const int n = static_cast<int>(a.extent(0)), lda = row_stride(a);
  if (n == 0) return;
  const auto handle = solver().on(space);
  int length = 0;
  require(cusolverDnDpotrf_bufferSize(handle, CUBLAS_FILL_MODE_UPPER, n, a.data(), lda, &length), "cusolverDnDpotrf");
  const View<double*> work(Kokkos::view_alloc(space, "cholesky_work", Kokkos::WithoutInitializing), length);
  const View<int> info("cholesky_info");
  require(cusolverDnDpotrf(handle, CUBLAS_FILL_MODE_UPPER, n, a.data(), lda, work.data(), length, info.data()),
          "cusolverDnDpotrf");
  if (const int pivot = read(space, info); pivot != 0) throw not_positive_definite(pivot, n);
}

void cholesky_solve(const ExecutionSpace& space, const Matrix<double>& factor, Matrix<double> x) {
  require_right_hand_sides(factor, x, "linalg::cholesky_solve");
  const int n = static_cast<int>(factor.extent(0)), count = static_cast<int>(x.extent(0));
  if (n == 0 || count == 0) return;
  const View<int> info("cholesky_solve_info");
  require(cusolverDnDpotrs(solver().on(space), CUBLAS_FILL_MODE_UPPER, n, count, factor.data(), row_stride(factor),
                           x.data(), row_stride(x), info.data()),
          "cusolverDnDpotrs");
  space.fence();  // `info` must outlive the kernel
}

void triangular_solve(const ExecutionSpace& space, const Matrix<double>& factor, Matrix<double> x) {
  require_right_hand_sides(factor, x, "linalg::triangular_solve");
  const int n = static_cast<int>(factor.extent(0)), count = static_cast<int>(x.extent(0));
  if (n == 0 || count == 0) return;
  const double one = 1.0;
  require(cublasDtrsm(blas().on(space), CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_UPPER, CUBLAS_OP_T, CUBLAS_DIAG_NON_UNIT, n,
                      count, &one, factor.data(), row_stride(factor), x.data(), row_stride(x)),
          "cublasDtrsm");
}

void set_threads(int) {}  // the GPU library has no threads of the host
int threads() { return 1; }
std::string library() { return "cuBLAS " + std::to_string(CUBLAS_VERSION); }

#define LOCUM_INSTANTIATE(T)                                                                                         \
  template void gemm<T>(const ExecutionSpace&, Op, Op, T, MatrixRef<const T>, MatrixRef<const T>, T, MatrixRef<T>);  \
  template void gemm_batched<T>(const ExecutionSpace&, Op, Op, int, int, int, T, const T*, int, long, const T*, int, \
                                long, T, T*, int, long, int);                                                        \
  template void gram<T>(const ExecutionSpace&, T, MatrixRef<const T>, T, Matrix<T>);                                 \
  template void gram_upper<T>(const ExecutionSpace&, T, MatrixRef<const T>, T, Matrix<T>)
LOCUM_INSTANTIATE(float);
LOCUM_INSTANTIATE(double);

}  // namespace locum::linalg
