// The team that transforms a tile's lines, and the scratch memory that it takes for them.
//
// On a CPU a team is one core, with two buffers. On a GPU it has a thread for every eight numbers, so that each holds
// its share of the tile in registers between reading and writing a pass: one buffer is then enough, and lines of up to
// 600 points (float) or 576 (double) fit in the shared memory. Longer ones take two buffers in global memory, which
// stay in the L2 cache.
#pragma once

#include "kokkos_kernels/fft/lanes.hpp"

namespace locum::fft {

// Butterflies of radix R that a thread holds in registers: eight numbers at least.
template <int R>
inline constexpr int butterflies_held = (8 + R - 1) / R;

struct LineRoom {
  int threads;        // of a team
  bool one_buffer;    // the lines are transformed in place
  std::size_t bytes;  // of scratch memory, with what aligning it may take
  int level;          // where they lie: 0 shared, 1 global memory
  int beside_level;   // where further bytes lie
};

// n: points of a line; a position of the tile is `lanes` numbers side by side, of `buffer` bytes all lines. beside:
// bytes of scratch memory that the kernel takes for other things. No more threads than leave 104 registers to each.
KOKKOS_INLINE_FUNCTION constexpr LineRoom gpu_line_room(int n, int lanes, std::size_t buffer, std::size_t beside) {
  constexpr int most_threads = 608, threads_of_long_lines = 512;
  constexpr std::size_t aligned = 256;
  const int wanted = ((n * lanes + 7) / 8 + 31) / 32 * 32;
  const LineRoom shared{wanted, true, buffer + aligned, 0, gpu_scratch_level(buffer + aligned + beside, wanted)};
  if (wanted <= most_threads && gpu_scratch_level(shared.bytes, wanted) == 0) return shared;
  const int threads = wanted < threads_of_long_lines ? wanted : threads_of_long_lines;
  return {threads, false, 2 * buffer + aligned, 1, gpu_scratch_level(beside, threads)};
}

template <class T>
KOKKOS_INLINE_FUNCTION constexpr LineRoom line_room(int n, std::size_t beside = 0) {
  if constexpr (lane_groups<T> == 1) return {1, false, 2 * ScratchLines<T>::bytes(n) + 256, 0, 0};
  return gpu_line_room(n, lane_groups<T>, ScratchLines<T>::bytes(n), beside);
}

// The buffers of a team's lines; the same one twice where one is enough.
template <class T>
struct LineScratch {
  template <class Member>
  KOKKOS_INLINE_FUNCTION LineScratch(const Member& team, int n) : LineScratch(team, n, line_room<T>(n)) {}
  ScratchLines<T> first, second;

 private:
  template <class Member>
  KOKKOS_INLINE_FUNCTION LineScratch(const Member& team, int n, const LineRoom& room)
      : first(static_cast<T*>(team.team_scratch(room.level)
                                  .get_shmem_aligned((room.one_buffer ? 1 : 2) * ScratchLines<T>::bytes(n), 64)),
              n),
        second(room.one_buffer ? first.data : first.data + ScratchLines<T>::bytes(n) / sizeof(T), n) {}
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
