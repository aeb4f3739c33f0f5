// What the gate asks of whoever trains: take labels, fit again, say how well held-out samples are predicted.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kokkos_kernels/base/field_set.hpp"

namespace locum::train {

// A held-out sample under the current surrogate: its raw score next to its true largest error (Domain::error).
struct CalibrationPair {
  double score = 0.0;
  double error = 0.0;
};

struct FitReport {
  std::int64_t samples = 0;  // labelled samples that the fit used
  double seconds = 0.0;
  std::map<std::string, double> metrics;  // "validation/force_rmse_eV_per_A", …
};

class Learner {
 public:
  virtual ~Learner() = default;
  // A labelled sample of production (Domain::label). Collective: every rank is given it. The learner decides which
  // samples it trains on and which it holds out for calibration.
  virtual void add(const FieldSet& label) = 0;
  // Fits again with everything so far, old samples replayed; the surrogate that it was built for answers with the new
  // weights afterwards. Collective.
  virtual FitReport update() = 0;
  // Held-out samples under the current weights, the same on every rank. Collective.
  virtual std::vector<CalibrationPair> calibration() = 0;
  // All that a restart needs to go on bit for bit, and the way back.
  virtual FieldSet state() const = 0;
  virtual void restore(const FieldSet& state) = 0;
};

}  // namespace locum::train
