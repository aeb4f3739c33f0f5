// Difference map and relaxed averaged alternating reflections: every exit wave is kept, and all of them are made to
// agree at once.
//
// With Π_F the projection onto the measured moduli of each frame and Π_O the one onto products of an object and a
// probe, Π_O ψ = P O with  O = Σ_j P_j* ψ_j / Σ_j |P_j|²,  P = Σ_j O_j* ψ_j / Σ_j |O_j|²,
//   dm:    ψ ← ψ + Π_F(2 Π_O ψ − ψ) − Π_O ψ                      Thibault et al., Ultramicroscopy 109 (2009) 338
//   raar:  ψ ← β ψ + (1 − 2β) Π_O ψ + β Π_F(2 Π_O ψ − ψ)          Luke, Inverse Probl. 21 (2005) 37
// in the form of ProjectionStep: dm has a = −1, b = 1, c = 2, raar a = 1 − 2β, b = β, c = 2. O and P are found in
// turn, twice a sweep. Where there is no light the object stays what it is. The memory for all exit waves is asked for
// before it is taken; what does not fit config.memory is refused.
//
// R is that of Π_O ψ, not of ψ, which has the measured moduli whatever the object; it takes a pass of its own and is
// found every fifth sweep.
#pragma once

#include "solvers/imaging/ptychography/position_correction.hpp"
#include "solvers/imaging/ptychography/ptychography_engine.hpp"

namespace locum::imaging {

ProjectionStep difference_map();
ProjectionStep averaged_reflections(double beta);

class ProjectionEngine final : public PtychographyEngine {
 public:
  ProjectionEngine(const PtychographyFields& fields, ProjectionStep step);
  SweepErrors sweep(PtychographyFields& fields, int number) override;
  FieldSet state() const override;
  void restore(const FieldSet& state) override;

 private:
  void begin(PtychographyFields& fields);
  void find_object(PtychographyFields& fields);
  void find_probe(PtychographyFields& fields);
  SweepErrors measure(PtychographyFields& fields, int number);

  ProjectionStep step_;
  Planes waves_;  // of this rank's frames
  Planes sum_, light_;
  fft::Waves<float> probe_sum_, probe_part_;
  bool begun_ = false;
};

}  // namespace locum::imaging
