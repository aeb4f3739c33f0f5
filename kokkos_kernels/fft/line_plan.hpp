// How a line of n points is transformed: the radices of its passes and their twiddle factors.
#pragma once

#include <vector>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::fft {

// Passes of radix 8, 5, 7, 4, 3 and 2, the largest at both ends. Throws ConfigError for an n with a larger prime factor
// (good_size() names the next that has none).
std::vector<int> radices(int n);

template <class T>
struct LinePlan {
  static constexpr int most_passes = 12;  // 2 at least in each: sizes to 2¹²·…, far beyond what scratch memory holds
  int n = 0, passes = 0;
  int radix[most_passes] = {};
  int first_twiddle[most_passes] = {};
  View<T*>
      twiddle;  // pass p, of lines of l points made so far: exp(−2πi k q / (l r)), (k < l, q = 1 … r − 1, re and im)

  LinePlan() = default;
  explicit LinePlan(int points);
};

}  // namespace locum::fft
