// `locum learn` for ptychography: simulated data sets are learned from, a series of others is reconstructed under the
// gate, the solver alone does some of them, and the account is drawn.
//
// labels.h5 keeps the solver's labels, stages.h5 what the stages before the series came to, series.h5 the series after
// each of its sets, set_NNNN.h5 the objects of a set that is compared, compared_NNNN.h5 what the solver alone made of
// it. Each is written whole or not at all, with the energy so far, so that a run that ends at any moment goes on from
// the last of them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/run_directory.hpp"
#include "apps/series/baselines.hpp"
#include "apps/series/experiment.hpp"
#include "apps/series/held_out.hpp"
#include "apps/series/series_account.hpp"
#include "apps/series/set_record.hpp"
#include "apps/series/trained_model.hpp"
#include "apps/series/watched_solver.hpp"
#include "apps/stages.hpp"
#include "kokkos_kernels/base/energy_meter.hpp"
#include "solvers/imaging/ptychography/far_field_model.hpp"
#include "surrogates/gate/gate.hpp"
#include "surrogates/imaging/object_learner.hpp"
#include "surrogates/imaging/object_step.hpp"

namespace locum::apps {

// What the report draws of a set that is compared.
struct ComparedObjects {
  ObjectFunction network, gated;
};

// Labels of the solver from an earlier session, in the order of the data sets, and the seconds behind them.
struct KnownLabels {
  std::vector<ObjectFunction> objects;
  double seconds = 0.0;
  std::int64_t open = 0;  // that did not converge
};

class SeriesRun {
 public:
  SeriesRun(const Context& context, const RunDirectory& directory, SeriesRunConfig config, bool restart);

  // All stages, each skipped as far as an earlier session in this folder has done it. Throws Interrupted after a
  // signal. Collective.
  void run();

 private:
  KnownLabels known_labels();
  void keep_labels(const KnownLabels& known, std::size_t done, const TrainingData& data);
  void make_data();
  void keep_data() const;
  void train();
  void fit();
  void take_model();
  void take_metrics(const train::FitReport& report);
  FieldSet metrics_state() const;
  void restore_metrics(const FieldSet& state);
  void produce();
  void play(std::int64_t number);
  void judge(const SeriesSet& set, const gate::Calibration& trusted, SetRecord& record) const;
  void finish_set(const SeriesSet& set, const ObjectFunction& object, SetRecord& record);
  void commit_series();
  bool resume_series();
  void compare();
  void conclude();

  void write_model() const;
  void stop_if(bool stopped) const;
  std::string numbered(const std::string& name, std::int64_t number, const std::string& extension) const;

  Context context_;
  const RunDirectory& directory_;
  SeriesRunConfig config_;
  bool restart_;
  EnergyMeter energy_;
  Stages stages_;

  double data_seconds_ = 0.0;
  bool training_counted_ = true;  // false: of a model that does not say what it took
  std::int64_t open_labels_ = 0;  // of the solver's, that did not converge
  TrainingSummary training_;
  TrainingData data_;
  HeldOutErrors held_out_;  // of the networks as they are
  double in_domain_ = 0.0;  // as the series began: what learns on must not move its own yardstick

  // In the order in which one stands on the other.
  WatchedSolver solver_;
  std::shared_ptr<imaging::FarFieldModel> model_;
  std::unique_ptr<imaging::ObjectLearner> learner_;  // none where series.model has the networks
  std::unique_ptr<imaging::ObjectStep> surrogate_;
  std::unique_ptr<gate::Gate<Ptychography>> gate_;

  std::vector<SetRecord> records_;
  std::vector<SetComparison> comparisons_;
};

}  // namespace locum::apps
