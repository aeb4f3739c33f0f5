// Handles of cuBLAS and cuSOLVER, owned, and their status codes as errors. Internal to the GPU twin of linalg.
#pragma once

#include <cublas_v2.h>
#include <cusolverDn.h>

#include <string>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/kokkos.hpp"

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

class BlasHandle {
 public:
  BlasHandle() { require(cublasCreate(&handle_), "cublasCreate"); }
  ~BlasHandle() { cublasDestroy(handle_); }
  BlasHandle(const BlasHandle&) = delete;
  BlasHandle& operator=(const BlasHandle&) = delete;
  cublasHandle_t on(const ExecutionSpace& space) const {
    require(cublasSetStream(handle_, space.cuda_stream()), "cublasSetStream");
    return handle_;
  }

 private:
  cublasHandle_t handle_ = nullptr;
};

class SolverHandle {
 public:
  SolverHandle() {
    require(cusolverDnCreate(&handle_), "cusolverDnCreate");
    require(cusolverDnCreateParams(&parameters_), "cusolverDnCreateParams");
  }
  ~SolverHandle() {
    cusolverDnDestroyParams(parameters_);
    cusolverDnDestroy(handle_);
  }
  SolverHandle(const SolverHandle&) = delete;
  SolverHandle& operator=(const SolverHandle&) = delete;
  cusolverDnHandle_t on(const ExecutionSpace& space) const {
    require(cusolverDnSetStream(handle_, space.cuda_stream()), "cusolverDnSetStream");
    return handle_;
  }
  cusolverDnParams_t parameters() const { return parameters_; }

 private:
  cusolverDnHandle_t handle_ = nullptr;
  cusolverDnParams_t parameters_ = nullptr;
};

}  // namespace locum::linalg
