#include "apps/ptychography/reconstruction_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "apps/ptychography/halves.hpp"
#include "apps/signals.hpp"
#include "io/checkpoint.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "solvers/imaging/ptychography/engines/probe_constraints.hpp"

namespace locum::apps {
namespace {

// Complex ones in float that a rank has of the object while it sweeps: the object, as it was before the sweep and five
// and ten sweeps ago, the illumination twice, a direction and sums, what is read out.
constexpr double object_planes = 10.0;
// Bytes for a pixel of the object. Of a checkpoint while it is written: four complex objects in double.
constexpr double checkpoint_pixel = 64.0;
// Of the rank that compares two objects: both in double with their weights, and the padded transform of their quotient,
// twice, that finds the ramp between them.
constexpr double comparison_pixel = 40.0 + 128.0 + 32.0;
constexpr int most_at_once = 64;    // frames whose waves a rank has in memory together
constexpr int sweeps_measured = 3;  // before the time that is left is told
constexpr const char* checkpoint_name = "checkpoint.h5";

std::string stage_file(const std::string& name) { return "stage_" + name + ".h5"; }

// Positions go no farther than the object does.
void tell_of_rim(const Ptychogram& input, const std::vector<std::array<double, 2>>& position) {
  const auto held = std::count_if(position.begin(), position.end(), [&](const std::array<double, 2>& r) {
    return r[0] <= 0.0 || r[1] <= 0.0 || r[0] >= input.object_nx - input.nx || r[1] >= input.object_ny - input.ny;
  });
  if (held > 0)
    log::warn(fmt::format("{} frame(s) were held at the object's rim: a larger start.margin gives them room", held));
}

}  // namespace

double reconstruction_bytes(const Ptychogram& input, const imaging::PtychographyConfig& config, int frames) {
  const double window = static_cast<double>(input.window()), object = static_cast<double>(input.object_size());
  const double own = std::ceil(static_cast<double>(frames) / input.comm.size());
  const double wave = 8.0 * window * input.modes;
  const int batch = std::min(imaging::resolved(config, frames).batch, most_at_once);
  const double kept = wave * imaging::engine_traits(config.engine).waves_of_frame * own;
  const double needed = kept + 2.0 * wave * batch;
  const double useful = own * (4.0 * window + wave);  // counts, and probes that were moved to the frames' fractions
  const double planes = imaging::engine_traits(config.engine).object_planes;  // of the engine itself
  const double pixel = 8.0 * (object_planes + planes) + checkpoint_pixel + 16.0 * planes;
  return pixel * object + 2.0 * kept +  // waves in double, for the checkpoint
         std::min(needed + useful, std::max(needed, imaging::memory_budget(input.comm, config)));
}

double comparison_bytes(const Ptychogram& input, bool halves, bool truth) {
  const double objects = 8.0 * (1.0 + (halves ? 2.0 : 0.0) + (truth ? 1.0 : 0.0)) + 8.0;  // and two maps
  return static_cast<double>(input.object_size()) * (objects + (halves || truth ? comparison_pixel : 0.0));
}

ReconstructionJob::ReconstructionJob(const Context& context, const RunDirectory& directory,
                                     const ReconstructionConfig& config, const DiffractionData& data)
    : context_(context), directory_(directory), config_(config), data_(data), names_{"whole"} {
  if (config.resolution.halves && data.input.size() > 1) names_.insert(names_.end(), {"half_0", "half_1"});
  if (config.output.events) events_ = std::make_unique<TrainingEvents>(context.comm, directory.file("events"));
}

void ReconstructionJob::forecast() {
  const Ptychogram& in = data_.input;
  // A checkpoint is written beside the one before; numbers are in double there.
  const imaging::EngineTraits traits = imaging::engine_traits(config_.ptychography.engine);
  const double object = 16.0 * static_cast<double>(in.object_size());
  const double others = 16.0 * static_cast<double>(in.modes) * static_cast<double>(in.window()) + 64.0 * in.size();
  const double waves = 16.0 * in.size() * traits.waves_of_frame * in.modes * static_cast<double>(in.window());
  const double checkpoint = (4.0 + traits.object_planes) * object + others + waves;
  Forecast& f = account_.forecast;
  const double sweeping = reconstruction_bytes(in, config_.ptychography, in.size()) +
                          8.0 * static_cast<double>(in.object_size() * (names_.size() - 1));  // stages that are done
  const double comparing = comparison_bytes(in, names_.size() > 1, !data_.truth.value.empty());
  // One rank compares, after all have swept.
  f = forecast_space(context_.comm, {std::max(0.0, comparing - sweeping), sweeping}, 0.0,
                     2.0 * checkpoint + 4.0 * (object + others), directory_.path());
  log::info(describe(f));
  if (f.available > 0.0 && f.node > f.available)
    throw ConfigError(
        fmt::format("the reconstruction needs {} on a node ({} for each of {} rank(s)), {} are available",
                    bytes_text(f.node), bytes_text(f.rank()), f.ranks_on_node, bytes_text(f.available)),
        "ptychography.memory",
        "a smaller ptychography.memory (frames are then read again each sweep), an engine that keeps no waves "
        "(lsqml, epie, rpie), fewer frames (data.frames), or fewer ranks on a node");
  // The comparison is the host's.
  Forecast sweeps = f;
  sweeps.engine_shared = 0.0;
  refuse_what_the_device_cannot_hold(
      sweeps, "ptychography.memory",
      "a smaller ptychography.memory, an engine that keeps no waves, or fewer ranks on a GPU");
  if (f.disk_free > 0.0 && f.disk > f.disk_free)
    throw ConfigError(fmt::format("checkpoints and results will take {} on the disk, {} are free there",
                                  bytes_text(f.disk), bytes_text(f.disk_free)),
                      "output", "another folder (--output)");
}

void ReconstructionJob::save(imaging::Reconstruction& reconstruction, std::size_t stage, double seconds) {
  ScopedTimer timer(account_.write);
  io::Checkpoint checkpoint;
  checkpoint.attributes["data"] = data_.fingerprint;
  checkpoint.attributes["stage"] = names_[stage];
  checkpoint.shared["reconstruction"] = reconstruction.shared_state();
  checkpoint.shared["run"].add_scalar("seconds", "s", seconds);
  checkpoint.distributed["engine"] = reconstruction.local_state();
  io::write_checkpoint(context_.comm, directory_.file(checkpoint_name), checkpoint);
}

// Seconds of the sessions before; 0 where there is nothing to go on with.
double ReconstructionJob::take_up(imaging::Reconstruction& reconstruction, std::size_t stage) {
  if (!restart_ || !directory_.has(checkpoint_name)) return 0.0;
  int writers = 0;
  const io::Checkpoint checkpoint = io::read_checkpoint(context_.comm, directory_.file(checkpoint_name), &writers);
  if (checkpoint.attributes.at("data") != data_.fingerprint)
    throw ConfigError("the checkpoint is of other data: positions, probe or counts have changed since",
                      directory_.file(checkpoint_name), "begin anew in another folder");
  if (checkpoint.attributes.at("stage") != names_[stage]) return 0.0;
  if (writers != context_.comm.size() && imaging::engine_traits(config_.ptychography.engine).waves_of_frame > 0.0)
    throw ConfigError(
        fmt::format("the checkpoint has waves of {} rank(s), this run has {}", writers, context_.comm.size()),
        directory_.file(checkpoint_name),
        fmt::format("engine \"{}\" goes on with as many ranks as it began", config_.ptychography.engine));
  reconstruction.restore(checkpoint.shared.at("reconstruction"), checkpoint.distributed.at("engine"));
  log::info(fmt::format("{}: goes on after sweep {}", names_[stage], reconstruction.sweeps()));
  return checkpoint.shared.at("run").real_scalar("seconds");
}

bool ReconstructionJob::sweep(imaging::Reconstruction& reconstruction, std::size_t stage, double before) {
  const Communicator& comm = context_.comm;
  const std::size_t frames = reconstruction.frames().size();
  const int first = reconstruction.sweeps(), most = config_.ptychography.sweeps;
  log::Progress progress(names_[stage], most);
  Stopwatch watch, since_checkpoint;
  bool stopped = false, late = false;
  double last_r = -1.0;
  reconstruction.run([&](const imaging::SweepRecord& record) {
    ++account_.sweeps_here;
    account_.frame_sweeps += static_cast<double>(frames);
    if (record.r >= 0.0) last_r = record.r;  // engines that keep waves measure it now and then
    progress.at(record.sweep + 1, last_r >= 0.0 ? fmt::format("R = {:.4f}", last_r) : "");
    const double seconds = comm.max(watch.seconds());  // the ranks must agree on what follows
    if (events_ && stage == 0) {
      std::map<std::string, double> scalars{{"object_change", record.change}};
      if (record.r >= 0.0) scalars["r_factor"] = record.r;
      events_->add(record.sweep + 1, scalars);
    }
    const int done = record.sweep + 1 - first;
    if (done == sweeps_measured && seconds / done * (most - record.sweep) > 60.0)
      log::info(fmt::format("time: at most {} for {} sweeps, {:.3g} s each", about(seconds / done * (most - first)),
                            most - first, seconds / done));
    stopped = stop_requested(comm);
    late = config_.output.limit_minutes > 0.0 && before + seconds > 60.0 * config_.output.limit_minutes;
    const bool due = comm.max(since_checkpoint.seconds()) > 60.0 * config_.output.checkpoint_minutes;
    if (stopped || due || config_.output.checkpoint_minutes == 0.0) {
      save(reconstruction, stage, before + seconds);
      since_checkpoint.restart();
    }
    return !stopped && !late;
  });
  if (late)
    log::info(fmt::format("{}: the time limit of {:g} min is reached", names_[stage], config_.output.limit_minutes));
  return !stopped;
}

void ReconstructionJob::finish(imaging::Reconstruction& reconstruction, std::size_t stage, double seconds) {
  StageResult& result = stages_[stage];
  result.object = reconstruction.object();
  result.probe = reconstruction.probe();
  // However many sweeps there were, the modes that are handed out are the probe's own.
  if (config_.ptychography.probe.refine) imaging::orthogonalise(result.probe, data_.input.modes);
  result.position = reconstruction.positions();
  result.take_frames(reconstruction.frames(), reconstruction.fourier_errors());
  result.history = reconstruction.history();
  result.converged = reconstruction.converged();
  result.seconds = seconds;
  if (config_.ptychography.positions.correct && stage == 0) tell_of_rim(data_.input, result.position);
  ScopedTimer timer(account_.write);
  io::Tree tree;
  tree.attributes["data"] = data_.fingerprint;
  tree.groups["result"] = result.state();
  io::write_tree(context_.comm, directory_.file(stage_file(names_[stage])), tree, "locum-ptychography-stage", 1);
}

bool ReconstructionJob::run_stage(std::size_t stage) {
  const Communicator& comm = context_.comm;
  const std::string file = stage_file(names_[stage]);
  if (restart_ && directory_.has(file)) {
    const io::Tree tree = io::read_tree(comm, directory_.file(file), "locum-ptychography-stage");
    if (tree.attributes.at("data") == data_.fingerprint) {
      stages_[stage] = StageResult::from_state(tree.groups.at("result"));
      return true;
    }
    throw ConfigError("is of other data: positions, probe or counts have changed since", directory_.file(file),
                      "begin anew in another folder");
  }
  const Stopwatch setup;
  Ptychogram input = data_.input;
  imaging::PtychographyConfig config = config_.ptychography;
  std::vector<int> which;
  if (stage > 0) {  // with the probe and the positions of all frames, so that nothing but noise differs
    input.probe = stages_[0].probe;
    input.position = stages_[0].position;
    config.probe.refine = false;
    config.positions.correct = false;
    which = halves_of(data_.input)[stage - 1];
  }
  imaging::Reconstruction reconstruction(input, config, which);
  if (input.comm.size() > 1) {
    const imaging::ObjectSum& sum = reconstruction.fields().over_ranks();
    log::info(fmt::format("objects are summed over {} ranks {} ({} by neighbours, {} as a whole)", input.comm.size(),
                          sum.by_neighbours() ? "by neighbours" : "as a whole", bytes_text(sum.neighbour_bytes()),
                          bytes_text(sum.whole_bytes())));
  }
  // Halves that began with one object would agree in its noise.
  if (stage == 0 && !data_.start.value.empty()) reconstruction.start_from(data_.start);
  const double before = take_up(reconstruction, stage);
  account_.setup += comm.max(setup.seconds());
  const Stopwatch watch;
  const double wrote = account_.write;
  const bool complete = sweep(reconstruction, stage, before);
  const double seconds = comm.max(watch.seconds() - (account_.write - wrote));
  account_.sweeps += seconds;
  if (!complete) return false;
  finish(reconstruction, stage, before + seconds);
  const StageResult& result = stages_[stage];
  log::info(fmt::format("{}: {} after {} sweeps, R = {:.5f}, {:.1f} s", names_[stage],
                        result.converged ? "converged" : "ended", result.history.size(), reconstruction.r_factor(),
                        result.seconds));
  return true;
}

bool ReconstructionJob::run(bool restart) {
  const Stopwatch watch;
  restart_ = restart;
  stages_.assign(names_.size(), {});
  forecast();
  bool complete = true;
  for (std::size_t stage = 0; stage < names_.size() && complete; ++stage) complete = run_stage(stage);
  account_.write = context_.comm.max(account_.write);
  account_.wall = context_.comm.max(watch.seconds());
  return complete;
}

void ReconstructionJob::clear() const {
  if (!context_.comm.is_root()) return;
  std::error_code ignored;  // what is left takes room and does no harm
  std::filesystem::remove(directory_.file(checkpoint_name), ignored);
  for (const auto& name : names_) std::filesystem::remove(directory_.file(stage_file(name)), ignored);
}

}  // namespace locum::apps
