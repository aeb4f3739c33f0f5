// How a kernel sees its part of the workspace.
//
// On the CPU a block owns a contiguous stretch of Packs. On the GPU neighbouring threads work on neighbouring atoms and
// should touch neighbouring words: the workspace of a tile of threads is laid out (slot, thread), and a thread sees one
// column of it; matrices over all atoms, which products read, are (row, atom). Both are indexed like an array.
#pragma once

#include <type_traits>
#include <utility>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::potential {

// Element k lies k strides on. The stride is known when the kernel is compiled: slots known then cost no arithmetic.
template <class T, int Stride>
struct Column {
  T* data = nullptr;
  KOKKOS_FORCEINLINE_FUNCTION T& operator[](int k) const { return data[k * Stride]; }
  KOKKOS_FORCEINLINE_FUNCTION Column operator+(int k) const { return {data + k * Stride}; }
};

// The same with a stride known at run time.
template <class T>
struct StridedColumn {
  T* data = nullptr;
  long stride = 0;
  KOKKOS_FORCEINLINE_FUNCTION T& operator[](int k) const { return data[k * stride]; }
  KOKKOS_FORCEINLINE_FUNCTION StridedColumn operator+(int k) const { return {data + k * stride, stride}; }
};

// Slots: of the workspace; Rows: of matrices over all atoms.
struct Contiguous {
  static constexpr bool tiled = false;
  template <class T>
  using Slots = T*;
  template <class T>
  using Rows = T*;
};

// Threads to a tile: a warp. A tile's densities and their adjoints then fit in a multiprocessor's scratch memory.
inline constexpr int tile = 32;
struct Tiled {
  static constexpr bool tiled = true;
  template <class T>
  using Slots = Column<T, tile>;
  template <class T>
  using Rows = StridedColumn<T>;
};

// The scalars that packs are made of, in the order of memory.
template <class P>
KOKKOS_FORCEINLINE_FUNCTION typename P::Scalar* scalars(P* packs) {
  return reinterpret_cast<typename P::Scalar*>(packs);
}
template <class P>
KOKKOS_FORCEINLINE_FUNCTION Column<typename P::Scalar, tile> scalars(Column<P, tile> packs) {
  static_assert(P::lanes == 1);
  return {reinterpret_cast<typename P::Scalar*>(packs.data)};
}

// What an array-like of packs holds.
template <class Array>
using PackIn = std::remove_cv_t<std::remove_reference_t<decltype(std::declval<const Array&>()[0])>>;

}  // namespace locum::potential
