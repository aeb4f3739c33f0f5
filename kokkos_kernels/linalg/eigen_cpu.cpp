// The CPU twin of eigen.hpp: LAPACK's reduction to tridiagonal form, divide and conquer on that, and the back
// transformation of the wanted vectors only (tight binding needs the occupied ones, about half).
//
// LAPACK reads columns. For a symmetric matrix that changes nothing. A row-major Hermitian matrix is its conjugate to
// LAPACK: same eigenvalues, conjugate vectors; the vectors are conjugated back when they are copied out.
#include "kokkos_kernels/linalg/eigen.hpp"

#include <complex>
#include <vector>

#include "kokkos_kernels/linalg/checks.hpp"

extern "C" {
void dsytrd_(const char* uplo, const int* n, double* a, const int* lda, double* d, double* e, double* tau, double* work,
             const int* lwork, int* info);
void dstedc_(const char* compz, const int* n, double* d, double* e, double* z, const int* ldz, double* work,
             const int* lwork, int* iwork, const int* liwork, int* info);
void dormtr_(const char* side, const char* uplo, const char* trans, const int* m, const int* n, const double* a,
             const int* lda, const double* tau, double* c, const int* ldc, double* work, const int* lwork, int* info);
void zhetrd_(const char* uplo, const int* n, std::complex<double>* a, const int* lda, double* d, double* e,
             std::complex<double>* tau, std::complex<double>* work, const int* lwork, int* info);
void zunmtr_(const char* side, const char* uplo, const char* trans, const int* m, const int* n,
             const std::complex<double>* a, const int* lda, const std::complex<double>* tau, std::complex<double>* c,
             const int* ldc, std::complex<double>* work, const int* lwork, int* info);
}

namespace locum::linalg {

struct EigenSolver::Workspace {
  std::vector<double> off_diagonal, tau, work, tridiagonal_vectors;
  std::vector<std::complex<double>> complex_tau, complex_work, complex_vectors;
  std::vector<int> integers;

  // Eigenpairs of the tridiagonal matrix (d, off_diagonal): all vectors, in columns of tridiagonal_vectors.
  void solve_tridiagonal(int n, double* d);
};

namespace {

void require_success(const char* routine, int info, int n) {
  if (info != 0) throw eigen_failure(routine, info, n);
}

template <class T>
void grow(std::vector<T>& v, std::size_t size) {
  if (v.size() < size) v.resize(size);
}

}  // namespace

void EigenSolver::Workspace::solve_tridiagonal(int n, double* d) {
  int info = 0, length = -1, integer_length = -1, best_integers = 0;
  double best = 0.0;
  grow(tridiagonal_vectors, static_cast<std::size_t>(n) * n);
  dstedc_("I", &n, d, off_diagonal.data(), tridiagonal_vectors.data(), &n, &best, &length, &best_integers,
          &integer_length, &info);
  grow(work, static_cast<std::size_t>(best));
  grow(integers, best_integers);
  length = static_cast<int>(work.size());
  integer_length = static_cast<int>(integers.size());
  dstedc_("I", &n, d, off_diagonal.data(), tridiagonal_vectors.data(), &n, work.data(), &length, integers.data(),
          &integer_length, &info);
  require_success("dstedc", info, n);
}

EigenSolver::EigenSolver() : workspace_(std::make_unique<Workspace>()) {}
EigenSolver::~EigenSolver() = default;

void EigenSolver::symmetric(const ExecutionSpace& space, Matrix<double> a, View<double*> values, Matrix<double> vectors,
                            int wanted) {
  symmetric(space, a, values, vectors, [wanted](const View<double*>&) { return wanted; });
}

void EigenSolver::symmetric(const ExecutionSpace& space, Matrix<double> a, View<double*> values, Matrix<double> vectors,
                            const Wanted& choose) {
  const int n = static_cast<int>(a.extent(0)), lda = row_stride(a), ldc = row_stride(vectors);
  require_eigen_shapes(a, values, vectors, 0);
  space.fence();
  Workspace& w = *workspace_;
  grow(w.off_diagonal, n);
  grow(w.tau, n);
  grow(w.work, static_cast<std::size_t>(64) * n);
  int length = static_cast<int>(w.work.size()), info = 0;
  if (n > 0) {
    dsytrd_("L", &n, a.data(), &lda, values.data(), w.off_diagonal.data(), w.tau.data(), w.work.data(), &length, &info);
    require_success("dsytrd", info, n);
    w.solve_tridiagonal(n, values.data());
  }
  const int wanted = choose(values);
  require_eigen_shapes(a, values, vectors, wanted);
  if (wanted == 0) return;
  for (int k = 0; k < wanted; ++k)
    std::copy_n(&w.tridiagonal_vectors[static_cast<std::size_t>(k) * n], n, &vectors(k, 0));
  length = static_cast<int>(w.work.size());
  dormtr_("L", "L", "N", &n, &wanted, a.data(), &lda, w.tau.data(), vectors.data(), &ldc, w.work.data(), &length,
          &info);
}

void EigenSolver::hermitian(const ExecutionSpace& space, Matrix<Kokkos::complex<double>> a, View<double*> values,
                            Matrix<Kokkos::complex<double>> vectors, int wanted) {
  require_eigen_shapes(a, values, vectors, wanted);
  const int n = static_cast<int>(a.extent(0)), lda = row_stride(a), ldc = row_stride(vectors);
  if (n == 0) return;
  space.fence();
  // Kokkos::complex and std::complex are both two doubles, real part first.
  auto* matrix = reinterpret_cast<std::complex<double>*>(a.data());
  auto* out = reinterpret_cast<std::complex<double>*>(vectors.data());
  Workspace& w = *workspace_;
  grow(w.off_diagonal, n);
  grow(w.complex_tau, n);
  grow(w.complex_work, static_cast<std::size_t>(64) * n);
  const int length = static_cast<int>(w.complex_work.size());
  int info = 0;
  zhetrd_("L", &n, matrix, &lda, values.data(), w.off_diagonal.data(), w.complex_tau.data(), w.complex_work.data(),
          &length, &info);
  require_success("zhetrd", info, n);
  w.solve_tridiagonal(n, values.data());
  for (int k = 0; k < wanted; ++k)
    for (int i = 0; i < n; ++i)
      out[static_cast<std::size_t>(k) * ldc + i] = w.tridiagonal_vectors[static_cast<std::size_t>(k) * n + i];
  if (wanted == 0) return;
  zunmtr_("L", "L", "N", &n, &wanted, matrix, &lda, w.complex_tau.data(), out, &ldc, w.complex_work.data(), &length,
          &info);
  for (int k = 0; k < wanted; ++k)
    for (int i = 0; i < n; ++i)
      out[static_cast<std::size_t>(k) * ldc + i] = std::conj(out[static_cast<std::size_t>(k) * ldc + i]);
}

}  // namespace locum::linalg
