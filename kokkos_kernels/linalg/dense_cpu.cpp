// The CPU twin of dense.hpp: CBLAS and LAPACK through OpenBLAS.
//
// LAPACK reads columns: a row-major lower triangle L is its column-major upper triangle U = Lᵀ, and A = Uᵀ U = L Lᵀ.
#include "kokkos_kernels/linalg/dense.hpp"

#include <cblas.h>

#include <vector>

#include "kokkos_kernels/linalg/checks.hpp"

extern "C" {
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void dpotrs_(const char* uplo, const int* n, const int* nrhs, const double* a, const int* lda, double* b,
             const int* ldb, int* info);
}

namespace locum::linalg {
namespace {

CBLAS_TRANSPOSE transpose_of(Op op) { return op == Op::none ? CblasNoTrans : CblasTrans; }

void blas_gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, GemmShape s, double alpha, const double* a, int lda,
               const double* b, int ldb, double beta, double* c, int ldc) {
  cblas_dgemm(CblasRowMajor, ta, tb, s.rows, s.columns, s.inner, alpha, a, lda, b, ldb, beta, c, ldc);
}
void blas_gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, GemmShape s, float alpha, const float* a, int lda,
               const float* b, int ldb, float beta, float* c, int ldc) {
  cblas_sgemm(CblasRowMajor, ta, tb, s.rows, s.columns, s.inner, alpha, a, lda, b, ldb, beta, c, ldc);
}
void blas_syrk(int n, int rows, double alpha, const double* a, int lda, double beta, double* c, int ldc) {
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, n, rows, alpha, a, lda, beta, c, ldc);
}
void blas_syrk(int n, int rows, float alpha, const float* a, int lda, float beta, float* c, int ldc) {
  cblas_ssyrk(CblasRowMajor, CblasUpper, CblasTrans, n, rows, alpha, a, lda, beta, c, ldc);
}

template <class Round>
void round_rows(float* to, const float* from, int rows, int columns, int row_stride, Round round) {
  for (int r = 0; r < rows; ++r)
    for (int k = 0; k < columns; ++k) to[r * columns + k] = round(from[static_cast<long>(r) * row_stride + k]);
}

void round_into(std::vector<float>& to, Precision precision, const float* from, int rows, int columns, int row_stride) {
  to.resize(std::max<std::size_t>(to.size(), static_cast<std::size_t>(rows) * columns));
  if (precision == Precision::tf32)
    round_rows(to.data(), from, rows, columns, row_stride, [](float x) { return rounded_to_tf32(x); });
  if (precision == Precision::bf16)
    round_rows(to.data(), from, rows, columns, row_stride, [](float x) { return rounded_to_bf16(x); });
  if (precision == Precision::fp16)
    round_rows(to.data(), from, rows, columns, row_stride, [](float x) { return rounded_to_fp16(x); });
}

}  // namespace

template <class T>
void gemm(const ExecutionSpace& space, Op op_a, Op op_b, T alpha, MatrixRef<const T> a, MatrixRef<const T> b, T beta,
          MatrixRef<T> c) {
  const GemmShape shape = gemm_shape(op_a, op_b, a, b, c);
  if (shape.rows == 0 || shape.columns == 0) return;
  space.fence();
  blas_gemm(transpose_of(op_a), transpose_of(op_b), shape, alpha, a.data(), row_stride(a), b.data(), row_stride(b),
            beta, c.data(), row_stride(c));
}

template <class T>
void gemm_batched(const ExecutionSpace& space, Op op_a, Op op_b, int rows, int columns, int inner, T alpha, const T* a,
                  int row_stride_a, long stride_a, const T* b, int row_stride_b, long stride_b, T beta, T* c,
                  int row_stride_c, long stride_c, int batch) {
  if (rows == 0 || columns == 0) return;
  space.fence();
  const GemmShape shape{rows, columns, inner};
  for (int k = 0; k < batch; ++k)
    blas_gemm(transpose_of(op_a), transpose_of(op_b), shape, alpha, a + k * stride_a, row_stride_a, b + k * stride_b,
              row_stride_b, beta, c + k * stride_c, row_stride_c);
}

