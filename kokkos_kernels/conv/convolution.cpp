// What the twins have in common: checks, and who is asked.
#include "kokkos_kernels/conv/convolution.hpp"

#include "kokkos_kernels/conv/library_convolution.hpp"

namespace locum::conv {

template <class T>
struct Convolution<T>::Implementation {
  Filter filter;
  std::unique_ptr<LibraryConvolution<T>> library;
  bool weighted = false;

  LibraryConvolution<T>& ready() const {
    require_weights(weighted, filter);
    return *library;
  }
};

template <class T>
Convolution<T>::Convolution(const ExecutionSpace& space, const Filter& filter, bool tf32) {
  check_filter(filter);
  implementation_.reset(new Implementation{filter, make_library_convolution<T>(space, filter, tf32)});
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
void Convolution<T>::set_weights(const View<const float*>& weights, const View<const float*>& bias) {
  check_weights(filter(), weights, bias);
  implementation_->library->set_weights(weights, bias);
  implementation_->weighted = true;
}

template <class T>
void Convolution<T>::forward(const Tensor<const T>& x, const Tensor<T>& y, Activation activation) const {
  Shape shape = check_shapes(filter(), x, y);
  shape.activation = activation;
  if (shape.batch > 0) implementation_->ready().forward(shape, x.data(), y.data());
}

template <class T>
void Convolution<T>::backward_data(const Tensor<const T>& dy, const Tensor<T>& dx) const {
  const Shape shape = check_shapes(filter(), dx, dy);
  if (shape.batch > 0) implementation_->ready().backward_data(shape, dy.data(), dx.data());
}

template <class T>
void Convolution<T>::backward_weights(const Tensor<const T>& x, const Tensor<const T>& dy, const View<float*>& dw,
                                      const View<float*>& db) const {
  const Shape shape = check_shapes(filter(), x, dy);
  check_weights(filter(), dw, db);
  if (shape.batch > 0) implementation_->ready().backward_weights(shape, x.data(), dy.data(), dw, db);
}

template class Convolution<float>;
template class Convolution<Bf16>;
template class Convolution<Fp16>;

}  // namespace locum::conv
