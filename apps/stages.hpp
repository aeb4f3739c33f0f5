// What the stages of a run came to, so that a restart need not repeat them: stages.h5, written whole or not at all.
#pragma once

#include <string>

#include "apps/run_directory.hpp"
#include "apps/summary.hpp"
#include "io/tree.hpp"

namespace locum::apps {

class Stages {
 public:
  // With `restart`, as the folder has them. Collective.
  Stages(const Communicator& comm, const RunDirectory& directory, bool restart);

  bool has(const std::string& stage) const { return tree_.groups.count(stage) != 0; }
  const FieldSet& at(const std::string& stage) const { return tree_.group(stage); }
  double seconds(const std::string& stage) const;       // that a stage took; 0 where it is not there
  void take_training(TrainingSummary& training) const;  // seconds and metrics of what has been trained

  void note(const std::string& stage, FieldSet what) { tree_.groups[stage] = std::move(what); }
  // And the file is written. Collective.
  void keep(const std::string& stage, FieldSet what);
  void keep_seconds(const std::string& stage, double seconds);
  void keep_training(const TrainingSummary& training);

 private:
  Communicator comm_;
  const RunDirectory& directory_;
  io::Tree tree_;
};

}  // namespace locum::apps
