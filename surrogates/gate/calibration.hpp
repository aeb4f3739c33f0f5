// From raw scores to uncertainties: split conformal prediction.
//
// Held-out pairs (score sᵢ, largest error eᵢ) give the nonconformity rᵢ = eᵢ / max(sᵢ, floor). With k =
// ⌈(n+1)·coverage⌉ and r₍ₖ₎ the k-th smallest, the bound of a new sample is u(s) = r₍ₖ₎ · max(s, floor). If the new
// sample and the held-out ones are exchangeable, P(e ≤ u) lies between coverage and coverage + 1/(n+1) (Vovk, Gammerman
// & Shafer 2005, §2; Lei et al., JASA 113 (2018) 1094, theorem 2.2). Outside the covered domain nothing is promised:
// there audits speak.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/base/field_set.hpp"
#include "surrogates/gate/gate_config.hpp"
#include "surrogates/train/learner.hpp"

namespace locum::gate {

// Fewest pairs for which ⌈(n+1)·coverage⌉ ≤ n: 9 at 0.9, 19 at 0.95.
std::size_t pairs_needed(double coverage);

// r₍ₖ₎ of the text above. Throws ConfigError with fewer than pairs_needed(coverage) values.
double conformal_quantile(std::vector<double> nonconformity, double coverage);

// The same for one sample (an atom) of a new group (a frame) when the held-out ones come in groups, whose samples err
// together: each group counts as one, whatever its size, and one more lies at infinity (Lee, Barber & Willett,
// arXiv:2306.06342, Sec. 3). Groups must not be empty. Throws ConfigError with fewer than pairs_needed(coverage)
// groups.
double hierarchical_quantile(const std::vector<std::vector<double>>& nonconformity, double coverage);

class Calibration {
 public:
  // unit: of errors and bounds, the domain's.
  explicit Calibration(const GateConfig& config, std::string unit = "1");

  // Throws ConfigError with too few pairs for the coverage, NumericalError for a pair that is negative or not finite.
  // The first call also fixes an automatic threshold; later ones move it only with moving_threshold.
  void fit(std::span<const train::CalibrationPair> pairs);
  // A sample of production that the solver judged: did its error exceed its bound? Held-out samples (other sizes,
  // temperatures, times) are not quite exchangeable with production, so a factor c ≥ 1 on every bound follows what is
  // found: ln c ← max(0, ln c + η (1{exceeded} − (1 − coverage))), the quantile tracker of Angelopoulos, Candès &
  // Tibshirani (NeurIPS 2023) for the logarithm. Whatever the order and the distribution of errors, of n
  // judged samples at most (1 − coverage) n + ln c / η exceeded their bounds. Nothing without correct_by_audits.
  void correct(bool exceeded);
  double correction() const { return correction_; }  // c
  static constexpr double correction_step = 0.1;     // η
  // Scores are no longer comparable (new weights without held-out samples): no sample is trusted until the next fit.
  void forget() { fitted_ = false; }

  bool fitted() const { return fitted_; }
  // Bound on the largest error, the domain's unit; infinite before fit() and for a score that is negative or not
  // finite.
  double uncertainty(double score) const;
  double threshold() const { return threshold_; }  // the domain's unit; 0 until it is known
  double scale() const { return scale_; }          // r₍ₖ₎
  std::size_t pairs() const { return pairs_; }

  FieldSet state() const;
  void restore(const FieldSet& state);  // a threshold given in the configuration wins over the stored one

 private:
  void find_threshold(std::span<const train::CalibrationPair> pairs);

  double coverage_, quantile_, factor_, given_floor_, given_threshold_;
  std::string unit_;
  bool moving_, correcting_;
  bool fitted_ = false;
  std::size_t pairs_ = 0;
  double scale_ = 0.0, floor_ = 0.0, threshold_ = 0.0, correction_ = 1.0;
};

}  // namespace locum::gate
