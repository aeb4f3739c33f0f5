#include "apps/series/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "apps/ptychography/diffraction_data.hpp"
#include "io/cxi/cxi_file.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/base/together.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/ptychography/ptychography_solver.hpp"
#include "solvers/imaging/ptychography/quality/quality.hpp"
#include "solvers/imaging/ptychography/simulation/simulated_frames.hpp"
#include "surrogates/imaging/object_learner.hpp"

namespace locum::apps {
namespace {

constexpr double tolerated_pixel = 0.01;  // relative

// The experiment with the object's phase as data set `number` has it.
imaging::SimulatedPtychogramConfig experiment(const SeriesRunConfig& config, std::int64_t number) {
  imaging::SimulatedPtychogramConfig one = config.simulation;
  const auto& range = config.data.phase;
  if (range.empty()) return one;
  const double u = random::uniform(static_cast<std::uint64_t>(config.seed), random::Stream::object,
                                   static_cast<std::uint64_t>(number), 0);
  one.object.phase = range[0] + u * (range[1] - range[0]);
  return one;
}

// As it is learned from: windows of the network see no more of a large field than of a small one.
imaging::SimulatedPtychogramConfig learned_experiment(const SeriesRunConfig& config, std::int64_t number) {
  imaging::SimulatedPtychogramConfig one = experiment(config, number);
  if (config.data.points.empty()) return one;
  one.scan.points = config.data.points;
  one.scan.extent.clear();
  return one;
}

SeriesSet simulated_set(const Context& context, const SeriesRunConfig& config, std::int64_t number) {
  const std::int64_t index = config.data.count + number;
  imaging::SimulatedPtychogramConfig one = experiment(config, index);
  SeriesSet set;
  set.other = config.series.is_other(number);
  if (set.other) one.object = config.series.other;
  imaging::SimulatedPtychogram simulated = imaging::simulate_ptychogram(context, one, index);
  set.data = std::move(simulated.data);
  set.truth = std::move(simulated.truth);
  set.wavelength = imaging::wavelength(one.probe.energy);
  set.name = fmt::format("{}, {:.2g} rad", one.object.kind, one.object.phase);
  return set;
}

double power_of(const std::vector<Ptychogram::Value>& probe) {
  return std::accumulate(probe.begin(), probe.end(), 0.0, [](double sum, auto v) { return sum + std::norm(v); });
}

constexpr char train_anew[] =
    "the network knows the experiment of [simulation] alone: describe the file's there and train anew, or reconstruct "
    "the file with `locum reconstruct`";

SeriesSet set_of_file(const Context& context, const SeriesRunConfig& config, const std::string& file) {
  ReconstructionConfig reading;
  reading.data.file = file;
  reading.data.keys = config.series.keys;
  reading.start.margin = config.series.margin;
  reading.microscope = config.simulation.probe;
  reading.probe = config.simulation.window;
  DiffractionData read = read_diffraction_data(context, reading);
  const Ptychogram& in = read.input;
  together(context.comm, [&] {
    check_experiment(config, {in.nx, in.ny, in.dx, in.dy, in.probe}, reading.data.file, train_anew);
  });
  SeriesSet set;
  set.name = std::filesystem::path(reading.data.file).filename().string();
  set.data = std::move(read.input);
  set.truth = std::move(read.truth);
  set.wavelength = read.wavelength;
  set.electrons = read.electrons;
  set.origin = read.origin;
  return set;
}

// one: as all others are.
void refuse_what_cannot_fit(const Context& context, const SeriesRunConfig& config, const Ptychogram& one, bool keep) {
  const auto count = static_cast<double>(config.data.size());
  const double frames = keep ? count * one.size() * static_cast<double>(one.window()) * sizeof(float) : 0.0;
  const double rank = count * imaging::training_bytes(one.object_size(), config.network.stages);
  const double node = frames + rank * ranks_on_node(context.comm);
  const double left = config.data.memory_GiB > 0.0 ? config.data.memory_GiB * 1073741824.0
                                                   : -context.comm.max(-static_cast<double>(available_memory()));
  if (left > 0.0 && node > left)
    throw ConfigError(
        fmt::format("{} data sets to learn from take {} on a node ({} of frames, {} for each rank), "
                    "there are {}",
                    config.data.size(), bytes_text(node), bytes_text(frames), bytes_text(rank), bytes_text(left)),
        config.data.files.empty() ? "data.count" : "data.files",
        "fewer data sets, smaller ones (simulation.scan.points), or fewer ranks on a node");
}

void share(const Communicator& comm, ObjectFunction& object, int owner) {
  comm.broadcast(std::span<float>(reinterpret_cast<float*>(object.value.data()), 2 * object.value.size()), owner);
}

// Number `number` of what is learned from, without a label where it is a file's. Collective.
imaging::LabelledObject learned_set(const Context& context, const SeriesRunConfig& config, std::int64_t number,
                                    bool keep) {
  imaging::LabelledObject set;
  if (config.data.files.empty()) {
    auto simulated = imaging::simulate_ptychogram(context, learned_experiment(config, number), number, keep);
    set.data = std::move(simulated.data);
    set.truth = std::move(simulated.truth);
  } else {
    set.data = set_of_file(context, config, config.data.files[static_cast<std::size_t>(number)]).data;
    if (number == 0) refuse_what_cannot_fit(context, config, set.data, keep);
    if (keep)
      set.data.frames = imaging::kept_frames(context.comm, *set.data.frames, static_cast<int>(set.data.window()));
  }
  set.data.comm = Communicator::self();
  set.data.tiles = make_tiles(set.data, config.series.tile);
  set.core = set.data.whole();
  return set;
}

// Where frames alone are learned from, labels are for what is held out to calibrate.
bool needs_label(const SeriesRunConfig& config, std::size_t number) {
  const auto count = static_cast<std::size_t>(config.data.size());
  return config.training.supervised > 0.0 || number >= count - imaging::held_out_sets(config.training, count);
}

// The solver's object of a data set of one rank; whether it converged.
bool solve(const SeriesRunConfig& config, imaging::LabelledObject& set) {
  std::vector<int> tiles(set.data.tiles.size());
  std::iota(tiles.begin(), tiles.end(), 0);
  imaging::PtychographySolver solver(config.ptychography);
  solver.evaluate(set.data, tiles, set.truth);
  return std::all_of(solver.reports().begin(), solver.reports().end(), [](const auto& r) { return r.converged; });
}

// Labels of the solver for data sets first … last − 1: ranks share those that are not known. Returns how many of the
// new ones did not converge. Collective.
std::int64_t label_by_solver(const Communicator& comm, const SeriesRunConfig& config,
                             const std::vector<ObjectFunction>& known, std::size_t first, TrainingData& data) {
  double open = 0.0;
  for (std::size_t k = first; k < data.sets.size(); ++k)
    data.sets[k].truth = k < known.size()         ? known[k]
                         : needs_label(config, k) ? Ptychography::make_output(data.sets[k].data)
                                                  : ObjectFunction{};
  const auto is_new = [&](std::size_t k) { return k >= known.size() && needs_label(config, k); };
  together(comm, [&] {
    const std::size_t mine = first + static_cast<std::size_t>(comm.rank());
    if (mine < data.sets.size() && is_new(mine)) open += !solve(config, data.sets[mine]);
  });
  for (std::size_t k = first; k < data.sets.size(); ++k)
    if (is_new(k)) share(comm, data.sets[k].truth, static_cast<int>(k - first));
  return std::lround(comm.sum(open));
}

}  // namespace

Ptychogram experiment_geometry(const SeriesRunConfig& config) {
  Context alone;
  alone.comm = Communicator::self();
  return imaging::simulated_geometry(alone, config.simulation, 0).data;
}

void check_experiment(const SeriesRunConfig& config, Optics found, const std::string& file, const std::string& hint) {
  const Ptychogram expected = experiment_geometry(config);
  const auto refuse = [&](const std::string& what) { throw ConfigError(what, file, hint); };
  if (found.nx != expected.nx || found.ny != expected.ny)
    refuse(fmt::format("frames of {} × {} pixels, the experiment has {} × {}", found.nx, found.ny, expected.nx,
                       expected.ny));
  if (std::abs(found.dx / expected.dx - 1.0) > tolerated_pixel ||
      std::abs(found.dy / expected.dy - 1.0) > tolerated_pixel)
    refuse(fmt::format("pixels of {:.5g} × {:.5g} Å, the experiment has {:.5g} × {:.5g}", found.dx, found.dy,
                       expected.dx, expected.dy));
  const double power = power_of(found.probe);
  if (!(power > 0.0)) return;
  for (auto& v : found.probe) v *= static_cast<float>(std::sqrt(power_of(expected.probe) / power));
  const double off = imaging::probe_error(expected.probe, found.probe, found.nx, found.ny);
  if (off > config.series.tolerated_probe)
    refuse(fmt::format("the probe is {:.3g} off the experiment's (relative), at most {} is tolerated", off,
                       config.series.tolerated_probe));
}

void check_files(const Context& context, const SeriesRunConfig& config) {
  std::vector<std::string> files = config.series.files;
  files.insert(files.end(), config.data.files.begin(), config.data.files.end());
  together(context.comm, [&] {
    for (const std::string& name : files) {
      const io::DiffractionFile file(name, config.series.keys);
      const auto pixel = file.object_pixel();
      check_experiment(config, {file.nx(), file.ny(), pixel[0], pixel[1], file.probe().values}, name, train_anew);
    }
  });
}

SeriesSet series_set(const Context& context, const SeriesRunConfig& config, std::int64_t number) {
  const auto& files = config.series.files;
  SeriesSet set = files.empty() ? simulated_set(context, config, number)
                                : set_of_file(context, config, files[static_cast<std::size_t>(number)]);
  set.data.tiles = make_tiles(set.data, config.series.tile);
  return set;
}

TrainingData make_training_data(const Context& context, const SeriesRunConfig& config, bool keep,
                                const std::vector<ObjectFunction>& known,
                                const std::function<bool(std::size_t, const TrainingData&)>& after_round) {
  if (config.data.files.empty()) {
    Context alone = context;
    alone.comm = Communicator::self();
    refuse_what_cannot_fit(context, config, imaging::simulated_geometry(alone, learned_experiment(config, 0), 0).data,
                           keep);
  }
  const Communicator& comm = context.comm;
  const Stopwatch watch;
  TrainingData data;
  const auto count = static_cast<std::size_t>(config.data.size()), ranks = static_cast<std::size_t>(comm.size());
  for (std::size_t first = 0; first < count; first += ranks) {
    const std::size_t last = std::min(count, first + ranks);
    for (std::size_t k = first; k < last; ++k)
      data.sets.push_back(learned_set(context, config, static_cast<std::int64_t>(k), keep));
    if (config.data.labels == "solver") data.open_labels += label_by_solver(comm, config, known, first, data);
    data.seconds = comm.max(watch.seconds());
    if (!after_round(last, data)) return data;
  }
  return data;
}

}  // namespace locum::apps
