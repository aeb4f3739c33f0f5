// Conjugate gradients for the object alone: all frames at once, the likelihood of amplitudes.
//
// With G = Σ_j Σ_m P_m* χ_jm (down the gradient of Σ (√I − √M)², frame_kernels.hpp), in the form of Polak and Ribière,
// Rev. Fr. Inform. Rech. Opér. 3-R1 (1969) 35, with β never below 0 (Gilbert and Nocedal, SIAM J. Optim. 2 (1992) 21;
// for ptychography Thibault and Guizar-Sicairos, New J. Phys. 14 (2012) 063004, which PtyPy's ML follows):
//   z = M⁻¹ G = G / √(L² + (δ L_max)²) + coarse phase (coarse_phase.hpp)
//   β = max(0, Re⟨G − G', z⟩ / Re⟨G', z'⟩),  D = z + β D'
//   t = Re⟨G, D⟩ / κ,  O += a t D
// κ is the curvature of the error along D, Σ_j of frame_curvature.hpp. A share of the frames is looked at for it, one
// of each stretch of the spatial order, others in every sweep: κ = Σ_r L |D|² Σ_S bend_j / Σ_S ‖P D_j‖².
// D begins anew, D = z, where it would not lead down.
//
// A sweep takes two transforms a frame for G and two of that share for κ. Sums over pixels are in double.
#pragma once

#include <memory>

#include "solvers/imaging/ptychography/engines/coarse_phase.hpp"
#include "solvers/imaging/ptychography/engines/frame_curvature.hpp"
#include "solvers/imaging/ptychography/engines/ptychography_engine.hpp"

namespace locum::imaging {

class CgEngine final : public PtychographyEngine {
 public:
  explicit CgEngine(const PtychographyFields& fields);
  SweepErrors sweep(PtychographyFields& fields, int number) override;
  SharedState shared_state() override;

 private:
  SweepErrors find_gradient(PtychographyFields& fields);
  // Re⟨G, D⟩ for the new D.
  double find_direction(PtychographyFields& fields);
  double curvature(PtychographyFields& fields, int number) const;

  Planes gradient_, gradient_before_, descent_, direction_;  // G, G', z and D
  double slope_before_ = 0.0;                                // Re⟨G', z'⟩; 0: there is no sweep before
  FrameCurvature frame_curvature_;
  std::unique_ptr<CoarsePhase> coarse_phase_;
};

}  // namespace locum::imaging
