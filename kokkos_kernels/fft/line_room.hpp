// The team that transforms a tile's lines, and the scratch memory that it takes for them.
//
// A team has two buffers: a core's lie in its cache, a GPU's in the shared memory where they fit the 48 KiB that Kokkos
// gives a team: up to 576 points in float, 490 in double. Those of longer lines lie in global memory, and stay in the
// L2 cache.
#pragma once

#include "kokkos_kernels/fft/lanes.hpp"

namespace locum::fft {

struct LineRoom {
  int threads;        // of a team
  std::size_t bytes;  // of scratch memory for the lines, with what aligning it may take
  int level;          // where they lie: 0 shared, 1 global memory
  int beside_level;   // where further bytes lie
};

// lines: bytes of both buffers. beside: bytes of scratch memory that the kernel takes for other things.
KOKKOS_INLINE_FUNCTION constexpr LineRoom gpu_line_room(int threads, std::size_t lines, std::size_t beside) {
  const std::size_t bytes = lines + 256;
  const int level = gpu_scratch_level(bytes, threads);
  return {threads, bytes, level, gpu_scratch_level((level == 0 ? bytes : 0) + beside, threads)};
}

// One thread a butterfly of radix 8 on a GPU, but no more than leave 128 registers to each.
KOKKOS_INLINE_FUNCTION constexpr int gpu_line_threads(int n, int groups) {
  const int butterflies = n / 8 * groups;
  return butterflies < 32 ? 32 : butterflies > 512 ? 512 : butterflies;
}

// Of lines of n points.
template <class T>
KOKKOS_INLINE_FUNCTION constexpr LineRoom line_room(int n, std::size_t beside = 0) {
  const std::size_t lines = 2 * ScratchLines<T>::bytes(n);
  if constexpr (device_is_host) return {1, lines + 256, 0, 0};
  return gpu_line_room(gpu_line_threads(n, lane_groups<T>), lines, beside);
}

// A team's buffers.
template <class T>
struct LineScratch {
  template <class Member>
  KOKKOS_INLINE_FUNCTION LineScratch(const Member& team, int n)
      : first(memory(team, n), n), second(first.data + ScratchLines<T>::bytes(n) / sizeof(T), n) {}
  ScratchLines<T> first, second;

 private:
  template <class Member>
  KOKKOS_INLINE_FUNCTION static T* memory(const Member& team, int n) {
    return static_cast<T*>(
        team.team_scratch(line_room<T>(n).level).get_shmem_aligned(2 * ScratchLines<T>::bytes(n), 64));
  }
};

// A policy of teams of that size with that memory.
template <class Policy>
Policy with_line_room(const Policy& teams, const LineRoom& room, std::size_t beside) {
  std::size_t bytes[2] = {0, 0};
  bytes[room.level] += room.bytes;
  bytes[room.beside_level] += beside;
  Policy policy = teams;
  for (int level = 0; level < 2; ++level)
    if (bytes[level] > 0) policy.set_scratch_size(level, Kokkos::PerTeam(static_cast<int>(bytes[level])));
  return policy;
}

}  // namespace locum::fft
