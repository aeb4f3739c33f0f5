// Conjugate gradients for the object and, where it is refined, the probe: all frames at once, either likelihood.
//
// With G_O = Σ_j Σ_m P_m* χ_jm and G_Pm = Σ_j O_j* χ_jm, down the gradient of Σ (√I − √M)² or of ½ Σ (M − I log M) (χ
// of frame_kernels.hpp, Poisson's with α = ½ for every frame), S the last step, inner products over both parts:
//   z_O = G_O / √(L² + (δ L_max)²) + coarse phase (coarse_phase.hpp),   z_P = G_P / √(Λ² + (δ Λ_max)²),  Λ = Σ_j |O_j|²
//   β = max(0, Re⟨G − G', z⟩ / Re⟨G' − G, S⟩),  D = z + β S
//   O += a t_O D_O,  P += b t_P D_P,  S = (a t_O D_O, b t_P D_P)
// β is Hestenes and Stiefel's (J. Res. Natl. Bur. Stand. 49 (1952) 409), which asks neither that the last step was the
// best one nor that both parts were equally long, never below 0 (Gilbert and Nocedal, SIAM J. Optim. 2 (1992) 21); for
// ptychography Thibault and Guizar-Sicairos, New J. Phys. 14 (2012) 063004, which PtyPy's ML follows with one t for
// both parts. t_O and t_P are least together, from the curvatures along D_O and D_P (frame_curvature.hpp):
//   κ_OO t_O + κ_OP t_P = Re⟨G_O, D_O⟩,   κ_OP t_O + κ_PP t_P = Re⟨G_P, D_P⟩
// A share of the frames is looked at for them, one of each stretch of the spatial order, others in every sweep: of κ_OO
// Σ_S κ_j Σ_r L |D_O|² / Σ_S ‖P D_j‖² is taken for all, of κ_PP the same with Λ, of κ_OP the geometric mean.
//
// D begins anew, D = z, where it would not lead down, and where constraints have changed the probe. Where the slope
// along S has turned by more than its whole size, Re⟨G, S⟩ < −Re⟨G', S⟩, the error is larger than it was (of a
// parabola): the sweep goes back along S to where that has its least, and the next one begins anew. So sweeps cannot
// run away.
//
// A sweep takes two transforms a frame for G and two (with the probe three) of that share for κ, for each mode. Sums
// over pixels are in double.
#pragma once

#include <memory>

#include "solvers/imaging/ptychography/engines/cg_probe.hpp"
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
  // What belongs to the object's and to the probe's part of a direction.
  struct Pair {
    double object = 0.0, probe = 0.0;
    double sum() const { return object + probe; }
  };
  // Re⟨G, z⟩, Re⟨G − G', z⟩, Re⟨G, S⟩ of one part.
  using Slopes = std::array<double, 3>;

  SweepErrors find_gradient(PtychographyFields& fields, bool refine);
  // The new D; Re⟨G, D⟩ of both parts.
  Pair find_direction(PtychographyFields& fields, const Slopes& object, const Slopes& probe);
  Pair find_steps(PtychographyFields& fields, const Pair& slope, int number, bool refine);
  Slopes object_slopes(PtychographyFields& fields);

  Planes gradient_, gradient_before_, descent_, direction_;  // G, G', z, and D or S
  double along_before_ = 0.0;                                // Re⟨G', S⟩; 0: there is no step before
  FrameCurvature frame_curvature_;
  std::unique_ptr<CoarsePhase> coarse_phase_;
  std::unique_ptr<CgProbe> probe_;
};

// t that makes … − 2 Σ s t + Σ_xy κ_xy t_x t_y least: both, or one for both where the directions are as good as one.
std::array<double, 2> best_steps(const std::array<double, 2>& slope, double object, double both, double probe);

}  // namespace locum::imaging
