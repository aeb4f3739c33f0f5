// The ptychographic iterative engine in its extended (ePIE) and regularised (rPIE) form.
//
//   O(r + r_j) += a P* χ / ((1 − α) |P|² + α max|P|²),    P += b O* χ / max|O|²
//
// rPIE: Maiden, Johnson and Li, Optica 4 (2017) 736, eqs. (13) and (15) with ePIE's probe; ePIE, α = 1: Maiden and
// Rodenburg, Ultramicroscopy 109 (2009) 1256, eqs. (4) and (5), both from the object and probe before the update. χ is
// the change that the frame asks of its exit wave (frame_kernels.hpp); several modes: |P|² and P* χ are summed over
// them. A mini-batch B is updated at once: numerators and |P|² are summed over its frames,
//   O += a Σ_j P_j* χ_j / ((1 − α) S + α max(max|P|², S)),  S = Σ_j |P_j|²,    P += b ⟨O_j* χ_j⟩_j / max|O|²
// which is the above where windows do not overlap, and never longer where they do. max|O|² is taken over the box of
// the batch's windows.
#pragma once

#include "solvers/imaging/ptychography/engines/pie_update.hpp"
#include "solvers/imaging/ptychography/engines/position_correction.hpp"
#include "solvers/imaging/ptychography/engines/ptychography_engine.hpp"

namespace locum::imaging {

class PieEngine final : public PtychographyEngine {
 public:
  PieEngine(const PtychographyFields& fields, double alpha, double object_step, double probe_step);
  SweepErrors sweep(PtychographyFields& fields, int number) override;

 private:
  void update(PtychographyFields& fields, const std::vector<int>& batch, bool refine, PositionCorrection& positions,
              SweepErrors& errors);

  int batch_;
  float alpha_, object_step_, probe_step_;
  PieUpdate object_update_;
  fft::Waves<float> probe_change_;
};

}  // namespace locum::imaging
