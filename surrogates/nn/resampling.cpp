#include "surrogates/nn/resampling.hpp"

#include "kokkos_kernels/base/errors.hpp"

namespace locum::nn {
namespace {

constexpr int lanes_at_once = 16;  // channels whose sums are kept in registers

}  // namespace

template <class T>
Extent PoolingLayer<T>::output(const Extent& x) const {
  if (x.nx % factor_ != 0 || x.ny % factor_ != 0)
    throw ConfigError("images " + x.text() + " are pooled by " + std::to_string(factor_), "",
                      "the sides must be divisible by the factor, and by its power for several poolings");
  return {x.batch, x.nx / factor_, x.ny / factor_, x.channels};
}

template <class T>
void PoolingLayer<T>::forward(const Images<T>& x, const Images<T>& y, Cache* cache) const {
  if (cache) *cache = {x, y};
  const int f = factor_, ny = y.extent_int(2), channels = y.extent_int(3), row = x.extent_int(2) * channels;
  const bool maximum = kind_ == Pooling::maximum;
  const float scale = maximum ? 1.0f : 1.0f / static_cast<float>(f * f);
  const T* from = x.data();
  T* to = y.data();
  for_each_pixel(
      "pooling", space_, extent_of(y).pixels(), channels, KOKKOS_LAMBDA(int pixel, int first, int last) {
        // Rows of y follow each other through the batch, and so do their windows in x.
        const T* window = from + static_cast<std::size_t>(pixel / ny * f) * row + pixel % ny * f * channels;
        T* at = to + static_cast<std::size_t>(pixel) * channels;
        for (int c0 = first; c0 < last; c0 += lanes_at_once) {
          const int lanes = last - c0 < lanes_at_once ? last - c0 : lanes_at_once;
          float value[lanes_at_once];
          for (int l = 0; l < lanes; ++l) value[l] = load(window[c0 + l]);
          for (int k = 1; k < f * f; ++k) {
            const T* point = window + k / f * row + k % f * channels + c0;
            for (int l = 0; l < lanes; ++l) {
              const float other = load(point[l]);
              value[l] = maximum ? (other > value[l] ? other : value[l]) : value[l] + other;
            }
          }
          for (int l = 0; l < lanes; ++l) store(at[c0 + l], value[l] * scale);
        }
      });
}

template <class T>
void PoolingLayer<T>::backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx) const {
  const int f = factor_, ny = dy.extent_int(2), channels = dy.extent_int(3), row = dx.extent_int(2) * channels;
  const bool maximum = kind_ == Pooling::maximum;
  const float scale = 1.0f / static_cast<float>(f * f);
  const T *x = cache.x.data(), *y = cache.y.data(), *from = dy.data();
  T* to = dx.data();
  for_each_pixel(
      "pooling_backward", space_, extent_of(dy).pixels(), channels, KOKKOS_LAMBDA(int pixel, int first, int last) {
        const std::size_t window = static_cast<std::size_t>(pixel / ny * f) * row + pixel % ny * f * channels;
        const std::size_t at = static_cast<std::size_t>(pixel) * channels;
        for (int c0 = first; c0 < last; c0 += lanes_at_once) {
          const int lanes = last - c0 < lanes_at_once ? last - c0 : lanes_at_once;
          float left[lanes_at_once], largest[lanes_at_once];  // left: what no point before has taken
          for (int l = 0; l < lanes; ++l) {
            left[l] = load(from[at + c0 + l]) * (maximum ? 1.0f : scale);
            largest[l] = maximum ? load(y[at + c0 + l]) : 0.0f;
          }
          for (int k = 0; k < f * f; ++k) {
            const std::size_t point = window + static_cast<std::size_t>(k / f * row + k % f * channels + c0);
            for (int l = 0; l < lanes; ++l) {
              const bool takes = !maximum || load(x[point + l]) == largest[l];
              store(to[point + l], takes ? left[l] : 0.0f);
              left[l] = maximum && takes ? 0.0f : left[l];
            }
          }
        }
      });
}

