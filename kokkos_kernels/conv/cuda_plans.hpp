// What cuDNN is told of one shape, and the algorithms that its heuristics chose for it. Internal to the GPU twin.
//
// Only algorithms that repeat bit for bit are taken.
#pragma once

#include <algorithm>
#include <array>

#include "kokkos_kernels/conv/cuda_handles.hpp"

namespace locum::conv {

inline constexpr std::size_t most_workspace = std::size_t{1} << 30;  // bytes

// The first of the library's proposals, fastest first, that runs, repeats and fits; where none fits, the smallest.
template <class Performance, std::size_t n>
const Performance& chosen(const std::array<Performance, n>& proposals, int count, const char* routine,
                          const Filter& f) {
  const Performance* smallest = nullptr;
  for (int k = 0; k < count; ++k) {
    const auto& p = proposals[static_cast<std::size_t>(k)];
    if (p.status != CUDNN_STATUS_SUCCESS || p.determinism != CUDNN_DETERMINISTIC) continue;
    if (p.memory <= most_workspace) return p;
    if (smallest == nullptr || p.memory < smallest->memory) smallest = &p;
  }
  if (smallest != nullptr) return *smallest;
  throw BackendError(std::string(routine) + " proposes no algorithm for a convolution of " + filter_text(f), "cuDNN");
}

template <class T>
struct Plan {
  Plan(cudnnHandle_t handle, const Filter& f, const Shape& s, bool tf32) {
    constexpr auto type = Native<T>::type;
    require(cudnnSetTensor4dDescriptor(x, CUDNN_TENSOR_NHWC, type, s.batch, f.in, s.nx, s.ny), "images", f);
    require(cudnnSetTensor4dDescriptor(y, CUDNN_TENSOR_NHWC, type, s.batch, f.out, f.output(s.nx), f.output(s.ny)),
            "images", f);
    require(cudnnSetTensor4dDescriptor(bias, CUDNN_TENSOR_NHWC, type, 1, f.out, 1, 1), "bias", f);
    require(cudnnSetFilter4dDescriptor(weights, type, CUDNN_TENSOR_NHWC, f.out, f.in, f.kernel, f.kernel), "weights",
            f);
    require(cudnnSetConvolution2dDescriptor(convolution, f.pad, f.pad, f.stride, f.stride, 1, 1,
                                            CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
            "convolution", f);
    const bool exact = type == CUDNN_DATA_FLOAT && !tf32;
    require(cudnnSetConvolutionMathType(convolution, exact ? CUDNN_FMA_MATH : CUDNN_TENSOR_OP_MATH), "math type", f);
    require(cudnnSetActivationDescriptor(
                activation, s.activation == Activation::relu ? CUDNN_ACTIVATION_RELU : CUDNN_ACTIVATION_IDENTITY,
                CUDNN_NOT_PROPAGATE_NAN, 0.0),
            "activation", f);
    choose(handle, f);
  }

  void choose(cudnnHandle_t handle, const Filter& f) {
    int count = 0;
    std::array<cudnnConvolutionFwdAlgoPerf_t, CUDNN_CONVOLUTION_FWD_ALGO_COUNT> a;
    require(cudnnGetConvolutionForwardAlgorithm_v7(handle, x, weights, convolution, y, static_cast<int>(a.size()),
                                                   &count, a.data()),
            "cudnnGetConvolutionForwardAlgorithm_v7", f);
    forward = chosen(a, count, "cudnnGetConvolutionForwardAlgorithm_v7", f);
    std::array<cudnnConvolutionBwdDataAlgoPerf_t, CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT> b;
    require(cudnnGetConvolutionBackwardDataAlgorithm_v7(handle, weights, y, convolution, x, static_cast<int>(b.size()),
                                                        &count, b.data()),
            "cudnnGetConvolutionBackwardDataAlgorithm_v7", f);
    backward_data = chosen(b, count, "cudnnGetConvolutionBackwardDataAlgorithm_v7", f);
    std::array<cudnnConvolutionBwdFilterAlgoPerf_t, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT> c;
    require(cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle, x, y, convolution, weights,
                                                          static_cast<int>(c.size()), &count, c.data()),
            "cudnnGetConvolutionBackwardFilterAlgorithm_v7", f);
    backward_weights = chosen(c, count, "cudnnGetConvolutionBackwardFilterAlgorithm_v7", f);
    // The fused call without an activation knows this algorithm only; with one it is a fast one too.
    std::size_t bytes = 0;
    fusible = cudnnGetConvolutionForwardWorkspaceSize(handle, x, weights, convolution, y, fused, &bytes) ==
                  CUDNN_STATUS_SUCCESS &&
              bytes <= most_workspace;
    fused_workspace = fusible ? bytes : 0;
  }
  // Bytes that any of the calls may want.
  std::size_t workspace() const {
    return std::max({forward.memory, backward_data.memory, backward_weights.memory, fused_workspace});
  }

  static constexpr auto fused = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;
  TensorDescriptor x, y, bias;
  FilterDescriptor weights;
  ConvolutionDescriptor convolution;
  ActivationDescriptor activation;
  cudnnConvolutionFwdAlgoPerf_t forward;
  cudnnConvolutionBwdDataAlgoPerf_t backward_data;
  cudnnConvolutionBwdFilterAlgoPerf_t backward_weights;
  std::size_t fused_workspace = 0;
  bool fusible = false;  // until cuDNN says otherwise
};

}  // namespace locum::conv
