// What kernels share that transform the lines of tiled waves (wave_layout.hpp): a team's scratch memory, and the turn
// of tiles between the order in which a wave lies in memory and the order in which its columns are transformed.
//
// A layout says `width`, `ny`, `blocks` (of y) and element(column, block).
#pragma once

#include "kokkos_kernels/fft/line_transform.hpp"

namespace locum::imaging {

using LinePolicy = Kokkos::TeamPolicy<ExecutionSpace>;
using LineMember = LinePolicy::member_type;

using fft::LineScratch;

// Teams that transform lines of n points. beside: bytes of scratch memory that scratch_beside() gives.
template <class T>
LinePolicy line_policy(const ExecutionSpace& space, int teams, int n, std::size_t beside = 0) {
  const fft::LineRoom room = fft::line_room<T>(n, beside);
  return fft::with_line_room(LinePolicy(space, teams, room.threads), room, beside);
}

// To be taken after the LineScratch; the policy has asked for `beside` bytes, 64 of them to align these.
template <class T>
KOKKOS_INLINE_FUNCTION T* scratch_beside(const LineMember& team, int n, std::size_t beside) {
  return static_cast<T*>(
      team.team_scratch(fft::line_room<T>(n, beside).beside_level).get_shmem_aligned(beside - 64, 64));
}

// Tiles of width × width between memory (lanes are y) and scratch lines (positions are y, lanes are frequencies).
template <class T, class Layout>
KOKKOS_INLINE_FUNCTION void turn_in(const LineMember& team, const Layout& layout, const T* wave, int column,
                                    fft::ScratchLines<T> to) {
  constexpr int width = Layout::width;
  if constexpr (fft::lane_groups<T> == 1) {
    for (int block = 0; block < layout.blocks; ++block) {
      const T* tile = wave + static_cast<std::size_t>(layout.element(column, block)) * 2 * width;
      const int rows = layout.ny - block * width < width ? layout.ny - block * width : width;
      for (int part = 0; part < 2; ++part) {
        fft::LanePack<T> in[width], out[width];
        for (int k = 0; k < width; ++k) in[k] = fft::load_pack(tile + (2 * k + part) * width);
        transpose(in, out);
        T* lines = to.data + block * width * fft::ScratchLines<T>::position + part * to.imaginary;
        for (int k = 0; k < rows; ++k) fft::store_pack(lines + k * fft::ScratchLines<T>::position, out[k]);
      }
    }
  } else {
    for (int item = team.team_rank(); item < layout.blocks * width * 2 * width; item += team.team_size()) {
      const int lane = item % width, part = item / width % 2, k = item / (2 * width) % width,
                block = item / (2 * width * width);
      const int y = block * width + lane;
      const T* tile = wave + static_cast<std::size_t>(layout.element(column, block)) * 2 * width;
      if (y < layout.ny)
        to.data[y * fft::ScratchLines<T>::position + part * to.imaginary + k] = tile[(2 * k + part) * width + lane];
    }
  }
  team.team_barrier();
}

template <class T, class Layout>
KOKKOS_INLINE_FUNCTION void turn_out(const LineMember& team, const Layout& layout, fft::ScratchLines<T> from,
                                     int column, T* wave) {
  constexpr int width = Layout::width;
  if constexpr (fft::lane_groups<T> == 1) {
    for (int block = 0; block < layout.blocks; ++block) {
      T* tile = wave + static_cast<std::size_t>(layout.element(column, block)) * 2 * width;
      const int rows = layout.ny - block * width < width ? layout.ny - block * width : width;
      for (int part = 0; part < 2; ++part) {
        fft::LanePack<T> in[width], out[width];
        const T* lines = from.data + block * width * fft::ScratchLines<T>::position + part * from.imaginary;
        for (int k = 0; k < width; ++k)
          in[k] = k < rows ? fft::load_pack(lines + k * fft::ScratchLines<T>::position) : fft::LanePack<T>(T(0));
        transpose(in, out);
        for (int k = 0; k < width; ++k) fft::store_pack(tile + (2 * k + part) * width, out[k]);
      }
    }
  } else {
    for (int item = team.team_rank(); item < layout.blocks * width * 2 * width; item += team.team_size()) {
      const int lane = item % width, part = item / width % 2, k = item / (2 * width) % width,
                block = item / (2 * width * width);
      const int y = block * width + lane;
      T* tile = wave + static_cast<std::size_t>(layout.element(column, block)) * 2 * width;
      if (y < layout.ny)
        tile[(2 * k + part) * width + lane] = from.data[y * fft::ScratchLines<T>::position + part * from.imaginary + k];
    }
  }
}

}  // namespace locum::imaging
