// A linear map from cheap numbers to the right ones, learned from samples that have both, with an error that is
// measured on samples it has not seen.
//
// Ridge regression on standardised features, y = a + Σ_j w_j x_j, its strength chosen for each output by leaving out
// one group of samples after the other (a group: the probes of one thermal configuration, whose errors go together).
// The same left-out predictions give the error: for each group the root mean square of what is left, over the group's
// mean output. By exchangeability the largest of G such numbers bounds that of one more group with probability G / (G +
// 1).
#pragma once

#include <vector>

namespace locum::imaging {

struct CalibrationSamples {
  int features = 0, outputs = 0;
  std::vector<double> x;   // (n, features)
  std::vector<double> y;   // (n, outputs)
  std::vector<int> group;  // (n), 0 … G − 1
};

struct ChannelError {
  double mean = 0.0;      // of the output's size |y| over all samples
  double relative = 0.0;  // root mean square over all left-out samples, over that mean
  double bound = 0.0;     // for the relative error of a group that was not seen
  double absolute = 0.0;  // root mean square over all left-out samples
};

class LinearCalibration {
 public:
  LinearCalibration() = default;
  // Throws ConfigError for fewer than two groups or too few samples, NumericalError for numbers that are not finite.
  explicit LinearCalibration(const CalibrationSamples& samples);

  int groups() const { return groups_; }
  double confidence() const { return static_cast<double>(groups_) / (groups_ + 1); }
  const std::vector<ChannelError>& errors() const { return errors_; }

  // y (outputs) of one sample's x (features).
  void apply(const double* x, double* y) const;
  // How much farther than a typical sample of the calibration this one lies: 1 + xᵀ(XᵀX + λ)⁻¹x, which scales the
  // variance of a prediction; 1 at the centre.
  double leverage(const double* x) const;

 private:
  void standardise(const double* x, double* z) const;

  int features_ = 0, outputs_ = 0, groups_ = 0;
  std::vector<double> mean_, inverse_deviation_;  // of features
  std::vector<double> offset_, weight_;           // (outputs), (outputs, features)
  std::vector<double> inverse_;                   // of the normal equations, (features, features)
  std::vector<ChannelError> errors_;
};

}  // namespace locum::imaging
