// The GPU twin of eigen.hpp: cuSOLVER's divide and conquer, cusolverDnXsyevd, for real and complex matrices alike.
//
// cuSOLVER reads columns, so that eigenvector k comes back as row k. A row-major Hermitian matrix is its conjugate to
// cuSOLVER: same eigenvalues, conjugate vectors; they are conjugated while they are copied out.
#include <vector>

#include "kokkos_kernels/linalg/checks.hpp"
#include "kokkos_kernels/linalg/cuda_handles.hpp"
#include "kokkos_kernels/linalg/eigen.hpp"

namespace locum::linalg {

struct EigenSolver::Workspace {
  SolverHandle handle;
  View<char*> device;
  std::vector<char> host;
  View<int> info{"eigen_info"};
};

namespace {

KOKKOS_INLINE_FUNCTION double conjugate(double x) { return x; }
KOKKOS_INLINE_FUNCTION Kokkos::complex<double> conjugate(Kokkos::complex<double> x) { return Kokkos::conj(x); }

template <class T>
void copy_vectors(const ExecutionSpace& space, const Matrix<T>& from, const Matrix<T>& to, int wanted) {
  const int n = static_cast<int>(from.extent(0));
  Kokkos::parallel_for(
      "eigen_copy_vectors", RowsPolicy(space, {0, 0}, {wanted, n}),
      KOKKOS_LAMBDA(int k, int i) { to(k, i) = conjugate(from(k, i)); });
}

// W is EigenSolver::Workspace, a private name.
template <class W, class T>
void solve(const ExecutionSpace& space, W& w, cudaDataType type, const Matrix<T>& a, const View<double*>& values,
           const Matrix<T>& vectors, int least, const EigenSolver::Wanted& choose) {
  require_eigen_shapes(a, values, vectors, least);
  const int n = static_cast<int>(a.extent(0));
  if (n == 0) return;
  const auto handle = w.handle.on(space);
  const auto mode = CUSOLVER_EIG_MODE_VECTOR;
  std::size_t device_bytes = 0, host_bytes = 0;
  require(cusolverDnXsyevd_bufferSize(handle, w.handle.parameters(), mode, CUBLAS_FILL_MODE_LOWER, n, type, a.data(),
                                      row_stride(a), CUDA_R_64F, values.data(), type, &device_bytes, &host_bytes),
          "cusolverDnXsyevd_bufferSize");
  if (w.device.extent(0) < device_bytes)
    w.device = View<char*>(Kokkos::view_alloc(space, "eigen_work", Kokkos::WithoutInitializing), device_bytes);
  if (w.host.size() < host_bytes) w.host.resize(host_bytes);
  require(cusolverDnXsyevd(handle, w.handle.parameters(), mode, CUBLAS_FILL_MODE_LOWER, n, type, a.data(),
                           row_stride(a), CUDA_R_64F, values.data(), type, w.device.data(), device_bytes, w.host.data(),
                           host_bytes, w.info.data()),
          "cusolverDnXsyevd");
  int info = 0;
  Kokkos::deep_copy(space, info, w.info);
  space.fence();
  if (info != 0) throw eigen_failure("cusolverDnXsyevd", info, n);
  const int wanted = choose(values);
  require_eigen_shapes(a, values, vectors, wanted);
  copy_vectors(space, a, vectors, wanted);
}

}  // namespace

EigenSolver::EigenSolver() : workspace_(std::make_unique<Workspace>()) {}
EigenSolver::~EigenSolver() = default;

void EigenSolver::symmetric(const ExecutionSpace& space, Matrix<double> a, View<double*> values, Matrix<double> vectors,
                            int wanted) {
  solve(space, *workspace_, CUDA_R_64F, a, values, vectors, wanted, [wanted](const View<double*>&) { return wanted; });
}

void EigenSolver::symmetric(const ExecutionSpace& space, Matrix<double> a, View<double*> values, Matrix<double> vectors,
                            const Wanted& wanted) {
  solve(space, *workspace_, CUDA_R_64F, a, values, vectors, 0, wanted);
}

void EigenSolver::hermitian(const ExecutionSpace& space, Matrix<Kokkos::complex<double>> a, View<double*> values,
                            Matrix<Kokkos::complex<double>> vectors, int wanted) {
  solve(space, *workspace_, CUDA_C_64F, a, values, vectors, wanted, [wanted](const View<double*>&) { return wanted; });
}

}  // namespace locum::linalg
