// How much frames resist a change of the object: what an exact line search needs.
//
// With Ψ_m = F P_m O, Φ_m = F P_m D, the model's counts along O + t D are M(t) = M + 2 t a + t² b, a = Σ_m Re Ψ_m* Φ_m
// / N, b = Σ_m |Φ_m|² / N, and to second order in t
//   Σ_k (√M(t) − √I)² = … + t² Σ_k [a² / M + (1 − √(I / M)) (b − a² / M)].
// The bracket's second term is taken where it is positive: dark pixels, at which the expansion ends early, must not
// promise a longer step. By Parseval Σ_k b = ‖P D‖², with masked pixels in it.
//
// Two transforms a frame; nothing goes back. Counted as in frame_kernels.hpp, 128² frames of one mode: forward reads
// object, direction and probe (the last twice) and writes two waves, columns read both and √I and put Φ aside and take
// it up again: 1.4 MB, of which all but √I, the direction and the object may come from a cache.
#pragma once

#include <vector>

#include "solvers/imaging/ptychography/frames/frame_kernels.hpp"

namespace locum::imaging {

struct CurvatureSums {
  static constexpr int count = 2;
  double bend = 0.0;  // Σ_k [ … ] over valid pixels
  double size = 0.0;  // ‖P D‖²
};

class FrameCurvature {
 public:
  // At most `batch` frames a call.
  FrameCurvature(const ExecutionSpace& space, const FrameLayout& layout, int modes, int batch);

  // Of each frame of the batch. object, direction: one plane each. Waits for it.
  std::vector<CurvatureSums> measure(const FrameBatch& batch, const FrameData& data, const Planes& object,
                                     const Planes& direction, const Planes& probes) const;

 private:
  ExecutionSpace space_;
  FrameLayout layout_;
  int modes_, group_;
  fft::LinePlan<float> line_x_, line_y_;
  View<float*> waves_;                         // (group × 2 modes × layout.wave())
  Kokkos::View<double***, MemorySpace> sums_;  // (batch, blocks of columns, CurvatureSums::count)
};

}  // namespace locum::imaging
