// The transform of a tile's lines by one team, to be fused into a kernel with what comes before and after it.
//
// Stockham's self-sorting passes (Govindaraju et al., "High performance discrete Fourier transforms on graphics
// processors and multicore", SC'08, section 3): pass p reads positions j + q n/r and writes (j − k) r + k + q l, with l
// the product of the radices before it and k = j mod l. The first pass asks `load(position, group)`, the last one tells
// `store(position, group, value)`; both walk positions j + q n/r, so neighbouring threads touch neighbouring memory.
#pragma once

#include "kokkos_kernels/fft/butterfly.hpp"
#include "kokkos_kernels/fft/line_plan.hpp"
#include "kokkos_kernels/fft/line_room.hpp"

namespace locum::fft {

// One pass. Sign −1 is the forward transform.
template <int R, int Sign, class T, class Member, class Read, class Write>
KOKKOS_INLINE_FUNCTION void line_pass(const Member& team, int n, int l, const T* twiddle, const Read& read,
                                      const Write& write) {
  constexpr int groups = lane_groups<T>;
  const int butterflies = n / R;
  for (int item = team.team_rank(); item < butterflies * groups; item += team.team_size()) {
    const int group = item % groups, j = item / groups, k = j % l;
    Lanes<T> v[R];
    for (int q = 0; q < R; ++q) v[q] = read(j + q * butterflies, group);
    if (l > 1) {
      const T* factor = twiddle + k * 2 * (R - 1);
      for (int q = 1; q < R; ++q)
        v[q] = v[q].times(factor[2 * q - 2], Sign < 0 ? factor[2 * q - 1] : -factor[2 * q - 1]);
    }
    butterfly<R, Sign>(v);
    const int first = (j - k) * R + k;
    for (int q = 0; q < R; ++q) write(first + q * l, group, v[q]);
  }
}

template <int Sign, class T, class Member, class Read, class Write>
KOKKOS_INLINE_FUNCTION void line_pass(const Member& team, int radix, int n, int l, const T* twiddle, const Read& read,
                                      const Write& write) {
  switch (radix) {
    case 8:
      return line_pass<8, Sign>(team, n, l, twiddle, read, write);
    case 7:
      return line_pass<7, Sign>(team, n, l, twiddle, read, write);
    case 5:
      return line_pass<5, Sign>(team, n, l, twiddle, read, write);
    case 4:
      return line_pass<4, Sign>(team, n, l, twiddle, read, write);
    case 3:
      return line_pass<3, Sign>(team, n, l, twiddle, read, write);
    default:
      return line_pass<2, Sign>(team, n, l, twiddle, read, write);
  }
}

template <class T>
KOKKOS_FORCEINLINE_FUNCTION ScratchLines<T> free_lines(const LinePlan<T>& plan, ScratchLines<T> a, ScratchLines<T> b) {
  return plan.passes % 2 ? a : b;
}

// Unnormalised, Sign −1 forward, +1 inverse. `a` and `b`: a LineScratch's, n positions each; `load` may read b. The
// last pass reads a where the number of passes is even and b where it is odd, so `store` may write free_lines() of the
// two. The team is in step at the end.
template <int Sign, class T, class Member, class Load, class Store>
KOKKOS_INLINE_FUNCTION void transform_line(const Member& team, const LinePlan<T>& plan, ScratchLines<T> a,
                                           ScratchLines<T> b, const Load& load, const Store& store) {
  const T* twiddle = plan.twiddle.data();
  if (plan.passes == 1) {
    line_pass<Sign>(team, plan.radix[0], plan.n, 1, twiddle, load, store);
    team.team_barrier();
    return;
  }
  line_pass<Sign>(team, plan.radix[0], plan.n, 1, twiddle, load,
                  [&](int at, int group, Lanes<T> v) { a.put(at, group, v); });
  team.team_barrier();
  int l = plan.radix[0];
  for (int p = 1; p + 1 < plan.passes; ++p) {
    line_pass<Sign>(
        team, plan.radix[p], plan.n, l, twiddle + plan.first_twiddle[p],
        [&](int at, int group) { return a.get(at, group); },
        [&](int at, int group, Lanes<T> v) { b.put(at, group, v); });
    team.team_barrier();
    const ScratchLines<T> swap = a;
    a = b;
    b = swap;
    l *= plan.radix[p];
  }
  line_pass<Sign>(
      team, plan.radix[plan.passes - 1], plan.n, l, twiddle + plan.first_twiddle[plan.passes - 1],
      [&](int at, int group) { return a.get(at, group); }, store);
  team.team_barrier();
}

}  // namespace locum::fft
