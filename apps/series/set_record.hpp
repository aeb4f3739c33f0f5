// What a run remembers of each data set of its series.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "apps/series/watched_solver.hpp"
#include "kokkos_kernels/base/field_set.hpp"
#include "solvers/api/ptychography.hpp"
#include "solvers/imaging/ptychography/quality/quality.hpp"
#include "surrogates/gate/decision.hpp"

namespace locum::apps {

// Of an object: against its frames, and against the truth where that is known (else NaN).
struct ObjectQuality {
  double r = std::numeric_limits<double>::quiet_NaN();
  double phase_error = std::numeric_limits<double>::quiet_NaN();  // rad
  double amplitude_error = std::numeric_limits<double>::quiet_NaN();
};

// truth may be empty. Collective over input.comm.
ObjectQuality quality_of(const Ptychogram& input, const ObjectFunction& truth, const ObjectFunction& object, double r);

struct SetRecord {
  std::int64_t number = 0;
  bool other = false, truth_known = false;
  std::int64_t frames = 0, tiles = 0, handed_back = 0, audited = 0;
  // s of the slowest rank, learning in the run left out: until the network's answer is there, until the gated one is.
  double first_image = 0.0, final_image = 0.0;
  double solver = 0.0, learning = 0.0;  // s; the solver's part of final_image; the learner's beside it
  ObjectQuality network, gated;
  SolvedRegions regions, audits;  // that the solver was given; how many of them did not converge
  // One for each frame: calibrated bound on the network's error, its true error (NaN: not known), and whether the
  // frame's tile was handed back (0 or 1).
  std::vector<double> uncertainty, error, handed;

  FieldSet state() const;
  static SetRecord from_state(const FieldSet& state);
};

// The frame-level gate against the truth. `in_domain` is the root mean square error of the network's answer below the
// frames of the data sets that its training held out; a frame is wrong where it is off by more than three times that.
struct FrameGate {
  double in_domain = 0.0;
  std::int64_t frames = 0, wrong = 0, wrong_handed_back = 0, handed_back = 0;
  double recall() const;  // share of the wrong ones that was handed back; NaN without any
};
FrameGate frame_gate(const std::vector<SetRecord>& records, double in_domain);

// Complex numbers as a field of (count, 2).
void add_complex(FieldSet& fields, const std::string& name, const std::vector<Ptychogram::Value>& values);
std::vector<Ptychogram::Value> complex_field(const FieldSet& fields, const std::string& name);

}  // namespace locum::apps
