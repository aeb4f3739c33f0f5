// The solver alone on a data set of the series, from the classical starts: what the gated pair is measured by.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/series/experiment.hpp"
#include "apps/series/set_record.hpp"

namespace locum::apps {

// One reconstruction. The clock stands still while errors are looked at.
struct Baseline {
  std::string engine;  // empty: that of the run
  std::string start;   // "flat", "back_propagated", "random 1"
  double seconds = 0.0;
  std::int64_t sweeps = 0;
  bool converged = false;
  ObjectQuality quality;
  // After the sweep that ended at or behind the gated pair's time (or the last one): the solver stopped at equal time.
  double early_seconds = 0.0;
  ObjectQuality early;
  std::vector<double> time, r, phase_error;  // along the way; phase_error NaN where the truth is not known

  std::string title() const { return engine.empty() ? start : engine + ", " + start; }
};

struct SetComparison {
  std::int64_t number = 0;
  std::vector<Baseline> baselines;
  ObjectFunction solver;  // of the best start

  // The quickest of the two classical starts to converge (or, where neither did, to end).
  const Baseline& best() const;
  // The reconstruction by another engine; null where there is none.
  const Baseline* by(const std::string& engine) const;
  // Largest less smallest among the starts of the run's engine.
  double spread_r() const, spread_phase() const;

  FieldSet state() const;
  // engines: compare.engines of the run.
  static SetComparison from_state(const FieldSet& state, const std::vector<std::string>& engines = {});
};

// pair_seconds: what the gated pair took. Collective over the set's ranks.
SetComparison compare_with_solver(const SeriesRunConfig& config, const SeriesSet& set, std::int64_t number,
                                  double pair_seconds);

}  // namespace locum::apps
