// Does the gate notice that it has left the domain? A potential learns silicon's crystal between 300 and 900 K from
// tight binding; then come other trajectories of that crystal, strained ones, other lattices and melts.
#include <fmt/format.h>

#include "apps/benchmark/benchmark.hpp"
#include "apps/replicas.hpp"
#include "apps/signals.hpp"
#include "apps/uncertainty.hpp"
#include "io/toml/toml.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/timer.hpp"

namespace locum::apps {
namespace {

struct Domain {
  const char* name;
  bool known;          // frames of the training's own kind: to be covered, and not handed back
  const char* recipe;  // TOML of DataConfig
};

// 64 atoms a frame (54 of bcc); 8 frames a replica.
constexpr char crystal[] = R"(
equilibration = 80
interval = 12
structure = {lattice_constant = 5.4455, replicate = [2, 2, 2]}
replicas = [{temperature = 300.0}, {temperature = 300.0}, {temperature = 450.0}, {temperature = 450.0},
  {temperature = 600.0}, {temperature = 600.0}, {temperature = 750.0}, {temperature = 750.0},
  {temperature = 900.0}, {temperature = 900.0}, {temperature = 900.0}, {temperature = 600.0},
  {temperature = 300.0}, {temperature = 400.0}, {temperature = 500.0}, {temperature = 600.0},
  {temperature = 700.0}, {temperature = 800.0}, {temperature = 850.0}, {temperature = 900.0}])";
constexpr double held_out = 0.4;  // of these: 64 frames, whose number limits how closely a coverage can be kept

const std::vector<Domain> domains = {{"crystal", true, R"(
equilibration = 80
interval = 12
structure = {lattice_constant = 5.4455, replicate = [2, 2, 2]}
replicas = [{temperature = 300.0}, {temperature = 500.0}, {temperature = 700.0}, {temperature = 900.0}])"},
                                     {"strained", false, R"(
equilibration = 60
interval = 12
structure = {lattice_constant = 5.4455, replicate = [2, 2, 2]}
replicas = [{temperature = 600.0, strain = [0.08, 0.08, 0.08, 0.0, 0.0, 0.0]},
  {temperature = 600.0, strain = [-0.07, -0.07, -0.07, 0.0, 0.0, 0.0]},
  {temperature = 600.0, strain = [0.1, 0.0, 0.0, 0.0, 0.0, 0.0]},
  {temperature = 600.0, strain = [0.0, 0.0, 0.0, 0.15, 0.0, 0.0]}])"},
                                     {"bcc", false, R"(
equilibration = 30
interval = 6
structure = {lattice = "bcc", lattice_constant = 3.09, replicate = [3, 3, 3]}
replicas = [{temperature = 300.0}, {temperature = 600.0}])"},
                                     {"simple cubic", false, R"(
equilibration = 30
interval = 6
structure = {lattice = "sc", lattice_constant = 2.53, replicate = [4, 4, 4]}
replicas = [{temperature = 300.0}, {temperature = 600.0}])"},
                                     {"melt", false, R"(
equilibration = 400
interval = 20
structure = {lattice_constant = 5.4455, replicate = [2, 2, 2]}
replicas = [{temperature = 4500.0}, {temperature = 5000.0}, {temperature = 6000.0}])"}};

// Frames of one recipe, in the order of its replicas.
std::vector<FieldSet> make_frames(const Context& context, const std::string& name, const char* recipe) {
  DataConfig data;
  data.friction = 0.02;
  data.frames = 8;
  io::TomlDocument document = io::TomlDocument::parse(recipe, "the recipe of " + name);
  io::read_config(document, data);
  data.validate();
  std::vector<FieldSet> frames;
  const bool complete = run_replicas(context, SolverConfig{}, data, {}, [&](std::vector<FieldSet> samples) {
    for (FieldSet& sample : samples) frames.push_back(std::move(sample));
  });
  if (!complete) throw Interrupted{"stopped by a signal: a benchmark keeps nothing"};
  return frames;
}

}  // namespace

BenchmarkResult benchmark_uncertainty(const Context& caller, const CommandLine&) {
  Context context = caller;
  context.comm = Communicator::self();  // every rank does all of it: one is enough
  BenchmarkResult result;
  const Stopwatch watch;
  potential::TrainingConfig training;
  training.validation_fraction = held_out;
  potential::PotentialLearner learner(context, {}, training, make_frames(context, "training", crystal));
  const double held_out_rmse = learner.fit().metrics.at("validation/force_rmse_eV_per_A");
  int wrong = 0, caught = 0, known = 0, handed_back = 0;
  double coverage = 0.0;
  for (const Domain& domain : domains) {
    const auto frames = std::make_shared<potential::FramesInMemory>(make_frames(context, domain.name, domain.recipe));
    const GateCheck check = check_gate(learner, held_out_rmse, frames);
    wrong += check.wrong;
    caught += check.caught;
    if (domain.known) {
      coverage = coverage_of_bound(learner, frames).value();
      known += check.frames;
      handed_back += check.flagged;
    }
    log::info(
        fmt::format("  {:<13} {} frames, {} wrong by more than {:.3f} eV/Å; {} handed back, {} of the wrong ones; "
                    "median bound {:.3f}, threshold {:.3f} eV/Å",
                    domain.name, check.frames, check.wrong, check.limit, check.flagged, check.caught,
                    check.median_bound, check.threshold));
  }
  result.seconds = watch.seconds();
  const double share = static_cast<double>(caught) / std::max(1, wrong);
  result.verified = wrong > 0 && share >= 0.95 && coverage >= 0.88 && coverage <= 0.92;
  result.rate = share;
  result.unit = "of the wrong frames handed back";
  result.bound = "at least 0.95 was asked for";
  result.check = fmt::format(
      "{} of {} frames out of the domain that are wrong by three times the held-out error are handed back; of the "
      "known "
      "kind {} of {}; {:.3f} of its atoms lie below their {} bound",
      caught, wrong, handed_back, known, coverage, promised_coverage);
  return result;
}

}  // namespace locum::apps
