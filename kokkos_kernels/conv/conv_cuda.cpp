// The GPU twin of convolution.hpp: cuDNN on the stream of the execution space.
//
// Channels last is what tensor cores read without a transposition. Weights lie (out, k, k, in) as they are; for formats
// of 16 bits they are rounded once after set_weights.
#include <algorithm>
#include <map>

#include "kokkos_kernels/conv/cuda_plans.hpp"

namespace locum::conv {
namespace {

using Policy = Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<std::int64_t>>;

template <class Number>
void narrow(const ExecutionSpace& space, const View<const float*>& from, const View<Number*>& to) {
  Kokkos::parallel_for(
      "conv_narrow", Policy(space, 0, static_cast<std::int64_t>(to.extent(0))),
      KOKKOS_LAMBDA(std::int64_t k) { to(k) = Number(from(k)); });
}

template <class Number>
void add(const ExecutionSpace& space, const View<Number*>& from, const View<float*>& to) {
  Kokkos::parallel_for(
      "conv_add", Policy(space, 0, static_cast<std::int64_t>(to.extent(0))),
      KOKKOS_LAMBDA(std::int64_t k) { to(k) += static_cast<float>(from(k)); });
}

// y ← act(y + β), where the library does not do it on the way.
template <class Number>
void finish(const ExecutionSpace& space, const View<const float*>& bias, Activation activation, Number* y,
            std::int64_t count, int channels) {
  const bool biased = bias.extent(0) > 0;
  if (!biased && activation == Activation::none) return;
  Kokkos::parallel_for(
      "conv_finish", Policy(space, 0, count), KOKKOS_LAMBDA(std::int64_t k) {
        float z = static_cast<float>(y[k]) + (biased ? bias(k % channels) : 0.0f);
        if (activation == Activation::relu) z = z > 0.0f ? z : 0.0f;
        if (activation == Activation::gelu)
          z = 0.5f * z * (1.0f + Kokkos::tanh(0.7978845608f * (z + 0.044715f * z * z * z)));
        y[k] = Number(z);
      });
}

// to += sums of dy over pixels, in one order: stretches of pixels first, each by a thread of its own.
template <class Number>
void add_channel_sums(const ExecutionSpace& space, const Number* dy, std::int64_t pixels, const View<float*>& sums,
                      const View<float*>& to) {
  const int channels = static_cast<int>(to.extent(0)), stretches = static_cast<int>(sums.extent(0)) / channels;
  const std::int64_t length = (pixels + stretches - 1) / stretches;
  Kokkos::parallel_for(
      "conv_channel_sums", Policy(space, 0, static_cast<std::int64_t>(stretches) * channels),
      KOKKOS_LAMBDA(std::int64_t item) {
        const std::int64_t c = item % channels, from = item / channels * length;
        const std::int64_t last = from + length < pixels ? from + length : pixels;
        float sum = 0.0f;
        for (std::int64_t pixel = from; pixel < last; ++pixel) sum += static_cast<float>(dy[pixel * channels + c]);
        sums(item) = sum;
      });
  Kokkos::parallel_for(
      "conv_add_channel_sums", Policy(space, 0, channels), KOKKOS_LAMBDA(std::int64_t c) {
        float sum = 0.0f;
        for (int s = 0; s < stretches; ++s) sum += sums(static_cast<std::int64_t>(s) * channels + c);
        to(c) += sum;
      });
}

}  // namespace

template <class T>
struct Convolution<T>::Implementation {
  using Number = typename Native<T>::Number;
  static constexpr int stretches = 256;

  Implementation(const ExecutionSpace& execution_space, const Filter& f, bool tensor_float)
      : space(execution_space), filter(f), tf32(tensor_float) {}

  Plan<T>& plan(const Shape& shape) {
    require_weights(weights.data() != nullptr, filter);
    auto& kept = plans[shape];
    if (!kept) kept = std::make_unique<Plan<T>>(handle_on(space), filter, shape, tf32);
    if (workspace.extent(0) < kept->workspace()) {
      space.fence();  // kernels may still use the one that goes
      workspace = View<char*>(uninitialized("conv_workspace"), kept->workspace());
    }
    return *kept;
  }
  // Weights and biases as the library reads them.
  void round_parameters() {
    if (rounded) return;
    rounded = true;
    if constexpr (std::is_same_v<T, float>) return;
    if (own_weights.extent(0) == 0)
      own_weights = View<Number*>(uninitialized("conv_weights"), static_cast<std::size_t>(filter.weights()));
    narrow(space, weights, own_weights);
    if (bias.extent(0) == 0) return;
    if (own_bias.extent(0) == 0)
      own_bias = View<Number*>(uninitialized("conv_bias"), static_cast<std::size_t>(filter.out));
    narrow(space, bias, own_bias);
  }
  const void* weight_data() const {
    return std::is_same_v<T, float> ? static_cast<const void*>(weights.data()) : own_weights.data();
  }
  const void* bias_data() const {
    return std::is_same_v<T, float> ? static_cast<const void*>(bias.data()) : own_bias.data();
  }

