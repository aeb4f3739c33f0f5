// A production run: timesteps, frames, checkpoints, signals. Whoever plays the step, the loop is the same.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/learn/learn_config.hpp"
#include "apps/run_directory.hpp"
#include "apps/timeline.hpp"
#include "io/checkpoint.hpp"
#include "io/trajectory/trajectory.hpp"
#include "solvers/md/simulation.hpp"

namespace locum::apps {

// A part of the run that a checkpoint keeps, besides the atoms.
struct Part {
  std::string name;  // group in checkpoint.h5
  std::function<FieldSet()> state;
  std::function<void(const FieldSet&)> restore;
};

class DynamicsJob {
 public:
  // simulation: not yet initialised. annotate, if given, adds to a timestep's entry what only the step's owner knows
  // (who played, how sure). before_checkpoint, if given, commits files that the checkpoint relies on (dataset, model).
  DynamicsJob(const Context& context, const RunDirectory& directory, const OutputConfig& output,
              md::Simulation& simulation, std::int64_t timesteps);

  std::function<void(TimelineEntry&)> annotate;
  std::function<void()> before_checkpoint;
  std::vector<Part> parts;
  std::string title = "production";

  // From the start, or from checkpoint.h5 of the directory. Collective. False when a signal asked to stop: the
  // checkpoint is then written.
  // files_found is given what files_kept added to the checkpoint: how much of longer files counts.
  bool run(bool restart);
  std::function<void(const FieldSet&)> files_found;
  std::function<void(FieldSet&)> files_kept;

  const Timeline& timeline() const { return timeline_; }
  double io_seconds() const { return io_seconds_; }
  std::int64_t restarted_at() const { return restarted_at_; }

 private:
  void begin(bool restart);
  void record();
  void add_frame();
  void commit();
  std::vector<Part> all_parts();

  const Context& context_;
  const RunDirectory& directory_;
  OutputConfig output_;
  md::Simulation& simulation_;
  std::int64_t timesteps_;
  std::unique_ptr<io::TrajectoryWriter> trajectory_;
  Timeline timeline_;
  double io_seconds_ = 0.0;
  std::int64_t restarted_at_ = 0;
};

}  // namespace locum::apps
