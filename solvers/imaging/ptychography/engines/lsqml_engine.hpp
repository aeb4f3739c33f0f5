// LSQ-ML: mini-batches of the likelihood's gradient, preconditioned by the illumination, with the step lengths of
// object and probe from a least-squares problem of two unknowns for each frame (Odstrčil, Menzel and Guizar-Sicairos,
// Opt. Express 26 (2018) 3108).
//
// With χ_jm the changes that frames ask of their exit waves (frame_kernels.hpp, eqs. (12)-(18)) and L = Σ_j Σ_m |P_m|²
// of all frames:
//   ΔO = Σ_{j∈B} Σ_m P_m* χ_jm / √(L² + (δ L_max)²)                  eq. (24), damped where there is little light
//   ΔP_m = ⟨O_j* χ_jm⟩_{j∈B}                                         eq. (25) with the plain mean
//   min over real α_j, β_j of Σ_m ‖χ_jm − α_j ΔO_j P_m − β_j ΔP_m O_j‖²   eq. (22), for each frame
//   O += a α ΔO,  P += b β ΔP
// α is the mean of the α_j without the tenth of them at either end, β the mean. The diagonal is raised by a tenth of
// its mean over the batch, so that a frame without structure does not choose its β freely. The steps are real and
// positive.
//
// Steps of mini-batches shrink as 30 / sweep from the thirtieth sweep on: what batches disagree about is noise.
//
// With the probe fixed there is one unknown, and the problems of all frames of the batch are solved as one:
//   α = Σ_j Re⟨ΔO P_j, χ_j⟩ / Σ_j ‖ΔO P_j‖² = Σ_r |ΔO|² √(L² + (δ L_max)²) / Σ_r |ΔO|² L_B,   L_B = Σ_{j∈B} |P_j|²,
// sums over the object alone: no second look at the frames, so that a batch of any size is worked off in portions that
// stay in a cache. With momentum (reconstruction.hpp) and all frames in one batch this is the method's compact form.
#pragma once

#include "solvers/imaging/ptychography/engines/position_correction.hpp"
#include "solvers/imaging/ptychography/engines/ptychography_engine.hpp"

namespace locum::imaging {

class LsqmlEngine final : public PtychographyEngine {
 public:
  LsqmlEngine(const PtychographyFields& fields, double object_step, double probe_step);
  SweepErrors sweep(PtychographyFields& fields, int number) override;

 private:
  // With the probe fixed, and with it refined.
  void update(PtychographyFields& fields, const std::vector<int>& batch, PositionCorrection& positions,
              SweepErrors& errors);
  void update_both(PtychographyFields& fields, const std::vector<int>& batch, PositionCorrection& positions,
                   SweepErrors& errors);
  // ΔO of the batch into direction_; the box that it fills.
  PixelBox find_direction(PtychographyFields& fields, const std::vector<int>& batch, PositionCorrection& positions,
                          SweepErrors& errors);
  float damp(PtychographyFields& fields) const;

  static constexpr double settling_sweeps = 30.0;
  double object_step_, probe_step_, settling_ = 1.0;
  Planes direction_, light_, batch_light_, moved_probe_change_;
  fft::Waves<float> probe_change_;
  BatchSums step_sums_;
};

// α and β of a batch from its frames' sums.
struct BatchSteps {
  double object = 0.0, probe = 0.0;
};
BatchSteps batch_steps(std::span<const StepSums> frames);

// α with the probe fixed, of ΔO preconditioned with `damp` over the box. Collective.
double common_step(PtychographyFields& fields, const PixelBox& box, const Planes& batch_light, float damp,
                   const Planes& direction);

}  // namespace locum::imaging
