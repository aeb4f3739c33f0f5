// The far-field model of ptychography, lent to surrogates and gates: DiffractionModel by the solver's own kernels.
#pragma once

#include <memory>

#include "solvers/api/ptychography.hpp"
#include "solvers/imaging/ptychography/ptychography_fields.hpp"

namespace locum::imaging {

class FarFieldModel final : public DiffractionModel {
 public:
  // config: of memory, shifts and the likelihood, which sweeps, descents and the gradient follow; sequential sweeps are
  // rPIE's with its own small α, one frame of each of up to 16 stretches of 36 neighbours or more at once, descents
  // LSQ-ML's with all frames in one batch. Fourier errors are of amplitudes always.
  explicit FarFieldModel(const PtychographyConfig& config = {});
  ObjectFunction back_propagated(const Ptychogram& input) override;
  void sequential_sweeps(const Ptychogram& input, std::span<const int> frames, int sweeps,
                         ObjectFunction& object) override;
  void descend(const Ptychogram& input, std::span<const int> frames, int sweeps, ObjectFunction& object) override;
  void conjugate_sweeps(const Ptychogram& input, std::span<const int> frames, int sweeps,
                        ObjectFunction& object) override;
  std::vector<FourierError> fourier_errors(const Ptychogram& input, std::span<const int> frames,
                                           const ObjectFunction& object) override;
  // G = −2 / ΣI · Σ_j Σ_m P_m* χ_jm, χ the change of frame_kernels.hpp (by Poisson's likelihood with α = ½: ℓ as in
  // poisson_deviance.hpp); zero where no frame is.
  double gradient(const Ptychogram& input, std::span<const int> frames, const ObjectFunction& object,
                  ObjectFunction& gradient) override;
  double gradient_and_errors(const Ptychogram& input, std::span<const int> frames, const ObjectFunction& object,
                             ObjectFunction& gradient, std::vector<FourierError>& errors) override;

 private:
  double slope(const Ptychogram& input, std::span<const int> frames, const ObjectFunction& object,
               ObjectFunction& gradient, std::vector<FourierError>* errors);
  void run(const PtychographyConfig& config, const Ptychogram& input, std::span<const int> frames, int sweeps,
           ObjectFunction& object);
  void keep(PtychographyFields& fields);

  PtychographyConfig config_;
  std::unique_ptr<KeptFrames>
      kept_;  // of the last call that succeeded: most data sets are asked for several times in a row
};

}  // namespace locum::imaging
