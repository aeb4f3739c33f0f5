// What the committee is trained on: the energies, forces and virials that the linear model leaves, without a tape.
//
// F = −Jᵀ ∂y/∂x with the projected Jacobian J of each frame, kept from the start. The force residual ρ becomes a
// tangent v = J τ of the input, τ = ρ_i − ρ_j − ω·d for each pair (ω: the virial's residual), and Committee::backward
// does the rest (docs/theory/potential.md, "Gradients without a tape"). Each member has a loss of its own.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/collective/device_sum.hpp"
#include "surrogates/nn/committee.hpp"
#include "surrogates/potential/training/network_batch.hpp"
#include "surrogates/train/trainer.hpp"

namespace locum::potential {

class NetworkObjective final : public train::Objective {
 public:
  // Weights as in TrainingConfig. All ranks' sample k is training[k]; a rank holds those whose features it was given.
  NetworkObjective(Context context, nn::CommitteeShape shape, int species, const TrainingConfig& config);
  ~NetworkObjective() override;
  NetworkObjective(NetworkObjective&&) noexcept;

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
  // Derivatives are multiplied by `scale` before the matrix products of fewer bits, and divided by it afterwards.
  void set_loss_scale(double scale) override { loss_scale_ = scale; }
  // The committee's mean: "validation/loss", "validation/force_rmse_eV_per_A", "validation/energy_rmse_meV_per_atom".
  std::map<std::string, double> validate(std::span<const double> parameters) override;

 private:
  using Samples = NetworkBatch::Samples;
  struct Workspace;
  void load(std::span<const double> parameters);
  bool prepare(Workspace& w, const Samples& samples, int frames, double loss_scale);
  void forward(Workspace& w);
  void step();
  Context context_;
  collective::DeviceSum ranks_;
  int species_;
  int at_once_;  // frames of the validation: no more than a batch of the training holds
  LossWeights weights_;
  double loss_scale_ = 1.0;
  std::vector<SampleSource> training_, validation_;
  std::vector<nn::Committee<float>> committee_;  // one for each species, of the parameters below
  View<float*> parameters_, gradient_;           // (species × members × size)
  std::vector<float> staging_;                   // the same on the host
  std::unique_ptr<Workspace> training_work_, validation_work_;
};

}  // namespace locum::potential
