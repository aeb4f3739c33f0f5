#include "surrogates/potential/training/tuning.hpp"

#include "kokkos_kernels/base/errors.hpp"

namespace locum::potential {

void TuneConfig::visit(ConfigVisitor& v) {
  v.value({"trunk", "", "hidden layers of the given networks", {}, {"free", "frozen", "adapters"}}, trunk);
  v.value({"rank", "", "of the adapters", {1, 256}}, rank);
  v.value({"rate", "", "learning rate, relative to training.learning_rate", {0.0, 10.0}}, rate);
  v.value({"memory", "", "the given model's normal equations count on: its data are replayed exactly"}, memory);
  v.value({"prior",
           "",
           "without memory: pull to the given linear weights, relative to each feature's force norm",
           {0.0, 1e6}},
          prior);
  v.value({"replay_frames", "", "frames of data.replay that are trained on again", {0, 1e6}}, replay_frames);
}

void TuneConfig::validate() const {
  if (trunk != "free" && trunk != "frozen" && trunk != "adapters")
    throw ConfigError("the trunk is '" + trunk + "'", "tune.trunk", "free, frozen or adapters");
  if (rank < 1) throw ConfigError("the rank is " + std::to_string(rank), "tune.rank", "at least 1");
  if (!(prior >= 0.0) || !(rate > 0.0))
    throw ConfigError("rate or prior is out of range", "tune", "rate > 0, prior ≥ 0");
}

train::Restriction tuning_restriction(const TuneConfig& tune, const nn::CommitteeShape& shape, int species,
                                      std::vector<double> start) {
  const nn::Offsets at = nn::offsets(shape);
  std::vector<train::ParameterRange> free;
  std::vector<train::MatrixBlock> adapted;
  for (int m = 0; m < species * shape.members; ++m) {
    const std::size_t first = static_cast<std::size_t>(m) * shape.size(), end = first + shape.size();
    if (tune.trunk == "free") {
      free.push_back({first, end});
    } else if (tune.trunk == "frozen") {
      free.push_back({first + at.w3, end});
    } else {
      free.push_back({first + at.b1, first + at.w2});
      free.push_back({first + at.b2, end});
      adapted.push_back({first + at.w1, shape.inputs, shape.hidden});
      adapted.push_back({first + at.w2, shape.hidden, shape.hidden});
    }
  }
  return {std::move(start), std::move(free), std::move(adapted), tune.rank};
}

}  // namespace locum::potential
