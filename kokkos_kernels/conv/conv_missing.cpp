// The twin of a build for GPUs without cuDNN: everything else of Locum works, convolutions say what is missing.
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/conv/convolution.hpp"

namespace locum::conv {
namespace {

NotCompiled missing() {
  return NotCompiled("convolutions on the GPU need cuDNN, which this program was built without", "conv",
                     "install cuDNN 9 or name its folder by CUDNN_ROOT, and build again");
}

}  // namespace

template <class T>
struct Convolution<T>::Implementation {
  Filter filter;
};

template <class T>
Convolution<T>::Convolution(const ExecutionSpace&, const Filter&, bool) {
  throw missing();
}
template <class T>
Convolution<T>::~Convolution() = default;
template <class T>
Convolution<T>::Convolution(Convolution&&) noexcept = default;
template <class T>
Convolution<T>& Convolution<T>::operator=(Convolution&&) noexcept = default;
template <class T>
const Filter& Convolution<T>::filter() const {
  return implementation_->filter;
}
template <class T>
void Convolution<T>::set_weights(const View<const float*>&, const View<const float*>&) {
  throw missing();
}
template <class T>
void Convolution<T>::forward(const Tensor<const T>&, const Tensor<T>&, Activation) const {
  throw missing();
}
template <class T>
void Convolution<T>::backward_data(const Tensor<const T>&, const Tensor<T>&) const {
  throw missing();
}
template <class T>
void Convolution<T>::backward_weights(const Tensor<const T>&, const Tensor<const T>&, const View<float*>&,
                                      const View<float*>&) const {
  throw missing();
}

void set_threads(int) {}
int threads() { return 1; }
std::string library() { return "none"; }

template class Convolution<float>;
template class Convolution<Bf16>;
template class Convolution<Fp16>;

}  // namespace locum::conv
