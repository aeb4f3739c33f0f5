// The twin of a build for GPUs without cuDNN: everything else of Locum works, convolutions say what is missing.
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/conv/library_convolution.hpp"

namespace locum::conv {

template <class T>
std::unique_ptr<LibraryConvolution<T>> make_library_convolution(const ExecutionSpace&, const Filter&, bool) {
  throw NotCompiled("convolutions on the GPU need cuDNN, which this program was built without", "conv",
                    "install cuDNN 9 or name its folder by CUDNN_ROOT, and build again");
}
template std::unique_ptr<LibraryConvolution<float>> make_library_convolution(const ExecutionSpace&, const Filter&,
                                                                             bool);
template std::unique_ptr<LibraryConvolution<Bf16>> make_library_convolution(const ExecutionSpace&, const Filter&, bool);
template std::unique_ptr<LibraryConvolution<Fp16>> make_library_convolution(const ExecutionSpace&, const Filter&, bool);

void set_threads(int) {}
int threads() { return 1; }
std::string library() { return "none"; }

}  // namespace locum::conv
