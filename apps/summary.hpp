// summary.json: the account of a run, for scripts. Keys: docs/reference/files.md.
#pragma once

#include <map>
#include <string>

#include "apps/learn/comparison.hpp"
#include "kokkos_kernels/base/energy_meter.hpp"
#include "surrogates/gate/account.hpp"

namespace locum::apps {

struct TrainingSummary {
  std::int64_t samples = 0;
  double seconds = 0.0;
  std::string device, precision = "fp64";
  std::map<std::string, double> metrics;  // as train::FitReport, "test/force_rmse_eV_per_A", …
};

struct Summary {
  std::string title;
  int ranks = 1;
  gate::Account account;
  EnergyReading energy;
  TrainingSummary training;
  bool compared = false;
  ComparisonResult comparison;
};

// Numbers that are not known (no audit yet, break-even never, training that a model does not tell of) are null.
std::string to_json(const Summary& summary);

}  // namespace locum::apps
