// What the committee is trained on: the energies, forces and virials that the linear model leaves, without a tape.
//
// F = −Jᵀ ∂y/∂x with the projected Jacobian J of each frame, kept from the start. The force residual ρ becomes a
// tangent v = J τ of the input, τ = ρ_i − ρ_j − ω·d for each pair (ω: the virial's residual), and Committee::backward
// does the rest (docs/theory/potential.md, "Gradients without a tape"). Each member has a loss of its own.
#pragma once

#include <functional>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "surrogates/nn/committee.hpp"
#include "surrogates/potential/features.hpp"
#include "surrogates/train/trainer.hpp"

namespace locum::potential {

// A frame with what the linear model and the core leave of its label.
struct NetworkSample {
  NetworkFeatures features;
  View<float* [3]> force;  // (n, 3), eV/Å
  double energy = 0.0;     // eV
  double virial[6] = {};   // eV: xx, yy, zz, xy, xz, yz
  bool has_energy = true, has_virial = true;
  double weight = 1.0, energy_weight = 1.0, force_weight = 1.0, virial_weight = 1.0;  // FrameLabel::weight …
};

class NetworkObjective final : public train::Objective {
 public:
  // Weights as in TrainingConfig. All ranks' sample k is training[k]; a rank holds those whose features it was given.
  NetworkObjective(Context context, nn::CommitteeShape shape, int species, const TrainingConfig& config);

  // Gives the sample, kept or made when it is asked for, once for each batch that it is in; null: another rank holds
  // it. In the same order on every rank.
  using SampleSource = std::function<std::shared_ptr<const NetworkSample>()>;
  void add_training(SampleSource sample) { training_.push_back(std::move(sample)); }
  void add_validation(SampleSource sample) { validation_.push_back(std::move(sample)); }
  void add_training(std::shared_ptr<const NetworkSample> sample) {
    training_.push_back([sample] { return sample; });
  }
  void add_validation(std::shared_ptr<const NetworkSample> sample) {
    validation_.push_back([sample] { return sample; });
  }

  std::size_t parameters() const override;  // species × members × size
  int samples() const override { return static_cast<int>(training_.size()); }
  train::ParameterLayout layout() const override;  // each member a part, its W₁ and W₂ matrices
  double gradient(std::span<const double> parameters, std::span<const int> batch, std::span<double> gradient) override;
  // The committee's mean: "validation/loss", "validation/force_rmse_eV_per_A", "validation/energy_rmse_meV_per_atom".
  std::map<std::string, double> validate(std::span<const double> parameters) override;

 private:
  using Samples = std::vector<std::shared_ptr<const NetworkSample>>;
  struct Batch;
  void load(std::span<const double> parameters);
  Batch forward(const Samples& samples);
  Context context_;
  int species_;
  double energy_weight_, force_weight_, virial_weight_;
  std::vector<SampleSource> training_, validation_;
  std::vector<nn::Committee<float>> committee_;  // one for each species
  std::vector<nn::Committee<float>::Cache> cache_;
};

}  // namespace locum::potential
