// The part of a preconditioner that knows how little frames say of coarse phases.
//
// Multiply O by exp(iφ), φ = cos(q·r). A frame does not see φ's mean over its light: of ½ Σ L |O|² φ², which is what a
// fine φ costs, a coarse one has the share 1 − |p(q)|², p the Fourier transform of the probe's intensity (of sum 1); to
// second order in the probe's width s = q_x² σ_x² + q_y² σ_y² and, as for a Gaussian, 1 − exp(−s). (The ½ is there in
// both: what is changed along Ψ alone is seen.) The inverse, 1 / (1 − e^−s) = 1 + 1 / (e^s − 1), is the plain
// preconditioner and a term that is ∇⁻² / σ² for what is wider than the probe and nothing for what is finer:
//   ΔO = … + i O u,   u = C⁻¹ [1 / (e^s − 1)] C [Im(O* G)] / W,   W = ⟨L |O|²⟩
// C the cosine transform over the box that is lit, q from 4 sin²; symmetric and never negative, as conjugate gradients
// want. The constant phase has no gradient, and gets none.
#pragma once

#include <array>
#include <memory>

#include "kokkos_kernels/fft/cosine_filter.hpp"
#include "solvers/imaging/ptychography/ptychography_fields.hpp"

namespace locum::imaging {

// Where the light of a probe (modes, nx, ny) is: its centre and its mean square distance from it along either axis,
// pixels.
struct ProbeWidth {
  std::array<double, 2> centre{}, square{};
};
ProbeWidth probe_width(const Ptychogram& input);

class CoarsePhase {
 public:
  // Of the probe that `fields` begins with, and the frames that take part.
  explicit CoarsePhase(const PtychographyFields& fields);

  // direction += i O u of the gradient G = Σ P* χ, over this rank's region. Collective.
  void add(PtychographyFields& fields, const Planes& gradient, const Planes& direction) const;

  const PixelBox& box() const { return box_; }

 private:
  PixelBox box_;
  std::unique_ptr<fft::CosineFilter> filter_;
};

}  // namespace locum::imaging