  // True where convolution, bias and activation were one call.
  bool fused(Plan<T>& p, const T* x, T* y) {
    if (!p.fusible || bias.extent(0) == 0) return false;
    const float one = 1.0f, zero = 0.0f;
    const auto status = cudnnConvolutionBiasActivationForward(
        handle_on(space), &one, p.x, x, p.weights, weight_data(), p.convolution, Plan<T>::fused, workspace.data(),
        workspace.extent(0), &zero, p.y, y, p.bias, bias_data(), p.activation, p.y, y);
    if (status == CUDNN_STATUS_NOT_SUPPORTED)
      return p.fusible = false;  // numbers of channels that it has no kernel for
    require(status, "cudnnConvolutionBiasActivationForward", filter);
    return true;
  }

  ExecutionSpace space;
  Filter filter;
  bool tf32, rounded = false;
  View<const float*> weights, bias;
  View<Number*> own_weights, own_bias, rounded_gradient;
  View<float*> sums;
  View<char*> workspace;
  std::map<Shape, std::unique_ptr<Plan<T>>> plans;
};

template <class T>
Convolution<T>::Convolution(const ExecutionSpace& space, const Filter& filter, bool tf32) {
  check_filter(filter);
  implementation_ = std::make_unique<Implementation>(space, filter, tf32);
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
  implementation_->weights = weights;
  implementation_->bias = bias;
  implementation_->rounded = false;
}

template <class T>
void Convolution<T>::forward(const Tensor<const T>& x, const Tensor<T>& y, Activation activation) const {
  Implementation& i = *implementation_;
  Shape shape = check_shapes(i.filter, x, y);
  if (shape.batch == 0) return;
  shape.activation = activation == Activation::relu ? activation : Activation::none;
  auto& plan = i.plan(shape);
  i.round_parameters();
  auto* numbers = reinterpret_cast<typename Implementation::Number*>(y.data());
  const auto count = static_cast<std::int64_t>(y.size());
  if (i.fused(plan, x.data(), y.data())) {
    if (activation == Activation::gelu) finish(i.space, {}, activation, numbers, count, i.filter.out);
    return;
  }
  const float one = 1.0f, zero = 0.0f;
  require(cudnnConvolutionForward(handle_on(i.space), &one, plan.x, x.data(), plan.weights, i.weight_data(),
                                  plan.convolution, plan.forward.algo, i.workspace.data(), i.workspace.extent(0), &zero,
                                  plan.y, y.data()),
          "cudnnConvolutionForward", i.filter);
  finish(i.space, i.bias, activation, numbers, count, i.filter.out);
}

template <class T>
void Convolution<T>::backward_data(const Tensor<const T>& dy, const Tensor<T>& dx) const {
  Implementation& i = *implementation_;
  const Shape shape = check_shapes(i.filter, dx, dy);
  if (shape.batch == 0) return;
  auto& plan = i.plan(shape);
  i.round_parameters();
  const float one = 1.0f, zero = 0.0f;
  require(cudnnConvolutionBackwardData(handle_on(i.space), &one, plan.weights, i.weight_data(), plan.y, dy.data(),
                                       plan.convolution, plan.backward_data.algo, i.workspace.data(),
                                       i.workspace.extent(0), &zero, plan.x, dx.data()),
          "cudnnConvolutionBackwardData", i.filter);
}

template <class T>
void Convolution<T>::backward_weights(const Tensor<const T>& x, const Tensor<const T>& dy, const View<float*>& dw,
                                      const View<float*>& db) const {
  Implementation& i = *implementation_;
  using Number = typename Implementation::Number;
  const Shape shape = check_shapes(i.filter, x, dy);
  check_weights(i.filter, dw, db);
  if (shape.batch == 0) return;
  auto& plan = i.plan(shape);
  // float adds to what is there; formats of 16 bits come rounded into storage of their own.
  constexpr bool in_place = std::is_same_v<T, float>;
  if (!in_place && i.rounded_gradient.extent(0) == 0)
    i.rounded_gradient = View<Number*>(uninitialized("conv_gradient"), dw.extent(0));
  void* to = in_place ? static_cast<void*>(dw.data()) : i.rounded_gradient.data();
  const float one = 1.0f, keep = in_place ? 1.0f : 0.0f;
  require(cudnnConvolutionBackwardFilter(handle_on(i.space), &one, plan.x, x.data(), plan.y, dy.data(),
                                         plan.convolution, plan.backward_weights.algo, i.workspace.data(),
                                         i.workspace.extent(0), &keep, plan.weights, to),
          "cudnnConvolutionBackwardFilter", i.filter);
  if (!in_place) add(i.space, i.rounded_gradient, dw);
  if (db.extent(0) == 0) return;
  if (i.sums.extent(0) == 0)
    i.sums =
        View<float*>(uninitialized("conv_sums"), static_cast<std::size_t>(i.filter.out) * Implementation::stretches);
  add_channel_sums(i.space, reinterpret_cast<const Number*>(dy.data()),
                   static_cast<std::int64_t>(dy.size()) / i.filter.out, i.sums, db);
}

void set_threads(int) {}  // the GPU library has no threads of the host
int threads() { return 1; }
std::string library() {
  const std::size_t version = cudnnGetVersion();
  return fmt::format("cuDNN {}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

template class Convolution<float>;
template class Convolution<Bf16>;
template class Convolution<Fp16>;

}  // namespace locum::conv
