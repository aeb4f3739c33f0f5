// Which invariants of the neighbour density there are.
//
// Densities A_c,lm = Σ_j g_n(r_ij) Y_lm(r̂_ij) over the neighbours of species s; the channel c = s N + n names both.
//   two-body    q = A_c,00
//   three-body  q = (2l + 1)^−½ Σ_m A_c,lm A_c′,lm                     c ≤ c′, l ≤ l_max
//   four-body   q = Σ G(l₁m₁, l₂m₂, l₃m₃) A_c,l₁m₁ A_c′,l₂m₂ A_c″,l₃m₃      n < four_body_radials, l₁ ≤ l₂ ≤ l₃ ≤ …,
// G: integral of three real harmonics (Gaunt coefficients), so that q is a scalar (Drautz, PRB 99, 014104, Sec. III).
// The lists are plain arrays, made once on the host; DeviceModel copies them.
#pragma once

#include <vector>

#include "surrogates/potential/potential_config.hpp"

namespace locum::potential {

// A in slots c · slots_per_channel + l² + l + m.
struct ThreeBody {
  int first, second;  // slots of m = −l of the two channels
  int width;          // 2l + 1
  double factor;      // (2l + 1)^−½
};

// Four-body invariants that share the coupled product B_m₃ = Σ G A_first,m₁ A_second,m₂.
struct Coupling {
  int first, second;              // slots of m = −l of the two channels
  int width;                      // 2 l₃ + 1
  int entries;                    // start in `terms_start`: width + 1 numbers, the terms of each m₃
  int product;                    // start of B in the workspace
  int target, target_end;         // range of `targets`
  int first_width, second_width;  // 2 l₁ + 1, 2 l₂ + 1
  int gaunt;                      // start in `gaunt`: all G, (2 l₁ + 1, 2 l₂ + 1, 2 l₃ + 1)
};
struct CouplingTerm {
  int m1, m2;
  double gaunt;
};
struct CouplingTarget {
  int third;      // slot of m = −l₃ of the third channel
  int invariant;  // index of q
};

struct InvariantSet {
  int channels = 0, slots_per_channel = 0, count = 0, products = 0;
  int l_max = 0, radials = 0, species = 0;
  std::vector<ThreeBody> three_body;  // invariant channels + k
  std::vector<Coupling> couplings;
  std::vector<int> terms_start;
  std::vector<CouplingTerm> terms;
  std::vector<CouplingTarget> targets;
  std::vector<double> gaunt;

  int slots() const { return channels * slots_per_channel; }
};

InvariantSet make_invariants(const PotentialConfig& config, int species);

// √(4π) ∫ Y_a Y_b Y_c over the sphere for the harmonics of harmonics.hpp divided by √(4π), slots a, b, c of
// (l_max + 1)² each; by a quadrature that is exact for these polynomials. Row-major cube.
std::vector<double> gaunt_coefficients(int l_max);

}  // namespace locum::potential
