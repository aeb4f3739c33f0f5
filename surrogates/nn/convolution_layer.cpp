#include "surrogates/nn/convolution_layer.hpp"

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::nn {
namespace {

conv::Filter filter_of(const ConvolutionConfig& c) {
  if (c.kernel % 2 == 0)
    throw ConfigError("a convolution has a kernel of " + std::to_string(c.kernel) + ", expected an odd one");
  return {c.in, c.out, c.kernel, c.stride, (c.kernel - 1) / 2};
}

conv::Filter transposed_filter_of(const ConvolutionConfig& c) { return {c.out, c.in, c.stride, c.stride, 0}; }

void check_count(std::size_t found, std::size_t expected) {
  if (found != expected)
    throw ConfigError("a layer was given " + std::to_string(found) + " parameters, it has " + std::to_string(expected));
}

// y ← y + β
template <class T>
void add_bias(const ExecutionSpace& space, const View<const float*>& bias, const Images<T>& y) {
  const int channels = y.extent_int(3);
  const float* b = bias.data();
  T* numbers = y.data();
  for_each_pixel(
      "add_bias", space, extent_of(y).pixels(), channels, KOKKOS_LAMBDA(int pixel, int from, int to) {
        T* at = numbers + static_cast<std::size_t>(pixel) * channels;
        for (int c = from; c < to; ++c) store(at[c], load(at[c]) + b[c]);
      });
}

}  // namespace

template <class T>
void add_channel_sums(const ExecutionSpace& space, const Images<const T>& dy, const View<float*>& db,
                      Buffer<float>& work) {
  const int channels = dy.extent_int(3), pixels = extent_of(dy).pixels();
  const int stretch = 1024, stretches = (pixels + stretch - 1) / stretch;
  float* sums = work.numbers("channel_sums", static_cast<std::size_t>(stretches) * channels).data();
  const T* numbers = dy.data();
  for_each_pixel(
      "channel_sums", space, stretches, channels, KOKKOS_LAMBDA(int s, int from, int to) {
        const int last = (s + 1) * stretch < pixels ? (s + 1) * stretch : pixels;
        float* sum = sums + static_cast<std::size_t>(s) * channels;
        for (int c = from; c < to; ++c) sum[c] = 0.0f;
        for (int pixel = s * stretch; pixel < last; ++pixel)
          for (int c = from; c < to; ++c) sum[c] += load(numbers[static_cast<std::size_t>(pixel) * channels + c]);
      });
  Kokkos::parallel_for(
      "add_channel_sums", RangePolicy(space, 0, channels), KOKKOS_LAMBDA(int c) {
        float sum = 0.0f;
        for (int s = 0; s < stretches; ++s) sum += sums[static_cast<std::size_t>(s) * channels + c];
        db(c) += sum;
      });
}

template <class T>
ConvolutionBase<T>::ConvolutionBase(const ExecutionSpace& space, const conv::Filter& filter, bool tf32, int fan_in,
                                    int channels_out, Biases biases, Pointwise activation)
    : space_(space),
      convolution_(space, filter, tf32),
      activation_(activation),
      fan_in_(fan_in),
      biases_(biases == Biases::none ? 0 : static_cast<std::size_t>(channels_out)),
      adds_(biases) {}

template <class T>
void ConvolutionBase<T>::initialise(std::span<double> p, std::uint64_t seed, std::uint64_t stream) const {
  const bool rectified = activation_ == Pointwise::relu || activation_ == Pointwise::gelu;
  const double deviation = std::sqrt((rectified ? 2.0 : 1.0) / fan_in_);
  for (std::size_t k = 0; k < weights(); ++k)
    p[k] = deviation * random::normal_pair(seed, random::Stream::weights, (stream << 32) + k, 1).first;
  for (double& b : p.subspan(weights())) b = 0.0;
}

template <class T>
void ConvolutionBase<T>::set_parameters(const View<const float*>& p) {
  check_count(p.extent(0), parameters());
  bias_ = Kokkos::subview(p, std::make_pair(weights(), p.extent(0)));
  convolution_.set_weights(Kokkos::subview(p, std::make_pair(std::size_t{0}, weights())),
                           adds_ == Biases::by_library ? bias_ : View<const float*>());
}

template <class T>
View<float*> ConvolutionBase<T>::of_weights(const View<float*>& gradient) const {
  check_count(gradient.extent(0), parameters());
  return Kokkos::subview(gradient, std::make_pair(std::size_t{0}, weights()));
}

template <class T>
View<float*> ConvolutionBase<T>::of_biases(const View<float*>& gradient) const {
  check_count(gradient.extent(0), parameters());
  return Kokkos::subview(gradient, std::make_pair(weights(), gradient.extent(0)));
}

template <class T>
ConvolutionLayer<T>::ConvolutionLayer(const ExecutionSpace& space, const ConvolutionConfig& c, bool tf32)
    : Base(space, filter_of(c), tf32, c.in * c.kernel * c.kernel, c.out,
           c.bias ? Base::Biases::by_library : Base::Biases::none, c.activation) {}

template <class T>
Extent ConvolutionLayer<T>::output(const Extent& x) const {
  const auto& f = convolution_.filter();
  return {x.batch, f.output(x.nx), f.output(x.ny), f.out};
}

template <class T>
void ConvolutionLayer<T>::forward(const Images<T>& x, const Images<T>& y, Cache* cache) const {
  const Images<T> z = cache ? cache->keep(x, y, activation_) : y;
  if (cache && needs_input(activation_)) {
    convolution_.forward(x, z);
    return apply(space_, activation_, z, y);
  }
  convolution_.forward(x, y, fusible(activation_));
  if (!is_fusible(activation_)) apply(space_, activation_, y, y);
}

template <class T>
void ConvolutionLayer<T>::backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx,
                                   const View<float*>& gradient) const {
  apply_slope(space_, activation_, cache.told(activation_), dy);
  convolution_.backward_weights(cache.x, dy, of_weights(gradient), of_biases(gradient));
  if (dx.data()) convolution_.backward_data(dy, dx);
}

