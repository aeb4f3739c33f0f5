// One coupling of the four-body invariants, forward and back, with its degrees known at compile time:
//   B_m₃ = Σ_m₁m₂ G(l₁m₁, l₂m₂, l₃m₃) a_m₁ b_m₂,    q_t = Σ_m₃ B_m₃ c_t,m₃ for every third factor t.
//
// Which G vanish is known beforehand: real harmonics couple only if |m₃| is |m₁| + |m₂| or their difference, and if an
// even number of the m is negative (Homeier, Steinborn, J. Mol. Struct. THEOCHEM 368 (1996) 31). All loops unroll, and
// a, b, B and their adjoints stay in registers: a term costs its multiplications and hardly a load.
#pragma once

#include <utility>

#include "kokkos_kernels/base/pack.hpp"
#include "surrogates/potential/invariants/device_model.hpp"
#include "surrogates/potential/invariants/slots.hpp"

namespace locum::potential {

// m counts from −l: slot m of degree l is the harmonic m − l.
template <int L1, int L2, int L3>
constexpr bool harmonics_couple(int m1, int m2, int m3) {
  const int s1 = m1 - L1, s2 = m2 - L2, s3 = m3 - L3;
  const int a = s1 < 0 ? -s1 : s1, b = s2 < 0 ? -s2 : s2, c = s3 < 0 ? -s3 : s3;
  const bool even = ((s1 < 0) + (s2 < 0) + (s3 < 0)) % 2 == 0;
  return even && (c == a + b || c == (a > b ? a - b : b - a));
}

template <int L1, int L2, int L3>
struct CoupledProduct {
  static constexpr int W1 = 2 * L1 + 1, W2 = 2 * L2 + 1, W3 = 2 * L3 + 1;

  template <int M1, int M2, int M3, class T, class P>
  KOKKOS_FORCEINLINE_FUNCTION static void add_term(const T* gaunt, const P& ab, P* B) {
    if constexpr (harmonics_couple<L1, L2, L3>(M1, M2, M3)) B[M3] += P(gaunt[(M1 * W2 + M2) * W3 + M3]) * ab;
  }
  template <int M1, int M2, class T, class P, int... M3>
  KOKKOS_FORCEINLINE_FUNCTION static void add_terms(const T* gaunt, const P& ab, P* B,
                                                    std::integer_sequence<int, M3...>) {
    (add_term<M1, M2, M3>(gaunt, ab, B), ...);
  }
  template <int M1, class T, class P, int... M2>
  KOKKOS_FORCEINLINE_FUNCTION static void add_rows(const T* gaunt, const P& a, const P* b, P* B,
                                                   std::integer_sequence<int, M2...>) {
    (add_terms<M1, M2>(gaunt, a * b[M2], B, std::make_integer_sequence<int, W3>()), ...);
  }
  template <class T, class A, class P, int... M1>
  KOKKOS_FORCEINLINE_FUNCTION static void multiply(const T* gaunt, A a, const P* b, P* B,
                                                   std::integer_sequence<int, M1...>) {
    (add_rows<M1>(gaunt, a[M1], b, B, std::make_integer_sequence<int, W2>()), ...);
  }

  // B (W3) and the invariants of all third factors, each given to take(index, value). A: densities. B is kept for the
  // way back, or formed anew there: arithmetic is cheaper on a GPU than memory.
  template <bool Keep, class Model, class Array, class Product, class Take>
  KOKKOS_INLINE_FUNCTION static void forward(const Model& model, const Coupling& c, Array A, Product product,
                                             Take& take) {
    using P = PackIn<Array>;
    P b[W2], B[W3];
#pragma GCC unroll 11
    for (int m = 0; m < W2; ++m) b[m] = A[c.second + m];
#pragma GCC unroll 11
    for (int m = 0; m < W3; ++m) B[m] = P(0.0);
    multiply(&model.gaunt(c.gaunt), A + c.first, b, B, std::make_integer_sequence<int, W1>());
#pragma GCC unroll 11
    for (int m = 0; Keep && m < W3; ++m) product[m] = B[m];
    for (int t = c.target; t < c.target_end; ++t) {
      const CouplingTarget target = model.targets(t);
      P sum(0.0);
#pragma GCC unroll 11
      for (int m = 0; m < W3; ++m) sum += B[m] * A[target.third + m];
      take(target.invariant, sum);
    }
  }

