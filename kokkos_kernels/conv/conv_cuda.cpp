// The GPU twin of convolution.hpp: cuDNN on the stream of the execution space.
//
// Channels last is what tensor cores read without a transposition. Weights lie (out, k, k, in) as they are; for formats
// of 16 bits they are rounded once after set_weights, and copied where they do not lie on 16 bytes, as its kernels ask.
#include <algorithm>
#include <map>
#include <memory>

#include "kokkos_kernels/conv/cuda_plans.hpp"
#include "kokkos_kernels/conv/library_convolution.hpp"

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

// cuDNN's kernels load 16 bytes at a time; a layer's parameters lie anywhere among those of its network.
bool aligned(const void* at) { return reinterpret_cast<std::uintptr_t>(at) % 16 == 0; }

// Convolutions on one stream come one after the other: those of a host thread share one workspace, which lives as long
// as any of them.
std::shared_ptr<View<char*>> workspace_on(const ExecutionSpace& space) {
  thread_local std::map<cudaStream_t, std::weak_ptr<View<char*>>> kept;
  auto workspace = kept[space.cuda_stream()].lock();
  if (!workspace) kept[space.cuda_stream()] = workspace = std::make_shared<View<char*>>();
  return workspace;
}

template <class T>
class CudaConvolution final : public LibraryConvolution<T> {
 public:
  CudaConvolution(const ExecutionSpace& space, const Filter& filter, bool tf32)
      : space_(space), filter_(filter), tf32_(tf32) {}
  void set_weights(const View<const float*>& weights, const View<const float*>& bias) override {
    weights_ = weights;
    bias_ = bias;
    own_ = !std::is_same_v<T, float> || !aligned(weights.data()) || !aligned(bias.data());
    rounded_ = false;
  }
  void forward(const Shape& shape, const T* x, T* y) override;
  void backward_data(const Shape& shape, const T* dy, T* dx) override;
  void backward_weights(const Shape& shape, const T* x, const T* dy, const View<float*>& dw,
                        const View<float*>& db) override;

 private:
  using Number = typename Native<T>::Number;
  static constexpr int stretches = 256;

  Plan<T>& plan(const Shape& shape) {
    auto& kept = plans_[shape];
    if (!kept) kept = std::make_unique<Plan<T>>(handle_on(space_), filter_, shape, tf32_);
    if (!workspace_) workspace_ = workspace_on(space_);
    if (workspace_->extent(0) < kept->workspace()) {
      space_.fence();  // kernels may still use the one that goes
      *workspace_ = View<char*>(uninitialized("conv_workspace"), kept->workspace());
    }
    return *kept;
  }
  std::int64_t outside(const Shape& s) const {  // pixels of all convolved images
    return std::int64_t{s.batch} * filter_.output(s.nx) * filter_.output(s.ny);
  }
  // Weights and biases as the library reads them.
  void round_parameters() {
    if (rounded_) return;
    rounded_ = true;
    if (!own_) return;
    if (own_weights_.extent(0) == 0)
      own_weights_ = View<Number*>(uninitialized("conv_weights"), static_cast<std::size_t>(filter_.weights()));
    narrow(space_, weights_, own_weights_);
    if (bias_.extent(0) == 0) return;
    if (own_bias_.extent(0) == 0)
      own_bias_ = View<Number*>(uninitialized("conv_bias"), static_cast<std::size_t>(filter_.out));
    narrow(space_, bias_, own_bias_);
  }
  const void* weight_data() const { return own_ ? static_cast<const void*>(own_weights_.data()) : weights_.data(); }
  const void* bias_data() const { return own_ ? static_cast<const void*>(own_bias_.data()) : bias_.data(); }

  // True where convolution, bias and activation were one call.
  bool fused(Plan<T>& p, const T* x, T* y) {
    if (!p.fusible || bias_.extent(0) == 0) return false;
    const float one = 1.0f, zero = 0.0f;
    const auto status = cudnnConvolutionBiasActivationForward(
        handle_on(space_), &one, p.x, x, p.weights, weight_data(), p.convolution, Plan<T>::fused, workspace_->data(),
        workspace_->extent(0), &zero, p.y, y, p.bias, bias_data(), p.activation, p.y, y);
    if (CUDNN_STATUS_CATEGORY(status) == CUDNN_STATUS_NOT_SUPPORTED)
      return p.fusible = false;  // numbers of channels that it has no kernel for
    require(status, "cudnnConvolutionBiasActivationForward", filter_);
    return true;
  }

