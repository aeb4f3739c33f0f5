#include "surrogates/nn/pointwise.hpp"

#include "kokkos_kernels/base/errors.hpp"

namespace locum::nn {
namespace {

template <Pointwise kind, class T>
void apply_kind(const ExecutionSpace& space, const T* z, T* y, std::size_t count) {
  for_each_number(
      "pointwise", space, count, KOKKOS_LAMBDA(std::size_t from, std::size_t to) {
        for (std::size_t k = from; k < to; ++k) store(y[k], value_of<kind>(load(z[k])));
      });
}

template <Pointwise kind, class T>
void apply_slope_kind(const ExecutionSpace& space, const T* told, T* dy, std::size_t count) {
  for_each_number(
      "pointwise_slope", space, count, KOKKOS_LAMBDA(std::size_t from, std::size_t to) {
        for (std::size_t k = from; k < to; ++k) store(dy[k], load(dy[k]) * slope_of<kind>(load(told[k])));
      });
}

}  // namespace

const std::vector<std::string>& pointwise_names() {
  static const std::vector<std::string> names{"none", "relu", "gelu", "sigmoid", "tanh"};
  return names;
}

Pointwise pointwise_of(const std::string& name) {
  const auto& names = pointwise_names();
  for (std::size_t k = 0; k < names.size(); ++k)
    if (names[k] == name) return static_cast<Pointwise>(k);
  throw ConfigError("there is no activation '" + name + "'", "", "known: none, relu, gelu, sigmoid, tanh");
}

template <class T>
void apply(const ExecutionSpace& space, Pointwise kind, const Images<T>& z, const Images<T>& y) {
  if (kind == Pointwise::none && z.data() == y.data()) return;
  with_kind(kind, [&](auto constant) { apply_kind<decltype(constant)::value>(space, z.data(), y.data(), y.size()); });
}

template <class T>
void apply_slope(const ExecutionSpace& space, Pointwise kind, const Images<T>& told, const Images<T>& dy) {
  if (kind == Pointwise::none) return;
  with_kind(kind, [&](auto constant) {
    apply_slope_kind<decltype(constant)::value>(space, told.data(), dy.data(), dy.size());
  });
}

template <class From, class To>
void convert(const ExecutionSpace& space, const Images<const From>& from, const Images<To>& to) {
  const From* a = from.data();
  To* b = to.data();
  for_each_number(
      "convert", space, to.size(), KOKKOS_LAMBDA(std::size_t first, std::size_t last) {
        for (std::size_t k = first; k < last; ++k) store(b[k], load(a[k]));
      });
}

template <class T>
void add(const ExecutionSpace& space, const Images<const T>& from, const Images<T>& to) {
  const T* a = from.data();
  T* b = to.data();
  for_each_number(
      "add", space, to.size(), KOKKOS_LAMBDA(std::size_t first, std::size_t last) {
        for (std::size_t k = first; k < last; ++k) store(b[k], load(b[k]) + load(a[k]));
      });
}

template <class T>
void copy_channels(const ExecutionSpace& space, const Images<const T>& from, int from_first, const Images<T>& to,
                   int to_first, int count) {
  const int a_width = from.extent_int(3), b_width = to.extent_int(3);
  const T* a = from.data() + from_first;
  T* b = to.data() + to_first;
  for_each_pixel(
      "copy_channels", space, extent_of(to).pixels(), count, KOKKOS_LAMBDA(int pixel, int first, int last) {
        const std::size_t at = static_cast<std::size_t>(pixel);
        for (int c = first; c < last; ++c) b[at * b_width + c] = a[at * a_width + c];
      });
}

#define LOCUM_INSTANTIATE(T)                                                                            \
  template void apply<T>(const ExecutionSpace&, Pointwise, const Images<T>&, const Images<T>&);         \
  template void apply_slope<T>(const ExecutionSpace&, Pointwise, const Images<T>&, const Images<T>&);   \
  template void convert<float, T>(const ExecutionSpace&, const Images<const float>&, const Images<T>&); \
  template void add<T>(const ExecutionSpace&, const Images<const T>&, const Images<T>&);                \
  template void copy_channels<T>(const ExecutionSpace&, const Images<const T>&, int, const Images<T>&, int, int)
LOCUM_INSTANTIATE(float);
LOCUM_INSTANTIATE(conv::Bf16);
LOCUM_INSTANTIATE(conv::Fp16);
template void convert<conv::Bf16, float>(const ExecutionSpace&, const Images<const conv::Bf16>&, const Images<float>&);
template void convert<conv::Fp16, float>(const ExecutionSpace&, const Images<const conv::Fp16>&, const Images<float>&);
template void convert<conv::Bf16, conv::Bf16>(const ExecutionSpace&, const Images<const conv::Bf16>&,
                                              const Images<conv::Bf16>&);
template void convert<conv::Fp16, conv::Fp16>(const ExecutionSpace&, const Images<const conv::Fp16>&,
                                              const Images<conv::Fp16>&);

}  // namespace locum::nn
