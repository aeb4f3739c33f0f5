// What happened at each timestep of a production run: who played, how sure, how warm. The report draws it.
#pragma once

#include <cstdint>
#include <vector>

#include "kokkos_kernels/base/field_set.hpp"

namespace locum::apps {

enum class Player : std::int64_t { solver = 0, surrogate = 1 };

struct TimelineEntry {
  double time = 0.0;              // fs
  double temperature = 0.0;       // K, of the atoms
  double potential_energy = 0.0;  // eV
  double uncertainty = 0.0;       // calibrated bound, eV/Å; NaN where nobody asked
  double error = 0.0;             // largest atomic force error where both played, eV/Å; else NaN
  Player player = Player::solver;
  bool audited = false;
  bool learned = false;  // the surrogate was fitted again after this timestep
};

class Timeline {
 public:
  void add(const TimelineEntry& entry) { entries_.push_back(entry); }
  const std::vector<TimelineEntry>& entries() const { return entries_; }
  FieldSet state() const;
  void restore(const FieldSet& state);

 private:
  std::vector<TimelineEntry> entries_;
};

}  // namespace locum::apps