const std::vector<std::string>& interpolation_names() {
  static const std::vector<std::string> names{"nearest", "bilinear"};
  return names;
}

Interpolation interpolation_of(const std::string& name) {
  if (name == "nearest") return Interpolation::nearest;
  if (name == "bilinear") return Interpolation::bilinear;
  throw ConfigError("there is no interpolation '" + name + "'", "", "known: nearest, bilinear");
}

template <class T>
void UpsamplingLayer<T>::forward(const Images<T>& x, const Images<T>& y, Cache*) const {
  const int f = factor_, nx = x.extent_int(1), ny = x.extent_int(2), channels = x.extent_int(3);
  const int rows = nx * f, columns = ny * f;
  const Interpolation kind = kind_;
  const T* from = x.data();
  T* to = y.data();
  for_each_pixel(
      "upsampling", space_, extent_of(y).pixels(), channels, KOKKOS_LAMBDA(int pixel, int first, int last) {
        const Sample v = sample_of(kind, pixel % columns, ny, f), u = sample_of(kind, pixel / columns % rows, nx, f);
        const int image = pixel / columns / rows;
        const T* upper = from + static_cast<std::size_t>(image * nx + u.first) * ny * channels;
        const T* lower = from + static_cast<std::size_t>(image * nx + u.second) * ny * channels;
        const T *a = upper + v.first * channels, *b = upper + v.second * channels;
        const T *c = lower + v.first * channels, *d = lower + v.second * channels;
        const float wd = u.share * v.share, wc = u.share - wd, wb = v.share - wd, wa = 1.0f - u.share - wb;
        T* at = to + static_cast<std::size_t>(pixel) * channels;
        for (int k = first; k < last; ++k)
          store(at[k], wa * load(a[k]) + wb * load(b[k]) + wc * load(c[k]) + wd * load(d[k]));
      });
}

template <class T>
void UpsamplingLayer<T>::backward(const Cache&, const Images<T>& dy, const Images<T>& dx) const {
  const int f = factor_, nx = dx.extent_int(1), ny = dx.extent_int(2), channels = dx.extent_int(3);
  const int rows = nx * f, columns = ny * f;
  const Interpolation kind = kind_;
  const T* from = dy.data();
  T* to = dx.data();
  for_each_pixel(
      "upsampling_backward", space_, extent_of(dx).pixels(), channels, KOKKOS_LAMBDA(int pixel, int first, int last) {
        const int y = pixel % ny, x = pixel / ny % nx, image = pixel / ny / nx;
        T* at = to + static_cast<std::size_t>(pixel) * channels;
        const int X0 = x > 0 ? (x - 1) * f : 0, X1 = (x + 2) * f < rows ? (x + 2) * f : rows;
        const int Y0 = y > 0 ? (y - 1) * f : 0, Y1 = (y + 2) * f < columns ? (y + 2) * f : columns;
        for (int c0 = first; c0 < last; c0 += lanes_at_once) {
          const int lanes = last - c0 < lanes_at_once ? last - c0 : lanes_at_once;
          float sum[lanes_at_once] = {};
          for (int X = X0; X < X1; ++X) {
            const float u = share_of(kind, X, x, nx, f);
            if (u == 0.0f) continue;
            for (int Y = Y0; Y < Y1; ++Y) {
              const float w = u * share_of(kind, Y, y, ny, f);
              if (w == 0.0f) continue;
              const T* point = from + (static_cast<std::size_t>(image * rows + X) * columns + Y) * channels + c0;
              for (int k = 0; k < lanes; ++k) sum[k] += w * load(point[k]);
            }
          }
          for (int k = 0; k < lanes; ++k) store(at[c0 + k], sum[k]);
        }
      });
}

#define LOCUM_INSTANTIATE(T)      \
  template class PoolingLayer<T>; \
  template class UpsamplingLayer<T>
LOCUM_INSTANTIATE(float);
LOCUM_INSTANTIATE(conv::Bf16);
LOCUM_INSTANTIATE(conv::Fp16);

}  // namespace locum::nn
