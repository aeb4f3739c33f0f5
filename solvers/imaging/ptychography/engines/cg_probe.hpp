// The probe's half of conjugate directions (cg_engine.hpp): arrays of (modes, nx, ny), the same on every rank.
//
//   G_Pm = Σ_j O_j* χ_jm, each moved back by its frame's fraction of a pixel,   Λ = Σ_j |O_j|²
//   z_P = G_P / √(Λ² + (δ Λ_max)²), nothing beyond the support
// Λ varies slowly and is not moved back.
#pragma once

#include <array>

#include "solvers/imaging/ptychography/engines/ptychography_engine.hpp"

namespace locum::imaging {

class CgProbe {
 public:
  explicit CgProbe(const PtychographyFields& fields);

  // G' ← G; G and Λ begin with nothing.
  void begin_sweep();
  // What this rank's frames have of G and Λ, of fields.change().
  void add(PtychographyFields& fields, const PtychographyFields::Held& held);
  // Sums over the ranks and z; then Re⟨G, z⟩, Re⟨G − G', z⟩, Re⟨G, S⟩. Collective.
  std::array<double, 3> slopes(PtychographyFields& fields);
  // D ← z + β S
  void turn(const ExecutionSpace& space, double beta);
  // Σ Λ |D|²
  double lit_square(const ExecutionSpace& space) const;
  // D moved as the probes of the frames that are held.
  const Planes& moved_direction(PtychographyFields& fields, const PtychographyFields::Held& held);
  // S ← t D, P += S
  void step(PtychographyFields& fields, double t);
  // P += t S
  void go_along(PtychographyFields& fields, double t);

  // Whether the probe is, but for a factor, the one that the last step left: constraints may have changed it.
  bool is_as_left(PtychographyFields& fields) const;

  SharedState shared_state();

 private:
  fft::Waves<float> gradient_, gradient_before_, descent_, direction_, left_, part_;
  View<float*> light_;  // Λ, (nx × ny)
  Planes moved_;
};

}  // namespace locum::imaging
