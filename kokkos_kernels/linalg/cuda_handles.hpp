// Handles of cuBLAS and cuSOLVER, owned, and their status codes as errors. Internal to the GPU twin of linalg.
#pragma once

#include <cublas_v2.h>
#include <cusolverDn.h>

#include <string>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/kokkos.hpp"
#include "kokkos_kernels/base/owned_handle.hpp"

namespace locum::linalg {

inline void require(cublasStatus_t status, const char* routine) {
  if (status != CUBLAS_STATUS_SUCCESS)
    throw BackendError(std::string(routine) + ": " + cublasGetStatusString(status), "cuBLAS",
                       "is the GPU's memory full, or an earlier kernel at fault?");
}
inline void require(cusolverStatus_t status, const char* routine) {
  if (status != CUSOLVER_STATUS_SUCCESS)
    throw BackendError(std::string(routine) + " returned status " + std::to_string(static_cast<int>(status)),
                       "cuSOLVER", "is the GPU's memory full, or an earlier kernel at fault?");
}

inline void made_by_blas(cublasStatus_t status) { require(status, "cublasCreate"); }
inline void made_by_solver(cusolverStatus_t status) { require(status, "cusolverDnCreate, cusolverDnCreateParams"); }

class BlasHandle {
 public:
  cublasHandle_t on(const ExecutionSpace& space) const {
    require(cublasSetStream(handle_, space.cuda_stream()), "cublasSetStream");
    return handle_;
  }

 private:
  OwnedHandle<cublasHandle_t, cublasCreate, cublasDestroy, made_by_blas> handle_;
};

class SolverHandle {
 public:
  cusolverDnHandle_t on(const ExecutionSpace& space) const {
    require(cusolverDnSetStream(handle_, space.cuda_stream()), "cusolverDnSetStream");
    return handle_;
  }
  cusolverDnParams_t parameters() const { return parameters_; }

 private:
  OwnedHandle<cusolverDnHandle_t, cusolverDnCreate, cusolverDnDestroy, made_by_solver> handle_;
  OwnedHandle<cusolverDnParams_t, cusolverDnCreateParams, cusolverDnDestroyParams, made_by_solver> parameters_;
};

}  // namespace locum::linalg
