// The series under the gate, the sets that the solver reconstructs alone, and the account.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apps/series/series_results.hpp"
#include "apps/series/series_run.hpp"
#include "apps/signals.hpp"
#include "io/collective.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/timer.hpp"

namespace locum::apps {
namespace {

constexpr char series_format[] = "locum-series", set_format[] = "locum-series-set";
const gate::Metric object_metric = {"object_rmse", "1"};

std::vector<int> all_of(int count) {
  std::vector<int> list(static_cast<std::size_t>(count));
  std::iota(list.begin(), list.end(), 0);
  return list;
}

std::string one_line(const SetRecord& r) {
  const auto phase = [&](const ObjectQuality& q) {
    return r.truth_known ? fmt::format(", phase error {:.4f} rad", q.phase_error) : std::string();
  };
  const auto open = [](const SolvedRegions& regions, const char* what) {
    return regions.open > 0 ? fmt::format("; {} of {} {} not converged", regions.open, regions.count, what) : "";
  };
  return fmt::format(
      "  set {:3}{}: {} of {} tiles handed back; network {:.2f} s, R {:.4f}{}; gated {:.2f} s, R {:.4f}{}{}{}",
      r.number, r.other ? " (another kind)" : "", r.handed_back, r.tiles, r.first_image, r.network.r, phase(r.network),
      r.final_image, r.gated.r, phase(r.gated), open(r.regions, "regions"), open(r.audits, "audited regions"));
}

}  // namespace

void SeriesRun::produce() {
  gate_ = std::make_unique<gate::Gate<Ptychography>>(solver_, *surrogate_, learner_.get(), config_.gate, object_metric,
                                                     context_);
  if (!resume_series()) {
    gate_->ledger().add(gate::Clock::training_data, data_seconds_);
    gate_->ledger().add(gate::Clock::training_before, training_.seconds);
    gate_->calibrate(held_out_.pairs);
  }
  gate_->on_update([this](const gate::Update& update) {
    energy_.update();
    held_out_ = {learner_->last_calibration(), learner_->frame_error()};
    take_metrics(update.fit);
    training_.samples = config_.data.size() + gate_->ledger().labels();
    log::info(fmt::format("  learned from {} data sets and regions in {:.1f} s; bound = {:.3f} × score",
                          update.fit.samples, update.fit.seconds, update.scale));
  });
  log::info(fmt::format("series: {} data sets, {} there already; bound = {:.3f} × score, threshold {:.4f}",
                        config_.series.size(), records_.size(), gate_->calibration().scale(),
                        gate_->calibration().threshold()));
  while (static_cast<std::int64_t>(records_.size()) < config_.series.size()) {
    play(static_cast<std::int64_t>(records_.size()));
    log::info(one_line(records_.back()));
    stop_if(stop_requested(context_.comm));
  }
}

// The run's clock is on from the moment that the frames are there until the set's file is written, and while series.h5
// is, which cannot hold what its own writing took; making simulated frames and looking at the truth are no part of what
// would be done with a measurement.
void SeriesRun::play(std::int64_t number) {
  const SeriesSet set = series_set(context_, config_, number);
  const Communicator& comm = context_.comm;
  SetRecord record;
  record.number = number;
  record.other = set.other;
  record.truth_known = !set.truth.value.empty();
  record.frames = set.data.size();
  record.tiles = static_cast<std::int64_t>(set.data.tiles.size());
  const gate::Ledger before = gate_->ledger();
  const gate::Calibration trusted = gate_->calibration();  // learning may renew it
  const auto spent = [&](gate::Clock clock) {
    return comm.max(gate_->ledger().seconds(clock) - before.seconds(clock));
  };
  solver_.forget();
  const Stopwatch run;
  ObjectFunction object = Ptychography::make_output(set.data);
  gate_->evaluate(set.data, all_of(static_cast<int>(record.tiles)), object);
  const double seconds = run.seconds();
  record.regions = solver_.handed_back();
  record.audits = solver_.audits();
  record.learning = spent(gate::Clock::training_in_run);
  record.solver = spent(gate::Clock::solver);
  record.first_image = spent(gate::Clock::surrogate);
  record.final_image = comm.max(seconds) - record.learning;
  judge(set, trusted, record);
  const Stopwatch rest;
  finish_set(set, object, record);
  gate_->ledger().add(gate::Clock::run, seconds + rest.seconds());
  record.gated = quality_of(set.data, set.truth, object, record.gated.r);
  if (config_.compare.wants(number, config_.series.size())) {
    io::Tree objects;
    add_complex(objects.groups["objects"], "network", surrogate_->result().object.value);
    add_complex(objects.groups["objects"], "gated", object.value);
    io::write_tree(comm, directory_.file(numbered("set", number, "h5")), objects, set_format, 1);
  }
  records_.push_back(std::move(record));
  energy_.update();
  const Stopwatch kept;
  commit_series();
  const double writing = kept.seconds();
  for (const gate::Clock clock : {gate::Clock::run, gate::Clock::io}) gate_->ledger().add(clock, writing);
}

// Who played, how sure the network was, and how right it was.
void SeriesRun::judge(const SeriesSet& set, const gate::Calibration& trusted, SetRecord& record) const {
  const auto frames = static_cast<std::size_t>(set.data.size());
  record.uncertainty.resize(frames);
  record.handed.assign(frames, 0.0);
  record.error.assign(frames, std::nan(""));
  const auto& scores = surrogate_->frame_scores();
  for (std::size_t j = 0; j < frames; ++j) record.uncertainty[j] = trusted.uncertainty(scores[j].score());
  const ObjectFunction& answer = surrogate_->result().object;
  for (const gate::Decision& d : gate_->last_decisions()) {
    const bool handed = d.player == gate::Player::solver;
    record.handed_back += handed;
    record.audited += d.audited;
    const auto& members = set.data.tiles[static_cast<std::size_t>(d.sample)].frames;
    for (const int j : members) record.handed[static_cast<std::size_t>(j)] = handed;
    if (!record.truth_known) continue;
    const std::vector<double> errors = frame_errors(set.data, set.truth, answer, d.sample);
    for (std::size_t k = 0; k < members.size(); ++k) record.error[static_cast<std::size_t>(members[k])] = errors[k];
  }
  record.network = quality_of(set.data, set.truth, answer, imaging::r_factor(surrogate_->fourier_errors()));
}

// The Fourier error of each frame under the final object, and the set's file: both belong to an image.
void SeriesRun::finish_set(const SeriesSet& set, const ObjectFunction& object, SetRecord& record) {
  const std::vector<FourierError> errors = model_->fourier_errors(set.data, all_of(set.data.size()), object);
  record.gated.r = imaging::r_factor(errors);
  if (!config_.output.reconstructions) return;
  const Stopwatch io;
  io::Reconstruction file;
  io::on_root(context_.comm, [&] { file = set_file(config_, set, object, record, errors); });
  io::write_reconstruction(context_.comm, directory_.file(numbered("set", record.number, "cxi")), file);
  gate_->ledger().add(gate::Clock::io, io.seconds());
}

void SeriesRun::commit_series() {
  io::Tree series;
  for (const SetRecord& r : records_) series.groups[numbered("record", r.number, "state")] = r.state();
  series.groups["gate"] = gate_->state();
  if (learner_) series.groups["learner"] = learner_->state();
  series.groups["calibration"] = held_out_.state();
  series.groups["metrics"] = metrics_state();
  series.groups["energy"] = energy_.state();
  io::write_tree(context_.comm, directory_.file("series.h5"), series, series_format, 1);
}

bool SeriesRun::resume_series() {
  if (!restart_ || !directory_.has("series.h5")) return false;
  const io::Tree series = io::read_tree(context_.comm, directory_.file("series.h5"), series_format);
  gate_->restore(series.groups.at("gate"));
  if (learner_) learner_->restore(series.groups.at("learner"));
  held_out_ = HeldOutErrors::from_state(series.groups.at("calibration"));
  restore_metrics(series.groups.at("metrics"));
  energy_.restore(series.groups.at("energy"));
  for (const auto& [name, group] : series.groups)
    if (name.starts_with("record")) records_.push_back(SetRecord::from_state(group));
  std::sort(records_.begin(), records_.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return true;
}

void SeriesRun::compare() {
  for (const SetRecord& record : records_) {
    if (!config_.compare.wants(record.number, config_.series.size())) continue;
    const std::string name = numbered("compared", record.number, "h5");
    if (restart_ && directory_.has(name)) {
      const io::Tree tree = io::read_tree(context_.comm, directory_.file(name), set_format);
      comparisons_.push_back(SetComparison::from_state(tree.groups.at("comparison"), config_.compare.engines));
      energy_.restore(tree.groups.at("energy"));
      continue;
    }
    const SeriesSet set = series_set(context_, config_, record.number);
    comparisons_.push_back(compare_with_solver(config_, set, record.number, record.final_image));
    energy_.update();
    const SetComparison& c = comparisons_.back();
    for (const Baseline& b : c.baselines)
      log::info(
          fmt::format("  set {:3}, {} alone from {}: {:.2f} s, {} sweeps{}, R {:.4f}, phase error {:.4f} rad; "
                      "stopped after {:.2f} s: R {:.4f}, {:.4f} rad",
                      record.number, b.engine.empty() ? config_.ptychography.engine : b.engine, b.start, b.seconds,
                      b.sweeps, b.converged ? "" : " (not converged)", b.quality.r, b.quality.phase_error,
                      b.early_seconds, b.early.r, b.early.phase_error));
    io::Tree tree;
    tree.groups["comparison"] = c.state();
    tree.groups["energy"] = energy_.state();
    io::write_tree(context_.comm, directory_.file(name), tree, set_format, 1);
    stop_if(stop_requested(context_.comm));
  }
}

void SeriesRun::conclude() {
  write_model();
  gate::Account account = gate_->account();
  account.training_counted = training_counted_;
  SeriesResults results{config_,
                        series_account(std::move(account), records_, comparisons_),
                        energy_.reading(),
                        training_,
                        records_,
                        comparisons_,
                        open_labels_,
                        in_domain_,
                        gate_->calibration().scale() * gate_->calibration().correction(),
                        gate_->calibration().threshold(),
                        context_.comm.size()};
  log::info(gate::to_text(results.account));
  for (const auto& [engine, application] : applications_beside(results.account, records_, comparisons_))
    log::info(fmt::format("          beside {} alone the application is {:.2f} times as quick, {}", engine, application,
                          counted_text(results.account)));
  for (const std::string& note : open_regions(results)) log::warn(note);
  std::vector<ShownImage> images;
  for (const SetComparison& c : comparisons_) {
    if (!config_.output.pictures) break;
    const io::Tree tree = io::read_tree(context_.comm, directory_.file(numbered("set", c.number, "h5")), set_format);
    const FieldSet& objects = tree.groups.at("objects");
    const SeriesSet set = series_set(context_, config_, c.number);
    io::on_root(context_.comm, [&] {
      const auto drawn = draw_set(directory_, set, records_[static_cast<std::size_t>(c.number)],
                                  {{complex_field(objects, "network")}, {complex_field(objects, "gated")}}, c);
      images.insert(images.end(), drawn.begin(), drawn.end());
    });
  }
  std::string summary, report;
  io::on_root(context_.comm, [&] {
    summary = series_summary(results);
    report = series_report(directory_, results, images);
  });
  directory_.write_text("summary.json", summary);
  directory_.write_text("report.html", report);
  log::info(fmt::format("report: {}", directory_.file("report.html")));
}

}  // namespace locum::apps
