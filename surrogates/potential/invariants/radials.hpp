// Radial functions g_n(r) = ½ (T_n(x) + 1) f_c(r), g_0 = f_c, with f_c = (1 − t²)³, t = r/rc, and a variable that
// resolves short distances better than long ones:
//   x = 2 (e^(−3t) − e^(−3)) / (e^(−3 r₀/rc) − e^(−3)) − 1,   from 1 at r₀, the closest approach, to −1 at rc.
//
// After Fan et al., PRB 104, 104309 (2021), Eqs. 3–5, with a polynomial cut-off (g, g′ and g″ vanish at rc) and the
// exponential of Drautz, PRB 99, 014104 (2019), Eq. 29. Eight distances at a time cost a few multiplications each, less
// than a table would; and the derivative is exact.
#pragma once

#include <cmath>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::potential {

inline constexpr int largest_radials = 16;

struct RadialBasis {
  int count = 0;
  double inverse_cutoff = 0.0, tail = 0.0, factor = 0.0;  // x = factor (e^(−3t) − tail) − 1

  RadialBasis() = default;
  // cutoff, closest: Å, 0 < closest < cutoff.
  RadialBasis(int count_, double cutoff, double closest)
      : count(count_),
        inverse_cutoff(1.0 / cutoff),
        tail(std::exp(-3.0)),
        factor(2.0 / (std::exp(-3.0 * closest / cutoff) - std::exp(-3.0))) {}

  // value, derivative: (count); r ≤ rc. T is Pack.
  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION void evaluate(T r, T* value, T* derivative) const {
    const T t = T(inverse_cutoff) * r, one(1.0), half(0.5), two(2.0);
    const T w = one - t * t;
    const T fc = w * w * w, dfc = T(-6.0 * inverse_cutoff) * t * w * w;
    const T e = T(factor) * exp(T(-3.0) * t);
    const T x = e - T(factor * tail + 1.0), half_dx = T(-1.5 * inverse_cutoff) * e;
    value[0] = fc;
    derivative[0] = dfc;
    T before = one, now = x, slope_before(0.0), slope = one;  // T_{k−1}, T_k and their derivatives by x
    for (int k = 1; k < count; ++k) {
      const T f = half * (now + one);
      value[k] = f * fc;
      derivative[k] = slope * half_dx * fc + f * dfc;
      const T next = two * x * now - before, slope_next = two * (now + x * slope) - slope_before;
      before = now;
      now = next;
      slope_before = slope;
      slope = slope_next;
    }
  }

  // g_n alone.
  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION T value_of(T r, int n) const {
    const T t = T(inverse_cutoff) * r, one(1.0), half(0.5);
    const T w = one - t * t;
    const T fc = w * w * w, x = T(factor) * (exp(T(-3.0) * t) - T(tail)) - one;
    T before = one, now = x;
    for (int k = 1; k < n; ++k) {
      const T next = T(2.0) * x * now - before;
      before = now;
      now = next;
    }
    return n == 0 ? fc : half * (now + one) * fc;
  }

  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION void evaluate(T r, T* value) const {
    const T t = T(inverse_cutoff) * r, one(1.0), half(0.5);
    const T w = one - t * t;
    const T fc = w * w * w, x = T(factor) * (exp(T(-3.0) * t) - T(tail)) - one;
    value[0] = fc;
    T before = one, now = x;
    for (int k = 1; k < count; ++k) {
      value[k] = half * (now + one) * fc;
      const T next = T(2.0) * x * now - before;
      before = now;
      now = next;
    }
  }
};

}  // namespace locum::potential
