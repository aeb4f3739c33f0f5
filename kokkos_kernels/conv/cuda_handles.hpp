// Handles and descriptors of cuDNN, owned, and its status codes as errors. Internal to the GPU twin of conv.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cudnn.h>

#include "kokkos_kernels/base/owned_handle.hpp"
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

inline void made(cudnnStatus_t status) { require(status, "making a handle or a descriptor"); }

// Making a handle takes long and memory: each host thread has its own for as long as it lives, with no state but the
// stream, which is set at every call.
inline cudnnHandle_t handle_on(const ExecutionSpace& space) {
  thread_local const OwnedHandle<cudnnHandle_t, cudnnCreate, cudnnDestroy, made> handle;
  require(cudnnSetStream(handle, space.cuda_stream()), "cudnnSetStream");
  return handle;
}

using TensorDescriptor =
    OwnedHandle<cudnnTensorDescriptor_t, cudnnCreateTensorDescriptor, cudnnDestroyTensorDescriptor, made>;
using FilterDescriptor =
    OwnedHandle<cudnnFilterDescriptor_t, cudnnCreateFilterDescriptor, cudnnDestroyFilterDescriptor, made>;
using ConvolutionDescriptor = OwnedHandle<cudnnConvolutionDescriptor_t, cudnnCreateConvolutionDescriptor,
                                          cudnnDestroyConvolutionDescriptor, made>;
using ActivationDescriptor =
    OwnedHandle<cudnnActivationDescriptor_t, cudnnCreateActivationDescriptor, cudnnDestroyActivationDescriptor, made>;

}  // namespace locum::conv