// Kernels do not overlap: every point of y hears one point of x.
template <class T>
TransposedConvolutionLayer<T>::TransposedConvolutionLayer(const ExecutionSpace& space, const ConvolutionConfig& c,
                                                          bool tf32)
    : Base(space, transposed_filter_of(c), tf32, c.in, c.out, c.bias ? Base::Biases::by_layer : Base::Biases::none,
           c.activation) {}

template <class T>
Extent TransposedConvolutionLayer<T>::output(const Extent& x) const {
  const auto& f = convolution_.filter();
  return {x.batch, x.nx * f.stride, x.ny * f.stride, f.in};
}

template <class T>
void TransposedConvolutionLayer<T>::forward(const Images<T>& x, const Images<T>& y, Cache* cache) const {
  const Images<T> z = cache ? cache->keep(x, y, activation_) : y;
  convolution_.backward_data(x, z);
  if (bias_.extent(0) > 0) add_bias(space_, bias_, z);
  apply(space_, activation_, z, y);
}

template <class T>
void TransposedConvolutionLayer<T>::backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx,
                                             const View<float*>& gradient) const {
  apply_slope(space_, activation_, cache.told(activation_), dy);
  convolution_.backward_weights(dy, cache.x, of_weights(gradient), {});
  if (bias_.extent(0) > 0) add_channel_sums<T>(space_, dy, of_biases(gradient), sums_);
  if (dx.data()) convolution_.forward(dy, dx);
}

#define LOCUM_INSTANTIATE(T)                    \
  template class ConvolutionBase<T>;            \
  template class ConvolutionLayer<T>;           \
  template class TransposedConvolutionLayer<T>; \
  template void add_channel_sums<T>(const ExecutionSpace&, const Images<const T>&, const View<float*>&, Buffer<float>&)
LOCUM_INSTANTIATE(float);
LOCUM_INSTANTIATE(conv::Bf16);
LOCUM_INSTANTIATE(conv::Fp16);

}  // namespace locum::nn
