// What the layers of image networks share: shapes, storage that grows but never shrinks, and loops over pixels.
//
// Images are (batch, nx, ny, channels), channels fastest, in float, Bf16 or Fp16; arithmetic is in float.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "kokkos_kernels/conv/tensor.hpp"
#include "kokkos_kernels/linalg/precision.hpp"

namespace locum::nn {

template <class T>
using Images = conv::Tensor<T>;

struct Extent {
  int batch = 0, nx = 0, ny = 0, channels = 0;
  std::size_t size() const { return static_cast<std::size_t>(batch) * nx * ny * channels; }
  int pixels() const { return batch * nx * ny; }
  bool operator==(const Extent&) const = default;
  std::string text() const {
    std::string text = "(";
    return text.append(std::to_string(batch) + ", " + std::to_string(nx) + ", " + std::to_string(ny) + ", ")
        .append(std::to_string(channels) + ")");
  }
};

template <class V>
Extent extent_of(const V& images) {
  return {images.extent_int(0), images.extent_int(1), images.extent_int(2), images.extent_int(3)};
}

KOKKOS_FORCEINLINE_FUNCTION float load(float x) { return x; }
KOKKOS_FORCEINLINE_FUNCTION float load(conv::Bf16 x) { return linalg::from_bf16(x.bits); }
KOKKOS_FORCEINLINE_FUNCTION float load(conv::Fp16 x) { return linalg::from_fp16(x.bits); }
KOKKOS_FORCEINLINE_FUNCTION void store(float& to, float x) { to = x; }
KOKKOS_FORCEINLINE_FUNCTION void store(conv::Bf16& to, float x) { to.bits = linalg::to_bf16(x); }
KOKKOS_FORCEINLINE_FUNCTION void store(conv::Fp16& to, float x) { to.bits = linalg::to_fp16(x); }

// Storage that is made anew only when more is wanted than ever before.
template <class T>
class Buffer {
 public:
  Images<T> images(const char* label, const Extent& e) {
    numbers(label, e.size());
    return Images<T>(storage_.data(), e.batch, e.nx, e.ny, e.channels);
  }
  View<T*> numbers(const char* label, std::size_t count) {
    if (storage_.extent(0) < count) storage_ = View<T*>(uninitialized(label), count);
    return storage_;
  }

 private:
  View<T*> storage_;
};

// body(pixel, from, to) of `width` channels at a time. Index: counts pixels × channels / width.
template <class Index, class Body>
void over_pixels(const char* label, const ExecutionSpace& space, int pixels, int channels, int width,
                 const Body& body) {
  const Index items = channels / width;
  Kokkos::parallel_for(
      label,
      Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<Index>>(space, 0, static_cast<Index>(pixels) * items),
      KOKKOS_LAMBDA(Index item) {
        const int part = static_cast<int>(item % items);
        body(static_cast<int>(item / items), part * width, (part + 1) * width);
      });
}

// The same: all channels of a pixel at once on the CPU, where they are lanes; one on a GPU, where neighbouring threads
// take neighbouring channels. Divisions of 64 bits are slow there: for those who need them only.
template <class Body>
void for_each_pixel(const char* label, const ExecutionSpace& space, int pixels, int channels, const Body& body) {
  if (pixels == 0 || channels == 0) return;
  const int width = device_is_host ? channels : 1;
  if (static_cast<std::int64_t>(pixels) * (channels / width) <= std::numeric_limits<int>::max())
    over_pixels<int>(label, space, pixels, channels, width, body);
  else
    over_pixels<std::int64_t>(label, space, pixels, channels, width, body);
}

// body(from, to) for all numbers, in stretches that are lanes on the CPU.
template <class Body>
void for_each_number(const char* label, const ExecutionSpace& space, std::size_t count, const Body& body) {
  const std::size_t width = device_is_host ? 4096 : 1;
  Kokkos::parallel_for(
      label,
      Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<std::int64_t>>(
          space, 0, static_cast<std::int64_t>((count + width - 1) / width)),
      KOKKOS_LAMBDA(std::int64_t item) {
        const std::size_t from = static_cast<std::size_t>(item) * width;
        body(from, from + width < count ? from + width : count);
      });
}

}  // namespace locum::nn