  template <int M1, int M2, int M3, class T, class P>
  KOKKOS_FORCEINLINE_FUNCTION static void gather_term(const T* gaunt, const P* B_bar, P& f) {
    if constexpr (harmonics_couple<L1, L2, L3>(M1, M2, M3)) f += P(gaunt[(M1 * W2 + M2) * W3 + M3]) * B_bar[M3];
  }
  template <int M1, int M2, class T, class P, int... M3>
  KOKKOS_FORCEINLINE_FUNCTION static void gather(const T* gaunt, const P* B_bar, const P& a, const P* b, P& a_bar,
                                                 P* b_bar, std::integer_sequence<int, M3...>) {
    if constexpr ((harmonics_couple<L1, L2, L3>(M1, M2, M3) || ...)) {
      P f(0.0);
      (gather_term<M1, M2, M3>(gaunt, B_bar, f), ...);
      a_bar += f * b[M2];
      b_bar[M2] += f * a;
    }
  }
  template <int M1, class T, class P, int... M2>
  KOKKOS_FORCEINLINE_FUNCTION static void gather_rows(const T* gaunt, const P* B_bar, const P& a, const P* b, P& a_bar,
                                                      P* b_bar, std::integer_sequence<int, M2...>) {
    P own(0.0);
    (gather<M1, M2>(gaunt, B_bar, a, b, own, b_bar, std::make_integer_sequence<int, W3>()), ...);
    a_bar += own;
  }
  template <class T, class P, class A, class D, int... M1>
  KOKKOS_FORCEINLINE_FUNCTION static void gather_all(const T* gaunt, const P* B_bar, A a, const P* b, D a_bar, P* b_bar,
                                                     std::integer_sequence<int, M1...>) {
    (gather_rows<M1>(gaunt, B_bar, a[M1], b, a_bar[M1], b_bar, std::make_integer_sequence<int, W2>()), ...);
  }

  // Adds the share of this coupling to D = ∂E/∂A.
  template <bool Kept, class Model, class Array, class Product, class Bar, class Adjoint>
  KOKKOS_INLINE_FUNCTION static void reverse(const Model& model, const Coupling& c, Array A, Product product, Bar qbar,
                                             Adjoint D) {
    using P = PackIn<Array>;
    P B[W3], B_bar[W3], b[W2], b_bar[W2];
#pragma GCC unroll 11
    for (int m = 0; m < W3; ++m) {
      B[m] = Kept ? product[m] : P(0.0);
      B_bar[m] = P(0.0);
    }
    if constexpr (!Kept) {
#pragma GCC unroll 11
      for (int m = 0; m < W2; ++m) b[m] = A[c.second + m];
      multiply(&model.gaunt(c.gaunt), A + c.first, b, B, std::make_integer_sequence<int, W1>());
    }
    for (int t = c.target; t < c.target_end; ++t) {
      const CouplingTarget target = model.targets(t);
      const P f = qbar[target.invariant];
#pragma GCC unroll 11
      for (int m = 0; m < W3; ++m) {
        B_bar[m] += f * A[target.third + m];
        D[target.third + m] += f * B[m];
      }
    }
#pragma GCC unroll 11
    for (int m = 0; m < W2; ++m) {
      b[m] = A[c.second + m];
      b_bar[m] = P(0.0);
    }
    gather_all(&model.gaunt(c.gaunt), B_bar, A + c.first, b, D + c.first, b_bar, std::make_integer_sequence<int, W1>());
    // Last: first and second factor may be the same slots.
#pragma GCC unroll 11
    for (int m = 0; m < W2; ++m) D[c.second + m] += b_bar[m];
  }
};

// Calls action(CoupledProduct<l₁, l₂, l₃>()) for the degrees of a coupling, l₁ ≤ l₂ ≤ l₃ ≤ 4; false for higher ones.
template <class Action>
KOKKOS_FORCEINLINE_FUNCTION bool with_degrees(const Coupling& c, const Action& action) {
  switch (((c.first_width / 2) * 8 + c.second_width / 2) * 8 + c.width / 2) {
    case 0:
      action(CoupledProduct<0, 0, 0>());
      return true;
    case 011:
      action(CoupledProduct<0, 1, 1>());
      return true;
    case 022:
      action(CoupledProduct<0, 2, 2>());
      return true;
    case 033:
      action(CoupledProduct<0, 3, 3>());
      return true;
    case 044:
      action(CoupledProduct<0, 4, 4>());
      return true;
    case 0112:
      action(CoupledProduct<1, 1, 2>());
      return true;
    case 0123:
      action(CoupledProduct<1, 2, 3>());
      return true;
    case 0134:
      action(CoupledProduct<1, 3, 4>());
      return true;
    case 0222:
      action(CoupledProduct<2, 2, 2>());
      return true;
    case 0224:
      action(CoupledProduct<2, 2, 4>());
      return true;
    case 0233:
      action(CoupledProduct<2, 3, 3>());
      return true;
    case 0244:
      action(CoupledProduct<2, 4, 4>());
      return true;
    case 0334:
      action(CoupledProduct<3, 3, 4>());
      return true;
    case 0444:
      action(CoupledProduct<4, 4, 4>());
      return true;
    default:
      return false;
  }
}

}  // namespace locum::potential
