// One object from its frames: an engine, sweep after sweep, until nothing more is gained.
//
// Converged is an object that has changed by less than `tolerance` of itself over ten sweeps, ‖O − c O₁₀‖ / ‖O‖ < τ
// with the constant phase c taken off and pixels weighed by the illumination; it is looked at every five sweeps. R
// settles long before the slow, coarse part of the phase does, and says nothing of it.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "kokkos_kernels/base/field_set.hpp"
#include "solvers/imaging/ptychography/engines/ptychography_engine.hpp"

namespace locum::imaging {

struct SweepRecord {
  int sweep = 0;        // counted from 0
  double r = 0.0;       // Σ|√I − √M| / Σ√I as frames were visited, before their update; < 0: not measured
  double change = 0.0;  // ‖ΔO‖ / ‖O‖ of the sweep, but for a constant phase, weighed by the illumination
  double change_of_ten = -1.0;  // the same of the last ten sweeps; < 0: not looked at
};

// The classical start: every frame's amplitudes with the phases of the empty beam, propagated back, O = Σ P* ψ / Σ
// |P|²; 1 where there is no light. Collective.
void back_propagate(PtychographyFields& fields);

class Reconstruction {
 public:
  // which: frames that take part; empty: all. The object begins as config.start says. kept: see PtychographyFields.
  // Throws ConfigError. Collective, like all below. input must outlive it.
  Reconstruction(const Ptychogram& input, const PtychographyConfig& config, std::vector<int> which = {},
                 const KeptFrames* kept = nullptr);

  // Instead of config.start; (object_nx, object_ny).
  void start_from(const ObjectFunction& object);

  // One sweep. Throws NumericalError where numbers are no longer finite.
  const SweepRecord& advance();
  bool converged() const;
  // Until converged, or config.sweeps are done, or keep_going (called after each sweep on every rank, which must agree)
  // says no.
  void run(const std::function<bool(const SweepRecord&)>& keep_going = {});

  const std::vector<SweepRecord>& history() const { return history_; }
  int sweeps() const { return static_cast<int>(history_.size()); }
  ObjectFunction object();  // whole, on every rank; the start where no frame was
  std::vector<Ptychogram::Value> probe() const { return fields_.probe.get(); }
  std::vector<std::array<double, 2>> positions() const;  // of all frames, input's where they take no part
  std::vector<int> frames() const;                       // those that take part
  std::vector<FourierError> fourier_errors();            // of each frame in frames(), for the object as it is
  double r_factor();                                     // of the object as it is
  PtychographyFields& fields() { return fields_; }

  // Everything that changes; shared_state is the same on every rank. A restored one goes on bit for bit on the same
  // number of ranks.
  FieldSet shared_state();
  FieldSet local_state() const { return engine_->state(); }
  void restore(const FieldSet& shared, const FieldSet& local);

 private:
  void begin();
  void extrapolate_object();

  PtychographyConfig config_;
  PtychographyFields fields_;
  std::unique_ptr<PtychographyEngine> engine_, warm_up_;
  Planes before_;                    // the object when the last sweep began
  std::array<Planes, 2> snapshots_;  // the object of five and of ten sweeps ago
  int momentum_sweeps_ = 0;          // since momentum began anew
  double last_r_ = 1e30;
  std::vector<SweepRecord> history_;
};

}  // namespace locum::imaging
