#include "surrogates/nn/upsampled_convolution.hpp"

#include "kokkos_kernels/base/errors.hpp"

namespace locum::nn {
namespace {

conv::Filter filter_of(const UpsampledConvolutionConfig& c) {
  if (c.kernel % 2 == 0)
    throw ConfigError("an upsampled convolution has a kernel of " + std::to_string(c.kernel) + ", expected an odd one");
  return {c.in, c.out * c.kernel * c.kernel, 1, 1, 0};
}

// How planes are put together: what kernels need to know of the layer.
struct Layout {
  int out, kernel, factor;
  Interpolation interpolation;
};

// halves(b, X, y, o, v) = Σ_u planes(…, o, u, v) enlarged along x, at X + u − p: zero beyond the border
template <class T>
void along_x(const ExecutionSpace& space, const Layout& l, const Images<T>& planes, const Images<float>& halves) {
  const int f = l.factor, k = l.kernel, pad = (k - 1) / 2, channels = halves.extent_int(3);
  const int nx = planes.extent_int(1), ny = planes.extent_int(2), rows = nx * f;
  const Interpolation kind = l.interpolation;
  for_each_pixel(
      "planes_along_x", space, extent_of(halves).pixels(), channels, KOKKOS_LAMBDA(int pixel, int first, int last) {
        const int y = pixel % ny, X = pixel / ny % rows, image = pixel / ny / rows;
        for (int c = first; c < last; ++c) halves(image, X, y, c) = 0.0f;
        for (int u = 0; u < k; ++u) {
          if (X + u - pad < 0 || X + u - pad >= rows) continue;
          const Sample s = sample_of(kind, X + u - pad, nx, f);
          // Channel c is o k + v, its plane (o k + u) k + v; counted on, since divisions would be most of the work.
          int plane = (first / k * k + u) * k + first % k, v = first % k;
          for (int c = first; c < last; ++c) {
            halves(image, X, y, c) += (1.0f - s.share) * load(planes(image, s.first, y, plane)) +
                                      s.share * load(planes(image, s.second, y, plane));
            v = v + 1 == k ? 0 : v + 1;
            plane += v == 0 ? k * k - k + 1 : 1;
          }
        }
      });
}

// result = scale f(β + Σ_v halves(…, o, v) enlarged along y, at Y + v − p)
template <Pointwise kind, class T>
void along_y(const ExecutionSpace& space, const Layout& l, const Images<float>& halves, const View<const float*>& bias,
             float scale, const Images<T>& result, const Images<float>& told) {
  const int f = l.factor, k = l.kernel, pad = (k - 1) / 2, out = l.out;
  const int rows = halves.extent_int(1), ny = halves.extent_int(2), columns = ny * f;
  const Interpolation interpolation = l.interpolation;
  const bool kept = told.data() != nullptr;
  // Row by row, so that the CPU works out where it is once for a row.
  for_each_pixel(
      "planes_along_y", space, result.extent_int(0) * rows, columns * out, KOKKOS_LAMBDA(int row, int first, int last) {
        const int image = row / rows, X = row % rows;
        for (int item = first; item < last; ++item) {
          const int Y = item / out, o = item % out;
          float z = bias(o);
          for (int v = 0; v < k; ++v) {
            if (Y + v - pad < 0 || Y + v - pad >= columns) continue;
            const Sample s = sample_of(interpolation, Y + v - pad, ny, f);
            z += (1.0f - s.share) * halves(image, X, s.first, o * k + v) +
                 s.share * halves(image, X, s.second, o * k + v);
          }
          const float y = value_of<kind>(z);
          if (kept) told(image, X, Y, o) = needs_input(kind) ? z : y;
          store(result(image, X, Y, o), scale * y);
        }
      });
}

// slope ← derivative by what the activation is given, from dy
template <Pointwise kind, class T>
void before_activation(const ExecutionSpace& space, float scale, const Images<T>& dy, const Images<float>& told) {
  const T* from = dy.data();
  float* to = told.data();
  for_each_number(
      "upsampled_slope", space, dy.size(), KOKKOS_LAMBDA(std::size_t first, std::size_t last) {
        for (std::size_t k = first; k < last; ++k) to[k] = scale * load(from[k]) * slope_of<kind>(to[k]);
      });
}

// The transpose of along_y.
void back_along_y(const ExecutionSpace& space, const Layout& l, const Images<float>& slope,
                  const Images<float>& halves) {
  const int f = l.factor, k = l.kernel, pad = (k - 1) / 2, channels = halves.extent_int(3);
  const int rows = halves.extent_int(1), ny = halves.extent_int(2), columns = ny * f;
  const Interpolation kind = l.interpolation;
  for_each_pixel(
      "planes_back_along_y", space, extent_of(halves).pixels(), channels,
      KOKKOS_LAMBDA(int pixel, int first, int last) {
        const int y = pixel % ny, X = pixel / ny % rows, image = pixel / ny / rows;
        for (int c = first; c < last; ++c) halves(image, X, y, c) = 0.0f;
        const int from = y > 0 ? (y - 1) * f : 0, to = (y + 2) * f < columns ? (y + 2) * f : columns;
        for (int P = from; P < to; ++P) {
          const float share = share_of(kind, P, y, ny, f);
          for (int c = first; c < last && share != 0.0f; ++c) {
            const int Y = P - c % k + pad;
            if (Y >= 0 && Y < columns) halves(image, X, y, c) += share * slope(image, X, Y, c / k);
          }
        }
      });
}

// The transpose of along_x.
template <class T>
void back_along_x(const ExecutionSpace& space, const Layout& l, const Images<float>& halves, const Images<T>& planes) {
  const int f = l.factor, k = l.kernel, pad = (k - 1) / 2, channels = planes.extent_int(3);
  const int nx = planes.extent_int(1), ny = planes.extent_int(2), rows = nx * f;
  const Interpolation kind = l.interpolation;
  for_each_pixel(
      "planes_back_along_x", space, extent_of(planes).pixels(), channels,
      KOKKOS_LAMBDA(int pixel, int first, int last) {
        const int y = pixel % ny, x = pixel / ny % nx, image = pixel / ny / nx;
        const int from = x > 0 ? (x - 1) * f : 0, to = (x + 2) * f < rows ? (x + 2) * f : rows;
        for (int c = first; c < last; ++c) {
          float sum = 0.0f;
          for (int P = from; P < to; ++P) {
            const int X = P - c / k % k + pad;
            if (X >= 0 && X < rows) sum += share_of(kind, P, x, nx, f) * halves(image, X, y, c / k / k * k + c % k);
          }
          store(planes(image, x, y, c), sum);
        }
      });
}

}  // namespace

template <class T>
UpsampledConvolutionLayer<T>::UpsampledConvolutionLayer(const ExecutionSpace& space,
                                                        const UpsampledConvolutionConfig& config, bool tf32)
    : Base(space, filter_of(config), tf32, config.in * config.kernel * config.kernel, config.out,
           Base::Biases::by_layer, config.activation),
      config_(config) {}

template <class T>
Extent UpsampledConvolutionLayer<T>::output(const Extent& x) const {
  return {x.batch, x.nx * config_.factor, x.ny * config_.factor, config_.out};
}
template <class T>
Extent UpsampledConvolutionLayer<T>::planes_of(const Extent& x) const {
  return {x.batch, x.nx, x.ny, config_.out * config_.kernel * config_.kernel};
}
template <class T>
Extent UpsampledConvolutionLayer<T>::halves_of(const Extent& x) const {
  return {x.batch, x.nx * config_.factor, x.ny, config_.out * config_.kernel};
}

template <class T>
void UpsampledConvolutionLayer<T>::forward(const Images<T>& x, const Images<T>& y, Cache* cache) const {
  const Extent e = extent_of(x);
  const Layout layout{config_.out, config_.kernel, config_.factor, config_.interpolation};
  const auto planes = planes_.images("upsampled_planes", planes_of(e));
  const auto halves = halves_.images("upsampled_halves", halves_of(e));
  Images<float> told;
  if (cache) {
    cache->x = x;
    told = cache->told = cache->own.images("upsampled_told", extent_of(y));
  }
  convolution_.forward(x, planes);
  along_x(space_, layout, planes, halves);
  with_kind(config_.activation,
            [&](auto kind) { along_y<decltype(kind)::value>(space_, layout, halves, bias_, config_.scale, y, told); });
}

template <class T>
void UpsampledConvolutionLayer<T>::backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx,
                                            const View<float*>& gradient) const {
  const Extent e = extent_of(cache.x);
  const Layout layout{config_.out, config_.kernel, config_.factor, config_.interpolation};
  const auto planes = planes_.images("upsampled_planes", planes_of(e));
  const auto halves = halves_.images("upsampled_halves", halves_of(e));
  const Images<float> slope = cache.told;  // nobody else wants what was told
  with_kind(config_.activation,
            [&](auto kind) { before_activation<decltype(kind)::value>(space_, config_.scale, dy, slope); });
  add_channel_sums<float>(space_, slope, of_biases(gradient), sums_);
  back_along_y(space_, layout, slope, halves);
  back_along_x(space_, layout, halves, planes);
  convolution_.backward_weights(cache.x, planes, of_weights(gradient), {});
  if (dx.data()) convolution_.backward_data(planes, dx);
}

template class UpsampledConvolutionLayer<float>;
template class UpsampledConvolutionLayer<conv::Bf16>;
template class UpsampledConvolutionLayer<conv::Fp16>;

}  // namespace locum::nn
