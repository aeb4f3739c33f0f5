// How much frames resist a change of object and probe: what an exact line search needs.
//
// With Ψ_m = F P_m O and the changes Φ_Om = F P_m D, Φ_Pm = F O E_m of object (D) and probe (E_m, moved as P_m), the
// model's counts along P + s E, O + t D are to second order, N = nx ny,
//   M(t, s) = M + 2 (t a_O + s a_P) + t² b_OO + 2 t s b_OP + s² b_PP,
//   a_x = Σ_m Re Ψ_m* Φ_xm / N,  b_xy = Σ_m Re Φ_xm* Φ_ym / N,
// and the function that is sought the least of is … + Σ_xy t_x t_y κ_xy with
//   amplitude, Σ (√M − √I)²:       κ_xy = Σ_k [a_x a_y / M + w (b_xy − a_x a_y / M)],   w = 1 − √(I / M)
//   poisson, ½ Σ (M − I log M):    κ_xy = Σ_k [a_x a_y / M + w (b_xy − 2 a_x a_y / M)],  w = ½ (1 − I / M)
// of which w is taken where it is positive: dark pixels, at which the expansion ends early, must not promise a longer
// step. So κ is never negative, and at most Σ b. (Half of Poisson's −log L has the curvature of the amplitudes' error
// near the solution, and −½ (1 − I / M) is its factor, frame_factors.hpp with α = ½; what is cut off there for
// I > 14 M is not looked at here.) By Parseval Σ_k b_xx is ‖P D‖² and ‖O E‖², with masked pixels in it.
// The product t s E_m D is left out: it would add 2 t s Re⟨E_m D, −χ_m⟩, nothing where frames are explained.
//
// Two transforms a frame and mode, three with a probe's direction; nothing goes back. Counted as in frame_kernels.hpp,
// 128² frames of one mode: forward reads object, direction and probe (the last twice) and writes two waves, columns
// read both and √I and put Φ aside and take it up again: 1.4 MB, of which all but √I, the direction and the object may
// come from a cache.
#pragma once

#include <vector>

#include "solvers/imaging/ptychography/frames/frame_kernels.hpp"

namespace locum::imaging {

struct CurvatureSums {
  static constexpr int count = 5;
  double object = 0.0, both = 0.0, probe = 0.0;  // κ_OO, κ_OP, κ_PP over valid pixels
  double object_size = 0.0, probe_size = 0.0;    // ‖P D‖², ‖O E‖²
};

class FrameCurvature {
 public:
  // At most `batch` frames a call; with_probe: of directions of the probe too.
  FrameCurvature(const ExecutionSpace& space, const FrameLayout& layout, int modes, int batch, bool with_probe);

  // Of each frame of the batch. object, direction: one plane each. probe_directions: as probes, moved alike; none
  // (count 0): what the probe has in the sums stays 0. Waits for it.
  std::vector<CurvatureSums> measure(const FrameBatch& batch, const FrameData& data, Likelihood likelihood,
                                     const Planes& object, const Planes& direction, const Planes& probes,
                                     const Planes& probe_directions = {}) const;

 private:
  ExecutionSpace space_;
  FrameLayout layout_;
  int modes_, group_;
  fft::LinePlan<float> line_x_, line_y_;
  View<float*> waves_;  // (group × 2 or 3 × modes × layout.wave())
  FrameNumbers sums_;   // (batch, blocks of columns, CurvatureSums::count)
  HostFrameNumbers sums_host_;
};

}  // namespace locum::imaging
