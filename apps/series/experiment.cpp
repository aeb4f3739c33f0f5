#include "apps/series/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "apps/ptychography/diffraction_data.hpp"
#include "io/cxi_file.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/base/together.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/ptychography/ptychography_solver.hpp"
#include "solvers/imaging/ptychography/quality.hpp"
#include "surrogates/imaging/object_objective.hpp"

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

struct Optics {
  int nx = 0, ny = 0;
  double dx = 0.0, dy = 0.0;             // Å
  std::vector<Ptychogram::Value> probe;  // empty: not compared
};

double power_of(const std::vector<Ptychogram::Value>& probe) {
  return std::accumulate(probe.begin(), probe.end(), 0.0, [](double sum, auto v) { return sum + std::norm(v); });
}

void check_experiment(const Ptychogram& expected, Optics found, double tolerated_probe, const std::string& file) {
  const auto refuse = [&](const std::string& what) {
    throw ConfigError(what, file,
                      "the network knows the experiment of [simulation] alone: describe the file's there and train "
                      "anew, or reconstruct the file with `locum reconstruct`");
  };
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
  if (off > tolerated_probe)
    refuse(fmt::format("the probe is {:.3g} off the experiment's (relative), at most {} is tolerated", off,
                       tolerated_probe));
}

Ptychogram expected_geometry(const Context& context, const SeriesRunConfig& config) {
  Context alone = context;
  alone.comm = Communicator::self();
  return imaging::simulated_geometry(alone, config.simulation, 0).data;
}

SeriesSet set_of_file(const Context& context, const SeriesRunConfig& config, std::int64_t number) {
  ReconstructionConfig reading;
  reading.data.file = config.series.files[static_cast<std::size_t>(number)];
  reading.data.keys = config.series.keys;
  reading.start.margin = config.series.margin;
  reading.microscope = config.simulation.probe;
  reading.probe = config.simulation.window;
  DiffractionData read = read_diffraction_data(context, reading);
  const Ptychogram& in = read.input;
  together(context.comm, [&] {
    check_experiment(expected_geometry(context, config), {in.nx, in.ny, in.dx, in.dy, in.probe},
                     config.series.tolerated_probe, reading.data.file);
  });
  SeriesSet set;
  set.name = std::filesystem::path(reading.data.file).filename().string();
  set.data = std::move(read.input);
  set.truth = std::move(read.truth);
  set.wavelength = read.wavelength;
  set.origin = read.origin;
  return set;
}

void refuse_what_cannot_fit(const Context& context, const SeriesRunConfig& config, bool keep) {
  Context alone = context;
  alone.comm = Communicator::self();
  const Ptychogram one = imaging::simulated_geometry(alone, learned_experiment(config, 0), 0).data;
  const auto count = static_cast<double>(config.data.count);
  const double frames = keep ? count * one.size() * static_cast<double>(one.window()) * sizeof(float) : 0.0;
  const double rank = count * imaging::training_bytes(one.object_size(), config.network.stages);
  const double node = frames + rank * ranks_on_node(context.comm);
  const double left = config.data.memory_GiB > 0.0 ? config.data.memory_GiB * 1073741824.0
                                                   : -context.comm.max(-static_cast<double>(available_memory()));
  if (left > 0.0 && node > left)
    throw ConfigError(
        fmt::format("{} data sets to learn from take {} on a node ({} of frames, {} for each rank), "
                    "there are {}",
                    config.data.count, bytes_text(node), bytes_text(frames), bytes_text(rank), bytes_text(left)),
        "data.count", "fewer data sets, smaller ones (simulation.scan.points), or fewer ranks on a node");
}

void share(const Communicator& comm, ObjectFunction& object, int owner) {
  comm.broadcast(std::span<float>(reinterpret_cast<float*>(object.value.data()), 2 * object.value.size()), owner);
}

}  // namespace

void check_files(const Context& context, const SeriesRunConfig& config) {
  if (config.series.files.empty()) return;
  together(context.comm, [&] {
    const Ptychogram expected = expected_geometry(context, config);
    for (const std::string& name : config.series.files) {
      const io::DiffractionFile file(name, config.series.keys);
      const auto pixel = file.object_pixel();
      check_experiment(expected, {file.nx(), file.ny(), pixel[0], pixel[1], file.probe().values},
                       config.series.tolerated_probe, name);
    }
  });
}

SeriesSet series_set(const Context& context, const SeriesRunConfig& config, std::int64_t number) {
  SeriesSet set =
      config.series.files.empty() ? simulated_set(context, config, number) : set_of_file(context, config, number);
  set.data.tiles = make_tiles(set.data, config.series.tile);
  return set;
}

TrainingData make_training_data(const Context& context, const SeriesRunConfig& config, bool keep,
                                const std::vector<ObjectFunction>& known,
                                const std::function<bool(std::size_t, const TrainingData&)>& after_round) {
  refuse_what_cannot_fit(context, config, keep);
  const Communicator& comm = context.comm;
  const Stopwatch watch;
  const bool by_solver = config.data.labels == "solver";
  TrainingData data;
  const auto count = static_cast<std::size_t>(config.data.count), ranks = static_cast<std::size_t>(comm.size());
  for (std::size_t first = 0; first < count; first += ranks) {
    const std::size_t last = std::min(count, first + ranks);
    for (std::size_t k = first; k < last; ++k) {
      const auto number = static_cast<std::int64_t>(k);
      auto simulated = imaging::simulate_ptychogram(context, learned_experiment(config, number), number, keep);
      simulated.data.comm = Communicator::self();
      simulated.data.tiles = make_tiles(simulated.data, config.series.tile);
      const PixelBox whole = simulated.data.whole();
      data.sets.push_back({std::move(simulated.data), std::move(simulated.truth), whole});
    }
    if (by_solver) {
      together(comm, [&] {
        const std::size_t mine = first + static_cast<std::size_t>(comm.rank());
        if (mine >= last || mine < known.size()) return;
        imaging::LabelledObject& set = data.sets[mine];
        std::vector<int> tiles(set.data.tiles.size());
        std::iota(tiles.begin(), tiles.end(), 0);
        ObjectFunction object = Ptychography::make_output(set.data);
        imaging::PtychographySolver(config.ptychography).evaluate(set.data, tiles, object);
        set.truth = std::move(object);
      });
      for (std::size_t k = first; k < last; ++k)
        if (k < known.size())
          data.sets[k].truth = known[k];
        else
          share(comm, data.sets[k].truth, static_cast<int>(k - first));
    }
    data.seconds = comm.max(watch.seconds());
    if (!after_round(last, data)) return data;
  }
  return data;
}

}  // namespace locum::apps