void gemm_batched(const ExecutionSpace& space, Precision precision, Op op_a, Op op_b, int rows, int columns, int inner,
                  float alpha, const float* a, int row_stride_a, long stride_a, const float* b, int row_stride_b,
                  long stride_b, float beta, float* c, int row_stride_c, long stride_c, int batch) {
  if (precision == Precision::fp32)
    return gemm_batched<float>(space, op_a, op_b, rows, columns, inner, alpha, a, row_stride_a, stride_a, b,
                               row_stride_b, stride_b, beta, c, row_stride_c, stride_c, batch);
  if (rows == 0 || columns == 0) return;
  space.fence();
  thread_local std::vector<float> left, right;
  const int a_rows = op_a == Op::none ? rows : inner, a_columns = op_a == Op::none ? inner : rows;
  const int b_rows = op_b == Op::none ? inner : columns, b_columns = op_b == Op::none ? columns : inner;
  for (int k = 0; k < batch; ++k) {
    if (k == 0 || stride_a != 0) round_into(left, precision, a + k * stride_a, a_rows, a_columns, row_stride_a);
    if (k == 0 || stride_b != 0) round_into(right, precision, b + k * stride_b, b_rows, b_columns, row_stride_b);
    blas_gemm(transpose_of(op_a), transpose_of(op_b), {rows, columns, inner}, alpha, left.data(),
              std::max(a_columns, 1), right.data(), std::max(b_columns, 1), beta, c + k * stride_c, row_stride_c);
  }
}

template <class T>
void gram_upper(const ExecutionSpace& space, T alpha, MatrixRef<const T> a, T beta, Matrix<T> c) {
  require_square(c, a.extent(1), "the Gram matrix", "linalg::gram");
  require_unit_columns(a, "linalg::gram");
  if (c.extent(0) == 0) return;
  space.fence();
  blas_syrk(static_cast<int>(a.extent(1)), static_cast<int>(a.extent(0)), alpha, a.data(), row_stride(a), beta,
            c.data(), row_stride(c));
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
  space.fence();
  int info = 0;
  dpotrf_("U", &n, a.data(), &lda, &info);
  if (info != 0) throw not_positive_definite(info, n);
}

void cholesky_solve(const ExecutionSpace& space, const Matrix<double>& factor, Matrix<double> x) {
  require_right_hand_sides(factor, x, "linalg::cholesky_solve");
  const int n = static_cast<int>(factor.extent(0)), count = static_cast<int>(x.extent(0));
  const int lda = row_stride(factor), ldb = row_stride(x);
  if (n == 0 || count == 0) return;
  space.fence();
  int info = 0;
  dpotrs_("U", &n, &count, factor.data(), &lda, x.data(), &ldb, &info);
}

void triangular_solve(const ExecutionSpace& space, const Matrix<double>& factor, Matrix<double> x) {
  require_right_hand_sides(factor, x, "linalg::triangular_solve");
  const int n = static_cast<int>(factor.extent(0)), count = static_cast<int>(x.extent(0));
  if (n == 0 || count == 0) return;
  space.fence();
  cblas_dtrsm(CblasColMajor, CblasLeft, CblasUpper, CblasTrans, CblasNonUnit, n, count, 1.0, factor.data(),
              row_stride(factor), x.data(), row_stride(x));
}

void set_threads(int count) { openblas_set_num_threads(std::max(1, count)); }
int threads() { return openblas_get_num_threads(); }
std::string library() { return openblas_get_config(); }

#define LOCUM_INSTANTIATE(T)                                                                                         \
  template void gemm<T>(const ExecutionSpace&, Op, Op, T, MatrixRef<const T>, MatrixRef<const T>, T, MatrixRef<T>);  \
  template void gemm_batched<T>(const ExecutionSpace&, Op, Op, int, int, int, T, const T*, int, long, const T*, int, \
                                long, T, T*, int, long, int);                                                        \
  template void gram<T>(const ExecutionSpace&, T, MatrixRef<const T>, T, Matrix<T>);                                 \
  template void gram_upper<T>(const ExecutionSpace&, T, MatrixRef<const T>, T, Matrix<T>)
LOCUM_INSTANTIATE(float);
LOCUM_INSTANTIATE(double);

}  // namespace locum::linalg
