// The second half of LearnRun: gated production, the stretch that both run, and the account.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "apps/atoms_file.hpp"
#include "apps/learn/learn.hpp"
#include "io/model.hpp"
#include "kokkos_kernels/base/log.hpp"

namespace locum::apps {
namespace {

const gate::Metric force_metric = {"force_rmse_eV_per_A", "eV/Angstrom"};

void annotate(const gate::Gate<Atomistic>& gate, bool learned, TimelineEntry& entry) {
  entry.learned = learned;
  if (gate.last_decisions().empty()) return;
  const gate::Decision& decision = gate.last_decisions().front();
  entry.player = decision.player == gate::Player::surrogate ? Player::surrogate : Player::solver;
  entry.uncertainty = decision.uncertainty;
  entry.error = decision.error;
  entry.audited = decision.audited;
}

FieldSet learning_state(const std::vector<ReportLearning>& learning) {
  std::vector<double> rows;
  for (const auto& l : learning)
    rows.insert(rows.end(), {l.time, static_cast<double>(l.call), static_cast<double>(l.samples), l.seconds,
                             l.force_rmse, l.threshold});
  FieldSet fields;
  fields.add("updates", "1", {static_cast<std::int64_t>(learning.size()), 6}, std::move(rows));
  return fields;
}

std::vector<ReportLearning> learning_from(const FieldSet& state) {
  const std::vector<double>& rows = state.real("updates");
  std::vector<ReportLearning> learning;
  for (std::size_t k = 0; k + 5 < rows.size(); k += 6)
    learning.push_back({rows[k], static_cast<std::int64_t>(rows[k + 1]), static_cast<std::int64_t>(rows[k + 2]),
                        rows[k + 3], rows[k + 4], rows[k + 5]});
  return learning;
}

}  // namespace

void LearnRun::note_update(const gate::Update& update) {
  learned_ = true;
  const auto found = update.fit.metrics.find("validation/force_rmse_eV_per_A");
  const double rmse = found == update.fit.metrics.end() ? unknown : found->second;
  learning_.push_back(
      {simulation_->time(), update.call, update.fit.samples, update.fit.seconds, rmse, update.threshold});
  log::info(
      fmt::format("  timestep {}: learned from {} samples in {:.2f} s; bound = {:.3f} × score, threshold {:.3f} eV/Å",
                  simulation_->timestep(), update.fit.samples, update.fit.seconds, update.scale, update.threshold));
}

void LearnRun::produce() {
  solver_ = make_solver(context_, config_.solver);
  const std::int64_t production_trajectory = static_cast<std::int64_t>(config_.data.replicas.size());
  recorder_ = std::make_unique<RecordingLearner>(*learner_, [this, production_trajectory](const FieldSet& label) {
    FieldSet sample = label;
    sample.add_scalar("trajectory", "1", production_trajectory);
    sample.add_scalar("role", "1", std::int64_t{0});
    sample.add_scalar("temperature", "K", simulation_->target_temperature());
    if (context_.comm.is_root()) fresh_labels_.push_back(std::move(sample));
  });
  gate_ = std::make_unique<gate::Gate<Atomistic>>(*solver_.step, *surrogate_, recorder_.get(), config_.gate,
                                                  force_metric, context_);
  gate_->ledger().add(gate::Clock::training_data, data_seconds_);
  gate_->ledger().add(gate::Clock::training_before, training_.seconds);
  gate_->on_update([this](const gate::Update& update) { note_update(update); });

  cutoff_ = std::max(solver_.cutoff, config_.potential.cutoff);
  const md::Structure structure = load_structure(context_, config_.production.structure);
  simulation_ = std::make_unique<md::Simulation>(context_, config_.production.md, structure, cutoff_, *gate_);
  log::info(fmt::format("production: {} atoms, {} timesteps of {} fs, {} rank(s)", structure.size(),
                        config_.production.md.timesteps, config_.production.md.timestep, context_.comm.size()));

  job_ = std::make_unique<DynamicsJob>(context_, directory_, config_.output, *simulation_,
                                       config_.production.md.timesteps);
  job_->annotate = [this](TimelineEntry& entry) { annotate(*gate_, std::exchange(learned_, false), entry); };
  job_->parts = {{"gate", [this] { return gate_->state(); }, [this](const FieldSet& f) { gate_->restore(f); }},
                 {"learner", [this] { return learner_->state(); }, [this](const FieldSet& f) { learner_->restore(f); }},
                 {"energy", [this] { return energy_.state(); }, [this](const FieldSet& f) { energy_.restore(f); }},
                 {"learning", [this] { return learning_state(learning_); },
                  [this](const FieldSet& f) { learning_ = learning_from(f); }}};
  job_->before_checkpoint = [this] { commit_production(); };
  job_->files_found = [this](const FieldSet& files) { open_dataset(files.integer_scalar("dataset_samples")); };
  job_->files_kept = [this](FieldSet& files) { files.add_scalar("dataset_samples", "1", dataset_->size()); };
  run_watch_.restart();
  const bool complete = job_->run(restart_);
  book_run();
  stop_if(!complete);
}

// Without a checkpoint the dataset holds the replicas only: what a killed run appended is cut off.
void LearnRun::open_dataset(std::int64_t samples) {
  dataset_ = std::make_unique<io::DatasetWriter>(context_.comm, directory_.file("dataset.h5"), samples);
}

void LearnRun::commit_production() {
  if (!dataset_) open_dataset(initial_samples_);
  dataset_->add(fresh_labels_);
  fresh_labels_.clear();
  dataset_->commit();
  write_model();
  book_run();
}

// A checkpoint cannot hold what writing it takes: that is booked with the next one, and the last one's after the run.
void LearnRun::book_run() {
  gate_->ledger().add(gate::Clock::run, run_watch_.seconds());
  run_watch_.restart();
  gate_->ledger().add(gate::Clock::io, job_->io_seconds() - booked_io_);
  booked_io_ = job_->io_seconds();
}

void LearnRun::compare() {
  if (!config_.comparison.enabled) return;
  log::info("comparison: one stretch, run by the solver and by the surrogate");
  summary_.compared = true;
  // A small cell may have no room for all ranks: the root runs both, and the others sleep.
  if (context_.comm.is_root()) {
    Context alone = context_;
    alone.comm = Communicator::self();
    const SolverStep solver = make_solver(alone, config_.solver);
    summary_.comparison = compare_dynamics(alone, config_.comparison, *solver.step, *surrogate_, cutoff_);
  }
  context_.comm.quiet_barrier();
  const ComparisonResult& c = summary_.comparison;
  log::info(fmt::format("  energy drift      solver {:+.1e}, surrogate {:+.1e} eV/atom/ps", c.solver.drift,
                        c.surrogate.drift));
  log::info(fmt::format("  mean square disp. solver {:.4f}, surrogate {:.4f} Å²", c.msd_solver, c.msd_surrogate));
  log::info(
      fmt::format("  RDF               largest difference {:.1f} % of the highest peak", 100.0 * c.rdf_difference));
}

void LearnRun::conclude() {
  summary_.title = config_.title;
  summary_.ranks = context_.comm.size();
  summary_.account = gate_->account();
  summary_.energy = energy_.reading();
  summary_.training = training_;
  log::info(gate::to_text(summary_.account));
  directory_.write_text("summary.json", to_json(summary_));
  write_report();
  log::info(fmt::format("report: {}", directory_.file("report.html")));
}

}  // namespace locum::apps
