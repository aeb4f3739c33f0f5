// Handles and descriptors of cuDNN, owned, and its status codes as errors. Internal to the GPU twin of conv.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cudnn.h>

#include "kokkos_kernels/conv/checks.hpp"

namespace locum::conv {

inline void require(cudnnStatus_t status, const char* routine, const Filter& f) {
  if (status != CUDNN_STATUS_SUCCESS)
    throw BackendError(
        fmt::format("{}: {} for a convolution of {}", routine, cudnnGetErrorString(status), filter_text(f)), "cuDNN",
        "is the GPU's memory full, or an earlier kernel at fault?");
}
inline void require(cudnnStatus_t status, const char* routine) { require(status, routine, Filter{}); }

// What a number of the images is to cuDNN and to kernels.
template <class T>
struct Native;
template <>
struct Native<float> {
  using Number = float;
  static constexpr cudnnDataType_t type = CUDNN_DATA_FLOAT;
};
template <>
struct Native<Bf16> {
  using Number = __nv_bfloat16;
  static constexpr cudnnDataType_t type = CUDNN_DATA_BFLOAT16;
};
template <>
struct Native<Fp16> {
  using Number = __half;
  static constexpr cudnnDataType_t type = CUDNN_DATA_HALF;
};

class DnnHandle {
 public:
  DnnHandle() { require(cudnnCreate(&handle_), "cudnnCreate"); }
  ~DnnHandle() { cudnnDestroy(handle_); }
  DnnHandle(const DnnHandle&) = delete;
  DnnHandle& operator=(const DnnHandle&) = delete;
  cudnnHandle_t on(const ExecutionSpace& space) const {
    require(cudnnSetStream(handle_, space.cuda_stream()), "cudnnSetStream");
    return handle_;
  }

 private:
  cudnnHandle_t handle_ = nullptr;
};

// Making a handle takes long and memory: each host thread has its own for as long as it lives, with no state but the
// stream, which is set at every call.
inline cudnnHandle_t handle_on(const ExecutionSpace& space) {
  thread_local const DnnHandle handle;
  return handle.on(space);
}

template <class D, cudnnStatus_t (*make)(D*), cudnnStatus_t (*destroy)(D)>
class Descriptor {
 public:
  Descriptor() { require(make(&descriptor_), "cuDNN descriptor"); }
  ~Descriptor() { destroy(descriptor_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator D() const { return descriptor_; }

 private:
  D descriptor_ = nullptr;
};
using TensorDescriptor = Descriptor<cudnnTensorDescriptor_t, cudnnCreateTensorDescriptor, cudnnDestroyTensorDescriptor>;
using FilterDescriptor = Descriptor<cudnnFilterDescriptor_t, cudnnCreateFilterDescriptor, cudnnDestroyFilterDescriptor>;
using ConvolutionDescriptor =
    Descriptor<cudnnConvolutionDescriptor_t, cudnnCreateConvolutionDescriptor, cudnnDestroyConvolutionDescriptor>;
using ActivationDescriptor =
    Descriptor<cudnnActivationDescriptor_t, cudnnCreateActivationDescriptor, cudnnDestroyActivationDescriptor>;

}  // namespace locum::conv
