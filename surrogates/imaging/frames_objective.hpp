// Training by frames alone: what is held out is judged by its frames, as no object is known that it could be held
// against.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "surrogates/imaging/object_objective.hpp"

namespace locum::imaging {

class FramesObjective final : public train::Objective {
 public:
  // windows: whose gradient is taken; network: the one that it trains. Both must outlive this.
  FramesObjective(Context context, ObjectObjective& windows, ObjectNetwork& network,
                  std::shared_ptr<DiffractionModel> model)
      : context_(std::move(context)), windows_(windows), network_(network), model_(std::move(model)) {}

  std::size_t parameters() const override { return windows_.parameters(); }
  int samples() const override { return windows_.samples(); }
  train::ParameterLayout layout() const override { return windows_.layout(); }
  void begin_epoch(int epoch) override { windows_.begin_epoch(epoch); }
  double gradient(std::span<const double> parameters, std::span<const int> batch, std::span<double> gradient) override {
    return windows_.gradient(parameters, batch, gradient);
  }
  // Those of ObjectObjective where held-out data sets have labels, and "validation/loss": the root mean square, over
  // the data sets held out, of √L under the network's answer, L of DiffractionModel::gradient. Collective.
  std::map<std::string, double> validate(std::span<const double> parameters) override;

 private:
  Context context_;
  ObjectObjective& windows_;
  ObjectNetwork& network_;
  std::shared_ptr<DiffractionModel> model_;
};

}  // namespace locum::imaging
