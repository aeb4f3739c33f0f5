// The whole loop: replicas make data, the surrogate learns from it, production runs under the gate, solver and
// surrogate are compared, and the account is drawn.
#pragma once

#include <memory>

#include "apps/dynamics_job.hpp"
#include "apps/learn/comparison.hpp"
#include "apps/learn/learn_config.hpp"
#include "apps/learn/recording_learner.hpp"
#include "apps/report/report.hpp"
#include "apps/run_directory.hpp"
#include "apps/stages.hpp"
#include "io/dataset/dataset.hpp"
#include "kokkos_kernels/base/energy_meter.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "surrogates/gate/gate.hpp"
#include "surrogates/potential/inference/potential_step.hpp"
#include "surrogates/potential/training/learner.hpp"

namespace locum::apps {

// Force components of solver and surrogate on frames that training never saw, eV/Å.
struct ParityPoints {
  std::vector<double> solver, surrogate;
};

class LearnRun {
 public:
  LearnRun(const Context& context, const RunDirectory& directory, LearnConfig config, bool restart);

  // All stages, each skipped as far as an earlier run of this folder has done it. Throws Interrupted after a signal.
  void run();

 private:
  void make_data();
  void train();
  void fit();
  void produce();
  void compare();
  void conclude();

  void write_model();
  void open_dataset(std::int64_t samples);
  void commit_production();
  void book_run();
  void stop_if(bool stopped) const;
  void note_update(const gate::Update& update);
  void write_report() const;
  ReportData report_data() const;

  Context context_;
  const RunDirectory& directory_;
  LearnConfig config_;
  bool restart_;
  EnergyMeter energy_;

  Stages stages_;  // before production

  std::vector<FieldSet> training_frames_, test_frames_;
  std::int64_t initial_samples_ = 0;  // of dataset.h5 before production
  double data_seconds_ = 0.0;
  TrainingSummary training_;
  ParityPoints parity_;

  // Production, in the order in which one stands on the other.
  SolverStep solver_;
  std::unique_ptr<potential::PotentialLearner> learner_;
  std::unique_ptr<potential::PotentialStep> surrogate_;
  std::unique_ptr<RecordingLearner> recorder_;
  std::unique_ptr<gate::Gate<Atomistic>> gate_;
  std::unique_ptr<md::Simulation> simulation_;
  std::unique_ptr<DynamicsJob> job_;
  std::unique_ptr<io::DatasetWriter> dataset_;
  std::vector<FieldSet> fresh_labels_;    // of production, not yet in dataset.h5; on the root
  double cutoff_ = 0.0;                   // Å, of the farthest-reaching step
  std::vector<ReportLearning> learning_;  // each update in the run
  bool learned_ = false;                  // at the call in hand; a checkpoint never stands between call and timeline
  Stopwatch run_watch_;
  double booked_io_ = 0.0;
  Summary summary_;
};

}  // namespace locum::apps
