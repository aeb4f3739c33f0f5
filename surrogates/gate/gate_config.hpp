// Settings of a gate, for any domain. Numbers "in the domain's unit" are errors as Domain::error gives them
// (SampleError::largest; atomistic: eV/Å).
#pragma once

#include <cstdint>

#include "kokkos_kernels/base/config.hpp"

namespace locum::gate {

struct GateConfig {
  // Trust.
  double threshold = 0.0;            // largest uncertainty that the surrogate may play with; 0: found by calibration
  double threshold_quantile = 0.95;  // automatic: this quantile of the bounds of held-out samples …
  double threshold_factor = 1.25;    // … times this
  bool moving_threshold = false;     // automatic: found again at every calibration, instead of once
  double coverage = 0.9;             // share of held-out samples whose error stays below its bound
  double score_floor = 0.0;          // raw scores below count as this; 0: 1 % of the median score of held-out samples

  // Who plays.
  std::int64_t warm_up = 0;       // first calls, all the solver's
  double resume_ratio = 0.9;      // after a fallback: a call is calm when uncertainty ≤ resume_ratio · threshold
  std::int64_t resume_calls = 2;  // the surrogate takes over at this many calm calls in a row; 0: no hysteresis
  std::int64_t max_hold = 100;    // at most so many calls in a row held only for lack of calm; 0: no limit
  double all_above = 1.0;         // a call of which more than this share is handed back is handed back whole; 1: never
  double audit_rate = 0.01;       // chance of a sample to be audited
  bool correct_by_audits = true;  // audits widen the bounds where they exceed them more often than promised

  // Learning in the run.
  std::int64_t labels_to_update = 20;  // the learner fits again when so many new labels have gathered; 0: never
  std::int64_t max_updates = 0;        // most such fits; 0: no limit
  std::int64_t label_spacing = 1;      // calls between two labels of a sample handed back; audits are always labelled
  std::int64_t labels_a_call = 0;      // most of the samples handed back in a call that are labelled; 0: no limit
  bool keep_labels = true;             // the learner is given labels though no fit is to come

  void visit(ConfigVisitor& v);
  // Throws ConfigError for a value out of range, naming key, value and range.
  void validate() const;
};

}  // namespace locum::gate
