#include "apps/search/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

#include "apps/commands.hpp"
#include "apps/report/gnuplot.hpp"
#include "apps/search/search_results.hpp"
#include "apps/signals.hpp"
#include "apps/training_report.hpp"
#include "io/atomic_file.hpp"
#include "io/model.hpp"
#include "io/toml/toml.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "surrogates/potential/inference/inference_cost.hpp"

namespace locum::apps {
namespace {

constexpr int most_attempts = 200;  // to draw a candidate that is cheap enough

struct Stopped {};  // a training that a signal ended

class Search {
 public:
  explicit Search(const TrainingRun& run)
      : run_(run),
        context_(run.context),
        config_(run.config),
        directory_(run.directory),
        frames_(run.frames),
        held_out_(held_out_frames(run, config_.training)) {
    draw();
    const std::string path = directory_.file("search.json");
    if (run.restart && directory_.has("search.json"))
      results_.trainings = trainings_from_json(io::read_text(context_.comm, path), path);
  }

  void run() {
    std::vector<int> running(results_.candidates.size());
    for (std::size_t k = 0; k < running.size(); ++k) running[k] = static_cast<int>(k);
    for (std::size_t rung = 0; rung < results_.rungs.size(); ++rung) {
      climb(static_cast<int>(rung), running);
      if (rung + 1 < results_.rungs.size())
        running = survivors(static_cast<int>(rung), running, results_.rungs[rung + 1].candidates);
    }
    conclude();
  }

 private:
  void draw();
  void climb(int rung, const std::vector<int>& running);
  void collect(const std::string& mine);
  std::vector<int> survivors(int rung, const std::vector<int>& running, int count) const;
  SearchTraining train(const Context& group, int candidate, int rung, int fold) const;
  void keep() const { directory_.write_text("search.json", to_json(results_)); }
  TrainConfig input_of(int candidate) const;
  std::string name(int candidate, const std::string& extension) const {
    return fmt::format("candidate-{}.{}", candidate, extension);
  }
  bool last(int rung) const { return rung + 1 == static_cast<int>(results_.rungs.size()); }
  void draw_front() const;
  void conclude();