  ExecutionSpace space_;
  Filter filter_;
  bool tf32_, own_ = false, rounded_ = false;
  View<const float*> weights_, bias_;
  View<Number*> own_weights_, own_bias_, rounded_gradient_;
  View<float*> sums_;
  std::shared_ptr<View<char*>> workspace_;
  std::map<Shape, std::unique_ptr<Plan<T>>> plans_;
};

template <class T>
void CudaConvolution<T>::forward(const Shape& shape, const T* x, T* y) {
  // gelu is ours: the library is asked for nothing, or for relu.
  const bool relu = shape.activation == Activation::relu;
  auto& p = plan({shape.batch, shape.nx, shape.ny, relu ? Activation::relu : Activation::none});
  round_parameters();
  auto* numbers = reinterpret_cast<Number*>(y);
  const std::int64_t count = outside(shape) * filter_.out;
  if (fused(p, x, y)) {
    if (shape.activation == Activation::gelu) finish(space_, {}, shape.activation, numbers, count, filter_.out);
    return;
  }
  const float one = 1.0f, zero = 0.0f;
  require(cudnnConvolutionForward(handle_on(space_), &one, p.x, x, p.weights, weight_data(), p.convolution,
                                  p.forward.algo, workspace_->data(), workspace_->extent(0), &zero, p.y, y),
          "cudnnConvolutionForward", filter_);
  finish(space_, bias_, shape.activation, numbers, count, filter_.out);
}

template <class T>
void CudaConvolution<T>::backward_data(const Shape& shape, const T* dy, T* dx) {
  auto& p = plan(shape);
  round_parameters();
  const float one = 1.0f, zero = 0.0f;
  require(cudnnConvolutionBackwardData(handle_on(space_), &one, p.weights, weight_data(), p.y, dy, p.convolution,
                                       p.backward_data.algo, workspace_->data(), workspace_->extent(0), &zero, p.x, dx),
          "cudnnConvolutionBackwardData", filter_);
}

template <class T>
void CudaConvolution<T>::backward_weights(const Shape& shape, const T* x, const T* dy, const View<float*>& dw,
                                          const View<float*>& db) {
  auto& p = plan(shape);
  // float adds to what is there, if the library can; formats of 16 bits come rounded into storage of their own.
  const bool in_place = std::is_same_v<T, float> && aligned(dw.data());
  if (!in_place && rounded_gradient_.extent(0) == 0)
    rounded_gradient_ = View<Number*>(uninitialized("conv_gradient"), dw.extent(0));
  void* to = in_place ? static_cast<void*>(dw.data()) : rounded_gradient_.data();
  const float one = 1.0f, keep = in_place ? 1.0f : 0.0f;
  require(
      cudnnConvolutionBackwardFilter(handle_on(space_), &one, p.x, x, p.y, dy, p.convolution, p.backward_weights.algo,
                                     workspace_->data(), workspace_->extent(0), &keep, p.weights, to),
      "cudnnConvolutionBackwardFilter", filter_);
  if (!in_place) add(space_, rounded_gradient_, dw);
  if (db.extent(0) == 0) return;
  if (sums_.extent(0) == 0)
    sums_ = View<float*>(uninitialized("conv_sums"), static_cast<std::size_t>(filter_.out) * stretches);
  add_channel_sums(space_, reinterpret_cast<const Number*>(dy), outside(shape), sums_, db);
}

}  // namespace

template <class T>
std::unique_ptr<LibraryConvolution<T>> make_library_convolution(const ExecutionSpace& space, const Filter& filter,
                                                                bool tf32) {
  return std::make_unique<CudaConvolution<T>>(space, filter, tf32);
}
template std::unique_ptr<LibraryConvolution<float>> make_library_convolution(const ExecutionSpace&, const Filter&,
                                                                             bool);
template std::unique_ptr<LibraryConvolution<Bf16>> make_library_convolution(const ExecutionSpace&, const Filter&, bool);
template std::unique_ptr<LibraryConvolution<Fp16>> make_library_convolution(const ExecutionSpace&, const Filter&, bool);

void set_threads(int) {}  // the GPU library has no threads of the host
int threads() { return 1; }
std::string library() {
  const std::size_t version = cudnnGetVersion();
  return fmt::format("cuDNN {}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

}  // namespace locum::conv
