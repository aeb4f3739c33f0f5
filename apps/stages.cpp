#include "apps/stages.hpp"

#include <utility>

namespace locum::apps {
namespace {

constexpr char file[] = "stages.h5", format[] = "locum-stages";
constexpr char trained[] = "trained", metrics[] = "metrics";

}  // namespace

Stages::Stages(const Communicator& comm, const RunDirectory& directory, bool restart)
    : comm_(comm), directory_(directory) {
  if (restart && directory.has(file)) tree_ = io::read_tree(comm, directory.file(file), format);
}

double Stages::seconds(const std::string& stage) const { return has(stage) ? at(stage).real_scalar("seconds") : 0.0; }

void Stages::take_training(TrainingSummary& training) const {
  training.seconds = seconds(trained);
  for (const auto& [name, field] : at(metrics).fields()) training.metrics[name] = std::get<0>(field.values)[0];
}

void Stages::keep(const std::string& stage, FieldSet what) {
  note(stage, std::move(what));
  io::write_tree(comm_, directory_.file(file), tree_, format, 1);
}

void Stages::keep_seconds(const std::string& stage, double seconds) {
  FieldSet account;
  account.add_scalar("seconds", "s", seconds);
  keep(stage, std::move(account));
}

void Stages::keep_training(const TrainingSummary& training) {
  FieldSet all;
  for (const auto& [name, value] : training.metrics) all.add_scalar(name, "1", value);
  note(metrics, std::move(all));
  keep_seconds(trained, training.seconds);
}

}  // namespace locum::apps
