// A one-sided 95 % upper bound on the mean of a non-negative, skewed quantity from few random draws.
//
// Student's t undercovers there (83 % for a log-normal of σ = 1 at n = 20). Two bounds that fail in different places
// are combined (docs/theory/gate.md has the table of measured coverage):
//   - Hall's (1992, J. R. Stat. Soc. B 54, 221) monotone cubic transformation of t, which knows the third moment;
//   - Zou's (2009, Stat. Med. 28, 3755, "MOVER") bound on a log-normal mean, which knows the tail before it is seen.
// The result is max(Hall 95 %, min(Zou 95 %, Hall 99.5 %)): Zou's alone is absurdly wide where logarithms have a long
// lower tail. What no bound can know: a share p of draws that are far worse is missed with probability (1−p)ⁿ.
#pragma once

#include <span>

namespace locum::gate {

struct WeightedMoments {
  double mean = 0.0;       // Σ w x / Σ w, Hájek's estimator
  double deviation = 0.0;  // of one draw: standard error of the mean times √n
  double skewness = 0.0;
  double effective_count = 0.0;  // (Σ w)² / Σ w²
};
// values and weights of the same length; weight: one over the probability of the draw. Moments of the linearised
// residuals w(x − mean)/w̄ (Särndal, Swensson & Wretman 1992, §5.7), with equal weights the plain ones.
WeightedMoments weighted_moments(std::span<const double> values, std::span<const double> weights);

// Upper 95 % bound on the mean; at least two values ≥ 0, in any unit.
double upper_bound_of_mean(std::span<const double> values, std::span<const double> weights);

// Quantiles by series of the normal one (Abramowitz & Stegun 26.7.5, 26.4.17): better than 1e-3 relative from 9 degrees
// of freedom on. normal: the standard normal quantile of the same probability.
double student_quantile(double normal, double degrees);
double chi_square_quantile(double normal, double degrees);

}  // namespace locum::gate
