#include "surrogates/gate/audit_bound.hpp"

#include <algorithm>
#include <cmath>

namespace locum::gate {
namespace {

constexpr double kNormal95 = 1.6448536269514722, kNormal995 = 2.5758293035489004;

// Hall 1992: with T = (mean − μ)/s, g(T) = T + γT²/3 + γ²T³/27 + γ/(6n) is closer to normal than T; g is monotone and
// its inverse is (3/γ)·{∛[1 + γ(y − γ/(6n))] − 1}. The bound is mean − s·g⁻¹(−t/√n).
double hall_bound(const WeightedMoments& m, double n, double normal) {
  if (m.deviation == 0.0) return m.mean;
  const double y = -student_quantile(normal, n - 1.0) / std::sqrt(n);
  const double skewness = std::max(m.skewness, 1e-6);  // a lower tail asks for no correction; 1e-6: the plain t
  const double inverse = 3.0 / skewness * (std::cbrt(1.0 + skewness * (y - skewness / (6.0 * n))) - 1.0);
  return m.mean - m.deviation * inverse;
}

// Zou, Huo & Taleban 2009, eq. (8): log-normal mean exp(μ + σ²/2) from separate limits of μ and of σ².
double zou_bound(std::span<const double> values, std::span<const double> weights, const WeightedMoments& m) {
  double sum = 0.0, first = 0.0, second = 0.0;
  const double floor = 1e-12 * m.mean;  // a perfect answer has no logarithm
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double l = std::log(std::max(values[i], floor));
    sum += weights[i];
    first += weights[i] * l;
    second += weights[i] * l * l;
  }
  const double n = m.effective_count, mean = first / sum;
  const double variance = std::max(0.0, second / sum - mean * mean) * n / (n - 1.0);
  const double of_mean = kNormal95 * kNormal95 * variance / n;
  const double of_variance = 0.5 * variance * ((n - 1.0) / chi_square_quantile(-kNormal95, n - 1.0) - 1.0);
  return std::exp(mean + 0.5 * variance + std::sqrt(of_mean + of_variance * of_variance));
}

}  // namespace

double student_quantile(double normal, double degrees) {
  const double x = normal, x2 = x * x, v = degrees;
  const double g1 = (x2 + 1.0) * x / 4.0;
  const double g2 = ((5.0 * x2 + 16.0) * x2 + 3.0) * x / 96.0;
  const double g3 = (((3.0 * x2 + 19.0) * x2 + 17.0) * x2 - 15.0) * x / 384.0;
  const double g4 = ((((79.0 * x2 + 776.0) * x2 + 1482.0) * x2 - 1920.0) * x2 - 945.0) * x / 92160.0;
  return x + (g1 + (g2 + (g3 + g4 / v) / v) / v) / v;
}

double chi_square_quantile(double normal, double degrees) {  // Wilson and Hilferty
  const double a = 2.0 / (9.0 * degrees);
  const double root = std::max(0.0, 1.0 - a + normal * std::sqrt(a));
  return degrees * root * root * root;
}

WeightedMoments weighted_moments(std::span<const double> values, std::span<const double> weights) {
  WeightedMoments m;
  double sum = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum += weights[i];
    squares += weights[i] * weights[i];
    m.mean += weights[i] * values[i];
  }
  m.mean /= sum;
  m.effective_count = sum * sum / squares;
  const double n = static_cast<double>(values.size()), mean_weight = sum / n;
  double second = 0.0, third = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double z = weights[i] / mean_weight * (values[i] - m.mean);
    second += z * z;
    third += z * z * z;
  }
  m.deviation = std::sqrt(second / (n - 1.0));
  // Draws that are equal but for rounding have no third moment to speak of.
  if (m.deviation > 1e-12 * m.mean)
    m.skewness = third / n / std::pow(second / n, 1.5);
  else
    m.deviation = 0.0;
  return m;
}

double upper_bound_of_mean(std::span<const double> values, std::span<const double> weights) {
  const WeightedMoments m = weighted_moments(values, weights);
  if (m.deviation == 0.0) return m.mean;
  const double n = static_cast<double>(values.size());
  const double hall = hall_bound(m, n, kNormal95);
  return std::max(hall, std::min(zou_bound(values, weights, m), hall_bound(m, n, kNormal995)));
}

}  // namespace locum::gate
