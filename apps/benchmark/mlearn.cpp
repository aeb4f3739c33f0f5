// Time to quality in the manner of MLPerf HPC: a fixed target on a held-out set, reading and invariants counted, five
// seeds of which the fastest and the slowest are dropped, seeds that miss the target reported. The test set is looked
// at after the clock has stopped, and chooses nothing.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "apps/benchmark/benchmark.hpp"
#include "apps/label_errors.hpp"
#include "apps/label_files.hpp"
#include "apps/uncertainty.hpp"
#include "io/toml/toml.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "surrogates/potential/inference/potential_step.hpp"
#include "surrogates/potential/training/learner.hpp"

namespace locum::apps {
namespace {

constexpr int seeds = 5;

struct Target {
  const char* name;
  double force_rmse, energy_rmse;  // eV/Å and meV/atom, on test.xyz; 0: none
  double seconds;                  // limit on two cores; 0: none
  bool every_seed;                 // must reach it, not their mean alone
  const char* recipe;              // TOML, over the defaults
};

constexpr char larger[] =
    "training = {energy_weight = 20.0}\n"
    "potential = {four_body_l_max = 4, components = 64, hidden = 32}";
constexpr char largest[] =
    "training = {energy_weight = 20.0}\n"
    "potential = {four_body_l_max = 4, components = 128, hidden = 48, members = 8}";

const std::vector<Target> silicon = {{"0.140 eV/Å, linear", 0.140, 0.0, 10.0, true, "training = {network = false}"},
                                     {"default", 0.098, 3.5, 0.0, false, ""},
                                     {"0.095 eV/Å", 0.095, 0.0, 60.0, true, larger},
                                     {"best", 0.088, 0.0, 0.0, false, largest}};
const std::vector<Target> lithium = {{"default", 0.0075, 0.6, 0.0, false, ""}};

struct Attempt {
  double seconds, force_rmse, energy_rmse, coverage;
};

Attempt attempt(const Context& caller, TrainConfig config, int seed) {
  Context context = caller;
  context.seed = static_cast<std::uint64_t>(seed);
  config.training.fold = seed;  // other frames are held out, too
  context.comm.barrier();
  const Stopwatch watch;
  const LabelledFrames frames = read_label_files(context.comm, config);
  potential::LearnerOptions options;
  options.inference = config.inference;
  potential::PotentialLearner learner(context, config.potential, config.training, frames.train, options);
  learner.fit();
  const double seconds = context.comm.max(watch.seconds());
  potential::PotentialStep step(learner.potential());
  const LabelErrors errors = errors_on_labels(context, step, config.potential.cutoff, frames.test, 0);
  return {seconds, errors.force_rmse, 1000.0 * errors.energy_rmse,
          coverage_of_bound(learner, std::make_shared<potential::FramesInMemory>(frames.test)).value()};
}

TrainConfig config_of(const Target& target, const std::string& element, double cutoff,
                      const std::vector<std::string>& set) {
  io::TomlDocument document = io::TomlDocument::parse(target.recipe, "the recipe of " + std::string(target.name));
  for (const std::string& assignment : set) document.set(assignment);
  TrainConfig config;
  config.data = {"../shared/data/mlearn",
                 {element + "/train.xyz"},
                 {element + "/test.xyz"},
                 "https://github.com/materialsvirtuallab/mlearn",
                 {}};
  config.potential.cutoff = cutoff;
  io::read_config(document, config);
  config.validate();
  return config;
}

struct Outcome {
  bool reached;
  double seconds, all_seconds;
  std::string text;
};

Outcome try_target(const Context& context, const Target& target, const TrainConfig& config) {
  std::vector<double> seconds;
  double force = 0.0, energy = 0.0, coverage = 0.0;
  int missed = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    const Attempt a = attempt(context, config, seed);
    const bool reached = a.force_rmse <= target.force_rmse;
    seconds.push_back(a.seconds);
    missed += !reached;
    force += a.force_rmse / seeds;
    energy += a.energy_rmse / seeds;
    coverage += a.coverage / seeds;
    log::info(fmt::format("  {}, seed {}: {:.2f} s, test {:.4f} eV/Å, {:.2f} meV/atom, coverage {:.3f}{}", target.name,
                          seed, a.seconds, a.force_rmse, a.energy_rmse, a.coverage, reached ? "" : "  (missed)"));
  }
  std::sort(seconds.begin(), seconds.end());
  Outcome o;
  o.seconds = std::accumulate(seconds.begin() + 1, seconds.end() - 1, 0.0) / (seeds - 2);
  o.all_seconds = std::accumulate(seconds.begin(), seconds.end(), 0.0);
  o.reached = force <= target.force_rmse && (target.energy_rmse == 0.0 || energy <= target.energy_rmse) &&
              (target.seconds == 0.0 || o.seconds <= target.seconds) && (missed == 0 || !target.every_seed);
  o.text =
      fmt::format("{}: {:.2f} s, test {:.4f} eV/Å, {:.2f} meV/atom, coverage {:.3f}, {} of {} seeds missed {:g} eV/Å{}",
                  target.name, o.seconds, force, energy, coverage, missed, seeds, target.force_rmse,
                  o.reached ? "" : " NOT REACHED");
  log::info(o.text);
  return o;
}

BenchmarkResult time_to_quality(const Context& context, const CommandLine& line, const std::string& element,
                                double cutoff, const std::vector<Target>& targets) {
  BenchmarkResult result;
  result.verified = true;
  for (const Target& target : targets) {
    const Outcome o = try_target(context, target, config_of(target, element, cutoff, line.set));
    result.verified = result.verified && o.reached;
    result.check += (result.check.empty() ? "" : "; ") + o.text;
    result.seconds += o.all_seconds;
    if (target.seconds > 0.0 || targets.size() == 1) result.rate = o.seconds;
  }
  result.unit = targets.size() == 1 ? "s to train" : "s to a test force RMSE of 0.095 eV/Å";
  result.bound = "a time, not a rate: reading, invariants, training and calibration";
  return result;
}

}  // namespace

BenchmarkResult benchmark_mlearn_si(const Context& context, const CommandLine& line) {
  return time_to_quality(context, line, "Si", 5.0, silicon);
}

BenchmarkResult benchmark_mlearn_li(const Context& context, const CommandLine& line) {
  return time_to_quality(context, line, "Li", 7.0, lithium);
}

}  // namespace locum::apps