  const TrainingRun& run_;
  const Context& context_;
  const TrainConfig& config_;
  const RunDirectory& directory_;
  const std::vector<FieldSet>& frames_;
  std::vector<FieldSet> held_out_;
  SearchResults results_;
};

void Search::draw() {
  std::set<std::int64_t> elements;
  for (const FieldSet& f : frames_)
    elements.insert(f.integer("atomic_number").begin(), f.integer("atomic_number").end());
  const int species = static_cast<int>(elements.size());
  const Candidate base{config_.potential, config_.training};
  const double limit = config_.search.largest_cost;
  bool any = limit == 0.0;
  for (int k = 0; k < config_.search.candidates; ++k)
    for (int attempt = 0;; ++attempt) {
      const Candidate candidate = draw_candidate(base, species, context_.seed, k, attempt);
      const auto set = potential::make_invariants(candidate.potential, species);
      const double neighbors = potential::neighbors_per_atom(held_out_, candidate.potential.cutoff, 4);
      const double cost = 1e-3 * potential::operations_per_atom(set, candidate.potential, neighbors);
      const bool cheap = limit == 0.0 || cost <= limit;
      if (!cheap && k > 0 && attempt < most_attempts) continue;
      any = any || cheap;
      results_.candidates.push_back(candidate);
      results_.operations.push_back(cost);
      results_.invariants.push_back(set.count);
      break;
    }
  if (!any)
    throw ConfigError(fmt::format("no candidate costs at most {:g} thousand operations an atom, the cheapest {:.1f}",
                                  limit, *std::min_element(results_.operations.begin(), results_.operations.end())),
                      "search.largest_cost", "allow more, or try more candidates");
  results_.folds = config_.search.folds;
  results_.rungs = halving_rungs(config_.search.candidates, config_.training.network ? config_.training.epochs : 0,
                                 config_.search.reduction);
}

TrainConfig Search::input_of(int candidate) const {
  TrainConfig input = config_;
  input.potential = results_.candidates[candidate].potential;
  input.training = results_.candidates[candidate].training;
  input.search = {};
  return input;
}

// One training by the ranks of `group`.
SearchTraining Search::train(const Context& group, int candidate, int rung, int fold) const {
  SearchTraining result;
  result.candidate = candidate;
  result.rung = rung;
  result.fold = fold;
  const Stopwatch watch;
  const auto nothing = std::numeric_limits<double>::quiet_NaN();
  const Candidate& c = results_.candidates[candidate];
  potential::TrainingConfig training = c.training;
  if (training.network) training.epochs = results_.rungs[rung].epochs;
  training.fold += fold;
  try {
    potential::PotentialLearner learner(group, c.potential, training, frames_);
    const auto metrics = learner
                             .fit([&](int, const auto&) {
                               if (stop_requested(group.comm)) throw Stopped{};
                             })
                             .metrics;
    const auto metric = [&](const std::string& name) {
      const auto found = metrics.find("validation/" + name);
      return found == metrics.end() ? nothing : found->second;
    };
    result.force_rmse = metric("force_rmse_eV_per_A");
    result.energy_rmse = metric("energy_rmse_meV_per_atom");
    result.error = mean_frame_rmse(learner, held_out_frames(run_, training));
    if (!std::isfinite(result.error)) throw NumericalError("the error is not finite");
    result.microseconds =
        group.comm.min(potential::microseconds_per_atom(learner.potential(), potential::read_label(held_out_[0], 0)));
    if (last(rung) && fold == 0) {  // the input's own split
      io::write_model(group.comm, directory_.file(name(candidate, "h5")), learner.record());
    }
  } catch (const NumericalError& error) {  // settings that do not work are a result, too
    result.failure = error.what();
    std::replace(result.failure.begin(), result.failure.end(), '\n', ' ');
    result.error = result.force_rmse = result.energy_rmse = result.microseconds = nothing;
  }
  result.seconds = watch.seconds();
  return result;
}

// Everything that this rung still lacks, as many at a time as there are ranks; the dear ones first, so that those that
// run side by side take about equally long.
void Search::climb(int rung, const std::vector<int>& running) {
  std::vector<std::pair<int, int>> open;  // candidate and fold
  for (const int k : running)
    for (int fold = 0; fold < results_.folds; ++fold)
      if (!results_.has(k, rung, fold)) open.push_back({k, fold});
  std::stable_sort(open.begin(), open.end(), [&](const auto& a, const auto& b) {
    return results_.operations[a.first] > results_.operations[b.first];
  });
  log::info(fmt::format("rung {} of {}: {} candidates, {} folds, {} epochs; {} trainings to do", rung + 1,
                        results_.rungs.size(), running.size(), results_.folds, results_.rungs[rung].epochs,
                        open.size()));
  const int ranks = context_.comm.size(), rank = context_.comm.rank();
  for (std::size_t first = 0; first < open.size();) {
    const int groups = std::min(ranks, static_cast<int>(open.size() - first));
    Context group = context_;
    group.comm = context_.comm.split(rank % groups, rank);
    std::string mine;
    bool stopped = false;
    try {
      const auto [candidate, fold] = open[first + rank % groups];
      const SearchTraining done = train(group, candidate, rung, fold);
      if (group.comm.is_root()) mine = to_json(done) + "\n";
    } catch (const Stopped&) {
      stopped = true;
    }
    collect(mine);
    if (context_.comm.any(stopped) || stop_requested(context_.comm))
      throw Interrupted{fmt::format("stopped by a signal; finished trainings are kept in {}: go on with --restart",
                                    directory_.file("search.json"))};
    first += groups;
  }
}

// Takes up what the ranks have finished, one line each.
void Search::collect(const std::string& mine) {
  const std::vector<char> all = context_.comm.all_gather(std::span<const char>(mine.data(), mine.size()));
  std::istringstream lines(std::string(all.begin(), all.end()));
  for (std::string line; std::getline(lines, line);) {
    const SearchTraining& t = results_.trainings.emplace_back(training_from_json(line));
    const auto standing = results_.standing(t.candidate, t.rung);
    if (!standing) continue;
    log::info(standing->failure.empty()
                  ? fmt::format("  candidate {}: {:.4f} eV/Å, {:.1f} thousand operations, {:.2f} µs an atom ({:.1f} s)",
                                t.candidate, standing->error, results_.operations[t.candidate], standing->microseconds,
                                standing->seconds)
                  : fmt::format("  candidate {} failed: {}", t.candidate, standing->failure));
  }
  keep();
}

// The best `count` by front; with a largest cost those that keep it come first.
std::vector<int> Search::survivors(int rung, const std::vector<int>& running, int count) const {
  std::vector<int> next;
  for (const bool cheap : {true, false}) {
    std::vector<FrontPoint> points;
    std::vector<int> candidates;
    for (const int k : running) {
      const auto t = results_.standing(k, rung);
      const double limit = config_.search.largest_cost, cost = results_.operations[k];
      if (!t->failure.empty() || (limit == 0.0 || cost <= limit) != cheap) continue;
      points.push_back({t->error, cost});
      candidates.push_back(k);
    }
    for (const int k : best_by_front(points, count - static_cast<int>(next.size()))) next.push_back(candidates[k]);
  }
  if (next.empty()) throw NumericalError("every candidate failed", "rung " + std::to_string(rung + 1));
  std::sort(next.begin(), next.end());
  return next;
}

void Search::draw_front() const {
  const std::string script = front_figure(results_);
  std::string picture;
  if (context_.comm.is_root() && !script.empty()) {
    const GnuplotResult drawn = run_gnuplot("gnuplot", script);
    if (!drawn.error.empty()) log::warn("the front is not drawn: " + drawn.error);
    picture = drawn.svg;
  }
  context_.comm.broadcast(picture);
  if (!picture.empty()) directory_.write_text("front.svg", picture + "\n");
}

void Search::conclude() {
  results_.chosen = chosen_candidate(results_, config_.search.largest_cost);
  if (results_.chosen < 0) throw NumericalError("no candidate has a model", "search", "see search.json");
  keep();
  for (const SearchTraining& t : results_.trainings)
    if (last(t.rung) && t.fold == 0) {
      TrainConfig input = input_of(t.candidate);
      directory_.write_text(name(t.candidate, "toml"), io::to_toml(input));
    }
  TrainConfig best = input_of(results_.chosen);
  directory_.write_text("best.toml", io::to_toml(best));
  draw_front();
  const FieldTree model = io::read_model(context_.comm, directory_.file(name(results_.chosen, "h5")));
  write_model(run_, model, "model.h5");
  std::istringstream lines(table(results_));
  for (std::string line; std::getline(lines, line);) log::info(line);
  log::info(
      fmt::format("chosen: candidate {} (*: on the front of the full trainings); its input: {}; that of others: {}",
                  results_.chosen, directory_.file("best.toml"), directory_.file("candidate-….toml")));
  if (run_.sources.test->size() > 0) {
    potential::PotentialLearner learner(context_, best.potential, best.training, frames_);
    learner.adopt(*potential::NeuralPotential::from_record(model));
    report_test(context_, learner, results_.last(results_.chosen)->force_rmse, run_.sources.test);
  }
  log::info(fmt::format("model: {}", directory_.file("model.h5")));
}

}  // namespace

void run_search(const TrainingRun& run) { Search(run).run(); }

}  // namespace locum::apps
