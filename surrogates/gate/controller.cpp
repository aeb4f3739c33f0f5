#include "surrogates/gate/controller.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/log.hpp"

namespace locum::gate {
namespace {

const GateConfig& validated(const GateConfig& config) {
  config.validate();
  return config;
}

}  // namespace

Controller::Controller(const GateConfig& config, Metric metric, train::Learner* learner, Context context)
    : config_(validated(config)),
      learner_(learner),
      context_(std::move(context)),
      calibration_(config, metric.unit),
      policy_(config, context_.seed),
      audit_(std::move(metric)) {}

void Controller::calibrate_from_learner() {
  asked_learner_ = true;
  const auto pairs = learner_->calibration();
  if (pairs.size() >= pairs_needed(config_.coverage)) {
    calibration_.fit(pairs);
    return;
  }
  calibration_.forget();
  if (!context_.comm.is_root()) return;
  log::warn(fmt::format(
      "gate: {} held-out samples, {} are needed to calibrate a coverage of {}; the solver plays until there are enough",
      pairs.size(), pairs_needed(config_.coverage), config_.coverage));
}

std::span<double> Controller::begin(std::span<const int> samples) {
  samples_.assign(samples.begin(), samples.end());
  call_watch_.restart();
  booked_ = 0.0;
  scores_.assign(samples.size(), std::numeric_limits<double>::quiet_NaN());  // a score left unset is not trusted
  return scores_;
}

std::span<Decision> Controller::decide(bool solver_starts) {
  if (!calibration_.fitted() && !asked_learner_) {
    if (!learner_)
      throw ConfigError("the gate has no calibration and no learner to get one from", "gate",
                        "calibrate it with held-out samples of the model");
    timed(Clock::training_in_run, [&] { calibrate_from_learner(); });
  }
  policy_.begin_call();
  decisions_.clear();
  handed_back_.clear();
  from_neutral_.clear();
  const double rate = solver_starts ? policy_.audit_rate() : std::max(policy_.audit_rate(), corrected_away_rate);
  for (std::size_t k = 0; k < samples_.size(); ++k) {
    Decision d;
    d.call = policy_.call();
    d.sample = samples_[k];
    d.score = scores_[k];
    d.uncertainty = calibration_.uncertainty(d.score);
    const auto verdict = policy_.decide(d.sample, d.uncertainty, calibration_.threshold(), calibration_.fitted());
    d.player = verdict.player;
    d.reason = verdict.reason;
    d.audited = verdict.audited;
    d.judged = verdict.audited || (verdict.draw < rate && corrected_away(d));
    decisions_.push_back(d);
  }
  keep_company();
  for (const Decision& d : decisions_) {
    if (d.player == Player::solver) handed_back_.push_back(d.sample);
    if (!d.audited && !(d.judged && solver_starts)) continue;
    from_neutral_.push_back(d.sample);
    if (!d.audited) ledger_.count_second_answer();
  }
  return decisions_;
}

// Where much of a call is strange the rest is not to be believed either: what samples have in common (a coarse phase
// over many tiles) no sample's own score sees.
void Controller::keep_company() {
  const auto back =
      std::count_if(decisions_.begin(), decisions_.end(), [](const Decision& d) { return is_fallback(d.reason); });
  if (static_cast<double>(back) <= config_.all_above * static_cast<double>(decisions_.size())) return;
  for (Decision& d : decisions_) {
    if (d.player == Player::solver) continue;
    d.player = Player::solver;
    d.reason = Reason::company;
    d.audited = d.judged = false;
  }
}

// Within the threshold, had audits not widened its bound.
bool Controller::corrected_away(const Decision& d) const {
  return (d.reason == Reason::uncertain || d.reason == Reason::hold) && calibration_.correction() > 1.0 &&
         d.uncertainty <= calibration_.correction() * calibration_.threshold();
}

bool Controller::may_learn() const {
  return config_.labels_to_update > 0 && (config_.max_updates == 0 || ledger_.updates() < config_.max_updates);
}

// Where a call hands back more than it may label, labels are spread evenly over them.
bool Controller::is_spared(const Decision& d) const {
  const auto most = static_cast<std::size_t>(config_.labels_a_call), all = handed_back_.size();
  if (most == 0 || all <= most) return false;
  const auto k =
      static_cast<std::size_t>(std::find(handed_back_.begin(), handed_back_.end(), d.sample) - handed_back_.begin());
  return k * most / all == (k + 1) * most / all;
}

bool Controller::wants_label(const Decision& d) const {
  if (!learner_ || !d.both_played() || !(config_.keep_labels || may_learn())) return false;
  if (!d.audited && is_spared(d)) return false;
  const auto lane = static_cast<std::size_t>(d.sample);
  const bool labelled = lane < last_label_.size() && last_label_[lane] >= 0;
  return d.audited || !labelled || d.call - last_label_[lane] >= config_.label_spacing;
}

void Controller::add_label(const Decision& d, const FieldSet& label) {
  const auto lane = static_cast<std::size_t>(d.sample);
  if (last_label_.size() <= lane) last_label_.resize(lane + 1, -1);
  if (!d.audited) last_label_[lane] = d.call;
  timed(Clock::training_in_run, [&] { learner_->add(label); });
  ++fresh_labels_;
  ledger_.count_label();
}

void Controller::finish() {
  for (const Decision& d : decisions_) {
    ledger_.record(d);
    if (d.audited) audit_.add(d.mean_square, policy_.audit_rate(), d.error, d.error <= d.uncertainty);
    if (d.judged) calibration_.correct(!(d.error <= d.uncertainty));
  }
  ledger_.add(Clock::gate, call_watch_.seconds() - booked_);
  if (may_learn() && fresh_labels_ >= config_.labels_to_update) learn();
}

void Controller::learn() {
  Update update;
  timed(Clock::training_in_run, [&] {
    update.fit = learner_->update();
    calibrate_from_learner();
  });
  fresh_labels_ = 0;
  ledger_.count_update();
  update.call = policy_.call();
  update.scale = calibration_.scale();
  update.threshold = calibration_.threshold();
  if (on_update_) on_update_(update);
}

Account Controller::account() const { return make_account(ledger_, audit_, config_.coverage, context_.comm); }

FieldSet Controller::state() const {
  FieldSet fields;
  for (const FieldSet& part : {calibration_.state(), policy_.state(), audit_.state(), ledger_.state()})
    fields.add_all(part);
  fields.add_scalar("gate_asked_learner", "1", std::int64_t{asked_learner_});
  fields.add_scalar("gate_fresh_labels", "1", fresh_labels_);
  fields.add("gate_last_label", "1", {static_cast<std::int64_t>(last_label_.size())}, last_label_);
  return fields;
}

void Controller::restore(const FieldSet& state) {
  calibration_.restore(state);
  policy_.restore(state);
  audit_.restore(state);
  ledger_.restore(state);
  asked_learner_ = state.integer_scalar("gate_asked_learner") != 0;
  fresh_labels_ = state.integer_scalar("gate_fresh_labels");
  last_label_ = state.integer("gate_last_label");
}

}  // namespace locum::gate
