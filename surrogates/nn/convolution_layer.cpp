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

std::size_t count(const conv::Filter& f, bool bias, int biases) {
  return static_cast<std::size_t>(f.weights()) + static_cast<std::size_t>(bias ? biases : 0);
}

template <class V>
V part(const V& parameters, std::size_t from, std::size_t to) {
  return V(Kokkos::subview(parameters, std::make_pair(from, to)));
}

void check_count(std::size_t found, std::size_t expected) {
  if (found != expected)
    throw ConfigError("a layer was given " + std::to_string(found) + " parameters, it has " + std::to_string(expected));
}

// y ← f(y + β)
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

void initialise_weights(std::span<double> weights, int fan_in, Pointwise activation, std::uint64_t seed,
                        std::uint64_t stream) {
  const bool rectified = activation == Pointwise::relu || activation == Pointwise::gelu;
  const double deviation = std::sqrt((rectified ? 2.0 : 1.0) / fan_in);
  for (std::size_t k = 0; k < weights.size(); ++k)
    weights[k] = deviation * random::normal_pair(seed, random::Stream::weights, (stream << 32) + k, 1).first;
}

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
ConvolutionLayer<T>::ConvolutionLayer(const ExecutionSpace& space, const ConvolutionConfig& config, bool tf32)
    : space_(space), config_(config), convolution_(space, filter_of(config), tf32) {}

template <class T>
std::size_t ConvolutionLayer<T>::parameters() const {
  return count(convolution_.filter(), config_.bias, config_.out);
}

template <class T>
void ConvolutionLayer<T>::initialise(std::span<double> p, std::uint64_t seed, std::uint64_t stream) const {
  const auto weights = static_cast<std::size_t>(convolution_.filter().weights());
  initialise_weights(p.first(weights), config_.in * config_.kernel * config_.kernel, config_.activation, seed, stream);
  for (double& b : p.subspan(weights)) b = 0.0;
}

template <class T>
Extent ConvolutionLayer<T>::output(const Extent& x) const {
  const auto& f = convolution_.filter();
  return {x.batch, f.output(x.nx), f.output(x.ny), f.out};
}

template <class T>
void ConvolutionLayer<T>::set_parameters(const View<const float*>& p) {
  check_count(p.extent(0), parameters());
  const auto weights = static_cast<std::size_t>(convolution_.filter().weights());
  convolution_.set_weights(part(p, 0, weights), part(p, weights, p.extent(0)));
}

template <class T>
void ConvolutionLayer<T>::forward(const Images<T>& x, const Images<T>& y, Cache* cache) const {
  if (cache) {
    cache->x = x;
    cache->y = y;
  }
  if (cache && needs_input(config_.activation)) {
    cache->z = cache->own.images("before_activation", extent_of(y));
    convolution_.forward(x, cache->z);
    return apply(space_, config_.activation, cache->z, y);
  }
  convolution_.forward(x, y, fusible(config_.activation));
  if (!is_fusible(config_.activation)) apply(space_, config_.activation, y, y);
}

template <class T>
void ConvolutionLayer<T>::backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx,
                                   const View<float*>& gradient) const {
  check_count(gradient.extent(0), parameters());
  apply_slope(space_, config_.activation, needs_input(config_.activation) ? cache.z : cache.y, dy);
  const auto weights = static_cast<std::size_t>(convolution_.filter().weights());
  convolution_.backward_weights(cache.x, dy, part(gradient, 0, weights), part(gradient, weights, gradient.extent(0)));
  if (dx.data()) convolution_.backward_data(dy, dx);
}

template <class T>
TransposedConvolutionLayer<T>::TransposedConvolutionLayer(const ExecutionSpace& space, const ConvolutionConfig& config,
                                                          bool tf32)
    : space_(space),
      config_(config),
      convolution_(space, {config.out, config.in, config.stride, config.stride, 0}, tf32) {}

template <class T>
std::size_t TransposedConvolutionLayer<T>::parameters() const {
  return count(convolution_.filter(), config_.bias, config_.out);
}

template <class T>
void TransposedConvolutionLayer<T>::initialise(std::span<double> p, std::uint64_t seed, std::uint64_t stream) const {
  const auto weights = static_cast<std::size_t>(convolution_.filter().weights());
  // Kernels do not overlap: every point of y hears one point of x.
  initialise_weights(p.first(weights), config_.in, config_.activation, seed, stream);
  for (double& b : p.subspan(weights)) b = 0.0;
}

template <class T>
Extent TransposedConvolutionLayer<T>::output(const Extent& x) const {
  return {x.batch, x.nx * config_.stride, x.ny * config_.stride, config_.out};
}

template <class T>
void TransposedConvolutionLayer<T>::set_parameters(const View<const float*>& p) {
  check_count(p.extent(0), parameters());
  const auto weights = static_cast<std::size_t>(convolution_.filter().weights());
  convolution_.set_weights(part(p, 0, weights));
  bias_ = part(p, weights, p.extent(0));
}

template <class T>
void TransposedConvolutionLayer<T>::forward(const Images<T>& x, const Images<T>& y, Cache* cache) const {
  const bool keep = cache && needs_input(config_.activation);
  if (cache) {
    cache->x = x;
    cache->y = y;
    if (keep) cache->z = cache->own.images("before_activation", extent_of(y));
  }
  const Images<T> z = keep ? cache->z : y;
  convolution_.backward_data(x, z);
  if (config_.bias) add_bias(space_, bias_, z);
  apply(space_, config_.activation, z, y);
}

template <class T>
void TransposedConvolutionLayer<T>::backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx,
                                             const View<float*>& gradient) const {
  check_count(gradient.extent(0), parameters());
  apply_slope(space_, config_.activation, needs_input(config_.activation) ? cache.z : cache.y, dy);
  const auto weights = static_cast<std::size_t>(convolution_.filter().weights());
  convolution_.backward_weights(dy, cache.x, part(gradient, 0, weights), {});
  if (config_.bias) add_channel_sums<T>(space_, dy, part(gradient, weights, gradient.extent(0)), sums_);
  if (dx.data()) convolution_.forward(dy, dx);
}

#define LOCUM_INSTANTIATE(T)                    \
  template class ConvolutionLayer<T>;           \
  template class TransposedConvolutionLayer<T>; \
  template void add_channel_sums<T>(const ExecutionSpace&, const Images<const T>&, const View<float*>&, Buffer<float>&)
LOCUM_INSTANTIATE(float);
LOCUM_INSTANTIATE(conv::Bf16);
LOCUM_INSTANTIATE(conv::Fp16);

}  // namespace locum::nn
