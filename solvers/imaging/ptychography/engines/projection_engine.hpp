// Difference map and relaxed averaged alternating reflections: every exit wave is kept, and all of them are made to
// agree at once.
//
// With Π_F the projection onto the measured moduli of each frame and Π_O the one onto products of an object and a
// probe, Π_O ψ = P O with  O = Σ_j P_j* ψ_j / Σ_j |P_j|²,  P = Σ_j O_j* ψ_j / Σ_j |O_j|²,
//   dm:    ψ ← ψ + Π_F(2 Π_O ψ − ψ) − Π_O ψ                      Thibault et al., Ultramicroscopy 109 (2009) 338
//   raar:  ψ ← β ψ + (1 − 2β) Π_O ψ + β Π_F(2 Π_O ψ − ψ)          Luke, Inverse Probl. 21 (2005) 37
// Both are ψ ← Π_O ψ + β (Π_F − 1)(2 Π_O ψ − ψ), dm with β = 1: a sweep needs the change that frames ask of the
// reflected waves, and nothing else. O, P and O again are found in each; a second turn changes R by less than 0.5 %
// after 50 sweeps and by nothing after 200. Where there is no light the object stays what it is. The memory for all
// exit waves is asked for before it is taken; what does not fit memory_budget() is refused.
//
// Counted frames contradict each other, so that waves which go all the way to the measured moduli never come to rest:
// dm then wanders, and its object drifts with its probe. Π_F therefore ends at a bound of the error Σ (√I − √M)², as
// the power bound of Giewekemeyer et al., PNAS 107 (2010) 529, does and PtyPy's fourier_power_bound; but the bound is
// config.noise_bound times the error that counting noise of the model's own counts makes on average
// (poisson_amplitude.hpp): it follows the dose, frame by frame. Where noise comes near the counts themselves, as in
// fractions of a beam, the bound goes to nothing: ProjectionStep has the formula. For frames without noise it is 0.
//
// R is that of Π_O ψ, not of ψ, which has the measured moduli whatever the object; it takes a pass of its own and is
// found every fifth sweep.
#pragma once

#include "solvers/imaging/ptychography/engines/position_correction.hpp"
#include "solvers/imaging/ptychography/engines/ptychography_engine.hpp"

namespace locum::imaging {

class ProjectionEngine final : public PtychographyEngine {
 public:
  ProjectionEngine(const PtychographyFields& fields, double beta);
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
  View<float*> below_;  // Σ_j |O_j|²
  bool begun_ = false;
};

}  // namespace locum::imaging
