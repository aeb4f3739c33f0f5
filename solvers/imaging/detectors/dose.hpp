// Counting electrons: Poisson noise of a finite dose, as integers.
//
// A count is a pure function of (seed, probe, pixel), so the same whatever the number of ranks and the batches.
// Means below ten: inversion; above: the transformed rejection PTRS of Hörmann, Insurance: Mathematics and Economics
// 12, 39 (1993). Both are exact.
#pragma once

#include <cstdint>
#include <span>

#include "kokkos_kernels/base/config.hpp"
#include "kokkos_kernels/base/kokkos.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::imaging {

struct DoseConfig {
  double per_area = 0.0;   // electrons/Å²; 0 with the next: no counting
  double per_probe = 0.0;  // electrons for each probe position
  std::int64_t seed = 1;

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
  bool counts() const { return per_area > 0.0 || per_probe > 0.0; }
};

// Electrons for each probe position (or pixel of an image) of `area` Å². Throws ConfigError for a dose by area where
// the area is 0, and for more than 4e9 electrons, which 32 bits do not hold.
double electrons_per_probe(const DoseConfig& config, double area);

// log k!, exact to rounding: a table, then Stirling's series.
KOKKOS_INLINE_FUNCTION double log_factorial(double k) {
  constexpr double small[10] = {0.0,
                                0.0,
                                0.69314718055994530942,
                                1.79175946922805500081,
                                3.17805383034794561965,
                                4.78749174278204599425,
                                6.57925121201010099506,
                                8.52516136106541430017,
                                10.60460290274525022842,
                                12.80182748008146961121};
  if (k < 10.0) return small[static_cast<int>(k)];
  const double n = k + 1.0, inverse = 1.0 / n, square = inverse * inverse;
  // log Γ(n) = (n − ½) log n − n + ½ log 2π + 1/(12n) − 1/(360n³) + 1/(1260n⁵) − 1/(1680n⁷) + 1/(1188n⁹)
  return (n - 0.5) * std::log(n) - n + 0.91893853320467274178 +
         inverse * (1.0 / 12.0 -
                    square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0))));
}

// A Poisson number of mean `mean` ≤ 4e9 (0 for a mean of 0 or less) for pixel `what` of probe `when`.
KOKKOS_INLINE_FUNCTION std::uint32_t poisson(double mean, std::uint64_t seed, std::uint64_t what, std::uint64_t when) {
  if (!(mean > 0.0)) return 0;
  if (mean < 10.0) {
    double rest = random::uniform(seed, random::Stream::dose, what, when);
    double share = std::exp(-mean);
    std::uint32_t k = 0;
    for (; rest > share && k < 200; ++k) {  // P(k > 200) is below 1e-180: the bound is for what rounding leaves
      rest -= share;
      share *= mean / (k + 1.0);
    }
    return k;
  }
  const double root = std::sqrt(mean), log_mean = std::log(mean);
  const double b = 0.931 + 2.53 * root, a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2.0);
  for (std::uint32_t draw = 0; draw < 0xFFFFFFu; ++draw) {  // some 1.1 draws on average
    const random::Block bits = random::bits(seed, random::Stream::dose, what, when, draw);
    const double u = random::to_uniform(bits.word[0], bits.word[1]) - 0.5;
    const double v = random::to_uniform(bits.word[2], bits.word[3]);
    const double us = 0.5 - std::fabs(u), k = std::floor((2.0 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return static_cast<std::uint32_t>(k);
    if (k < 0.0 || (us < 0.013 && v > us)) continue;
    if (std::log(v) + std::log(inverse_alpha) - std::log(a / (us * us) + b) <= k * log_mean - mean - log_factorial(k))
      return static_cast<std::uint32_t>(k);
  }
  return static_cast<std::uint32_t>(mean);
}

// Which counts these are: numbers of a run's probes (or configurations) count on, and every dataset has its own.
struct CountKey {
  std::uint64_t seed = 1;
  std::uint32_t dataset = 0;      // below 2⁸
  std::uint64_t first_probe = 0;  // of the first row; below 2⁴⁸
};

// counts(p, i) of electrons where the mean is `electrons` · fraction(p, i): rows are probes, row-major, `pixels` long
// (below 2⁴⁰). Fractions below 0, which rounding may leave, count as 0. T: float, double. Throws ConfigError for spans
// of different lengths, or for fractions above what 32 bits hold, NumericalError for one that is no number.
template <class T>
void count_electrons(std::span<const T> fraction, std::size_t pixels, double electrons, const CountKey& key,
                     std::span<std::uint32_t> counts);

// The same on the device, for rows 0 … rows − 1; no check of the fractions.
template <class T>
void count_electrons(const ExecutionSpace& space,
                     const Kokkos::View<const T**, Kokkos::LayoutRight, MemorySpace>& fraction, int rows,
                     double electrons, const CountKey& key,
                     const Kokkos::View<std::uint32_t**, Kokkos::LayoutRight, MemorySpace>& counts);

}  // namespace locum::imaging
