// Lines that are transformed side by side: the lanes of a vector register on the CPU, neighbouring threads on a GPU.
//
// A complex number of every lane is stored as all real parts, then all imaginary parts: 2 × width numbers.
// On the CPU one `Lanes` holds all of them; on a GPU it holds one, and `groups` threads take one lane each.
#pragma once

#include "kokkos_kernels/base/pack.hpp"

namespace locum::fft {

// Lines a tile has: what fills a register of 64 bytes on the CPU; on a GPU a position, real and imaginary parts, is a
// sector of 32 bytes of its memory. (Twice as many lines would not leave room for 512 points: line_room.hpp.)
#if defined(KOKKOS_ENABLE_CUDA)
template <class T>
inline constexpr int tile_width = 16 / static_cast<int>(sizeof(T));
template <class T>
using LanePack = PackOf<T, 1>;
#else
template <class T>
inline constexpr int tile_width = 64 / static_cast<int>(sizeof(T));
template <class T>
using LanePack = PackOf<T, tile_width<T> >;
#endif

// Parts that a tile's width is taken in: 1 on the CPU, one for each lane on a GPU.
template <class T>
inline constexpr int lane_groups = tile_width<T> / LanePack<T>::lanes;

// A complex number in each lane.
template <class T>
struct Lanes {
  using P = LanePack<T>;
  P re, im;

  Lanes() = default;
  KOKKOS_FORCEINLINE_FUNCTION Lanes(P r, P i) : re(r), im(i) {}
  KOKKOS_FORCEINLINE_FUNCTION friend Lanes operator+(Lanes a, Lanes b) { return {a.re + b.re, a.im + b.im}; }
  KOKKOS_FORCEINLINE_FUNCTION friend Lanes operator-(Lanes a, Lanes b) { return {a.re - b.re, a.im - b.im}; }
  KOKKOS_FORCEINLINE_FUNCTION friend Lanes operator*(Lanes a, Lanes b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
  }
  KOKKOS_FORCEINLINE_FUNCTION friend Lanes operator*(T a, Lanes b) { return {P(a) * b.re, P(a) * b.im}; }
  // times (re + i im), the same in every lane
  KOKKOS_FORCEINLINE_FUNCTION Lanes times(T r, T i) const {
    const P pr(r), pi(i);
    return {re * pr - im * pi, re * pi + im * pr};
  }
  // times Sign · i
  template <int Sign>
  KOKKOS_FORCEINLINE_FUNCTION Lanes turned() const {
    if constexpr (Sign > 0) return {P(T(0)) - im, re};
    return {im, P(T(0)) - re};
  }
  KOKKOS_FORCEINLINE_FUNCTION static Lanes zero() { return {P(T(0)), P(T(0))}; }
};

template <class T>
KOKKOS_FORCEINLINE_FUNCTION LanePack<T> load_pack(const T* at) {
  LanePack<T> p;
  std::memcpy(&p, at, sizeof p);
  return p;
}
template <class T>
KOKKOS_FORCEINLINE_FUNCTION void store_pack(T* at, LanePack<T> p) {
  std::memcpy(at, &p, sizeof p);
}

// A row of tiles' elements in global memory: element e at 2 width e.
template <class T>
KOKKOS_FORCEINLINE_FUNCTION Lanes<T> load_lanes(const T* tiles, int element, int group) {
  const T* at = tiles + static_cast<std::int64_t>(element) * 2 * tile_width<T> + group * LanePack<T>::lanes;
  return {load_pack(at), load_pack(at + tile_width<T>)};
}
template <class T>
KOKKOS_FORCEINLINE_FUNCTION void store_lanes(T* tiles, int element, int group, Lanes<T> v) {
  T* at = tiles + static_cast<std::int64_t>(element) * 2 * tile_width<T> + group * LanePack<T>::lanes;
  store_pack(at, v.re);
  store_pack(at + tile_width<T>, v.im);
}

// Lines in a team's scratch memory. On a GPU real and imaginary parts lie in planes, and a position takes one number
// more than there are lanes: neighbouring threads then meet different banks whichever way they walk.
template <class T>
struct ScratchLines {
  static constexpr bool planes = lane_groups<T> > 1;
  static constexpr int position = planes ? tile_width<T> + 1 : 2 * tile_width<T>;
  T* data;
  int imaginary;  // offset of the imaginary parts

  static constexpr std::size_t bytes(int n) {
    return sizeof(T) * static_cast<std::size_t>(n) * (planes ? 2 * position : position);
  }
  KOKKOS_FORCEINLINE_FUNCTION ScratchLines(T* at, int n) : data(at), imaginary(planes ? n * position : tile_width<T>) {}
  KOKKOS_FORCEINLINE_FUNCTION Lanes<T> get(int at, int group) const {
    const T* p = data + at * position + group * LanePack<T>::lanes;
    return {load_pack(p), load_pack(p + imaginary)};
  }
  KOKKOS_FORCEINLINE_FUNCTION void put(int at, int group, Lanes<T> v) const {
    T* p = data + at * position + group * LanePack<T>::lanes;
    store_pack(p, v.re);
    store_pack(p + imaginary, v.im);
  }
};

}  // namespace locum::fft
