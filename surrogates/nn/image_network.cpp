#include "surrogates/nn/image_network.hpp"

#include <fmt/format.h>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/nn/network_engine.hpp"

namespace locum::nn {

std::size_t ParameterBlock::size() const {
  std::size_t product = 1;
  for (const int n : shape) product *= index(n);
  return product;
}

template <class T>
struct ImageNetwork<T>::Cache : TrainingCache<T> {};
template <class T>
struct ImageNetwork<T>::Implementation : NetworkEngine<T> {
  using NetworkEngine<T>::NetworkEngine;
};

template <class T>
ImageNetwork<T>::ImageNetwork(const NetworkDescription& description, const ExecutionSpace& space, bool tf32)
    : implementation_(std::make_unique<Implementation>(description, space, tf32)) {}
template <class T>
ImageNetwork<T>::~ImageNetwork() = default;
template <class T>
ImageNetwork<T>::ImageNetwork(ImageNetwork&&) noexcept = default;
template <class T>
ImageNetwork<T>& ImageNetwork<T>::operator=(ImageNetwork&&) noexcept = default;

template <class T>
const NetworkDescription& ImageNetwork<T>::description() const {
  return implementation_->description;
}
template <class T>
std::size_t ImageNetwork<T>::parameters() const {
  return implementation_->ranges.back().second;
}
template <class T>
const std::vector<ParameterBlock>& ImageNetwork<T>::layout() const {
  return implementation_->layout;
}

template <class T>
std::vector<double> ImageNetwork<T>::initial_parameters(std::uint64_t seed, std::uint64_t stream) const {
  std::vector<double> all(parameters());
  for (std::size_t k = 0; k < implementation_->layers.size(); ++k)
    std::visit(
        [&](const auto& layer) {
          const auto [from, to] = implementation_->ranges[k];
          if constexpr (has_parameters<std::decay_t<decltype(layer)>>)
            layer.initialise(std::span<double>(all).subspan(from, to - from), seed, stream * 1024 + k);
        },
        implementation_->layers[k]);
  return all;
}

template <class T>
void ImageNetwork<T>::set_parameters(std::span<const double> p) {
  if (p.size() != parameters())
    throw ConfigError(fmt::format("an image network was given {} parameters, it has {}", p.size(), parameters()));
  const View<float*> own(uninitialized("network_parameters"), p.size());
  const auto host = Kokkos::create_mirror_view(own);
  for (std::size_t k = 0; k < p.size(); ++k) host(k) = static_cast<float>(p[k]);
  Kokkos::deep_copy(own, host);
  share_parameters(own);
}

template <class T>
void ImageNetwork<T>::share_parameters(const View<const float*>& p) {
  if (p.extent(0) != parameters())
    throw ConfigError(fmt::format("an image network was given {} parameters, it has {}", p.extent(0), parameters()));
  implementation_->parameters = p;
  for (std::size_t k = 0; k < implementation_->layers.size(); ++k)
    std::visit(
        [&](auto& layer) {
          const View<const float*> part = Kokkos::subview(p, implementation_->ranges[k]);
          if constexpr (has_parameters<std::decay_t<decltype(layer)>>) layer.set_parameters(part);
        },
        implementation_->layers[k]);
}

template <class T>
Extent ImageNetwork<T>::output(const Extent& x, std::size_t k) const {
  return implementation_->extents(x)[index(description().outputs.at(k))];
}

template <class T>
void ImageNetwork<T>::forward(const Images<const float>& x, const std::vector<Images<float>>& y) const {
  implementation_->check(extent_of(x), y);
  implementation_->infer(x, y);
}
template <class T>
void ImageNetwork<T>::set_chunk(int images) {
  implementation_->chunk = images;
}

template <class T>
int ImageNetwork<T>::portion(const Extent& x) const {
  return x.batch == 0 ? 1 : implementation_->images_at_a_time(implementation_->extents(x));
}

template <class T>
std::shared_ptr<typename ImageNetwork<T>::Cache> ImageNetwork<T>::make_cache() const {
  return std::make_shared<Cache>();
}
template <class T>
void ImageNetwork<T>::forward(const Images<const float>& x, const std::vector<Images<float>>& y, Cache& cache) const {
  implementation_->check(extent_of(x), y);
  implementation_->train(x, y, cache);
}
template <class T>
void ImageNetwork<T>::backward(Cache& cache, const std::vector<Images<float>>& dy, const View<float*>& gradient,
                               const Images<float>& dx) const {
  if (cache.answers.empty() || gradient.extent(0) != parameters() || dy.size() != description().outputs.size())
    throw ConfigError(
        fmt::format("backward was given {} tensors for {} outputs, room for {} of {} parameters, {} answers", dy.size(),
                    description().outputs.size(), gradient.extent(0), parameters(), cache.answers.size()),
        "", "forward with the same cache comes first");
  if (cache.answers[0].extent(0) > 0) implementation_->backward(cache, dy, gradient, dx);
}

template <class T>
double ImageNetwork<T>::operations(const Extent& x) const {
  const auto known = implementation_->extents({1, x.nx, x.ny, x.channels});
  double sum = 0.0;
  for (std::size_t k = 1; k < known.size(); ++k) {
    const auto& l = description().layers[k];
    const Extent &to = known[k], &from = known[index(l.inputs[0])];
    const double products = static_cast<double>(from.channels) * to.channels;
    if (l.kind == LayerKind::convolution || l.kind == LayerKind::upsampled_convolution)
      sum += 2.0 * to.pixels() * products * l.kernel * l.kernel;
    if (l.kind == LayerKind::transposed_convolution) sum += 2.0 * to.pixels() * products;
  }
  return sum;
}

template class ImageNetwork<float>;
template class ImageNetwork<conv::Bf16>;
template class ImageNetwork<conv::Fp16>;

}  // namespace locum::nn
