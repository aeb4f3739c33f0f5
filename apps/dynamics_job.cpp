#include "apps/dynamics_job.hpp"

#include <fmt/format.h>

#include "apps/signals.hpp"
#include "apps/version.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/timer.hpp"

namespace locum::apps {
namespace {

std::vector<double> flat(const Mat3& m) { return std::vector<double>(&m.m[0][0], &m.m[0][0] + 9); }

}  // namespace

DynamicsJob::DynamicsJob(const Context& context, const RunDirectory& directory, const OutputConfig& output,
                         md::Simulation& simulation, std::int64_t timesteps)
    : context_(context), directory_(directory), output_(output), simulation_(simulation), timesteps_(timesteps) {}

std::vector<Part> DynamicsJob::all_parts() {
  std::vector<Part> all = parts;
  all.push_back(
      {"timeline", [this] { return timeline_.state(); }, [this](const FieldSet& f) { timeline_.restore(f); }});
  return all;
}

void DynamicsJob::begin(bool restart) {
  const std::string path = directory_.file("checkpoint.h5");
  const auto make_writer = [&](std::int64_t frames) {
    const auto numbers = gather_by_id(simulation_.configuration(), simulation_.configuration().atomic_number);
    io::TrajectoryOptions options;
    options.keep_frames = frames;
    options.creator_version = version();
    trajectory_ =
        std::make_unique<io::TrajectoryWriter>(context_.comm, directory_.file("trajectory.h5"), numbers, options);
  };
  if (!restart || !directory_.has("checkpoint.h5")) {
    simulation_.initialize();
    make_writer(-1);
    return;
  }
  const io::Checkpoint checkpoint = io::read_checkpoint(context_.comm, path);
  simulation_.restore(checkpoint.shared.at("simulation"), checkpoint.distributed.at("atoms"));
  for (auto& part : all_parts()) part.restore(checkpoint.shared.at(part.name));
  make_writer(checkpoint.shared.at("files").integer_scalar("trajectory_frames"));
  if (files_found) files_found(checkpoint.shared.at("files"));
  restarted_at_ = simulation_.timestep();
  log::info(fmt::format("{} goes on from timestep {}", title, simulation_.timestep()));
}

void DynamicsJob::record() {
  TimelineEntry entry;
  entry.time = simulation_.time();
  entry.temperature = simulation_.temperature();
  entry.potential_energy = simulation_.potential_energy();
  if (annotate) annotate(entry);
  timeline_.add(entry);
}

void DynamicsJob::add_frame() {
  ScopedTimer timer(io_seconds_);
  md::HostAtoms atoms = simulation_.local_atoms(md::Positions::unwrapped);
  io::Frame frame;
  frame.step = simulation_.timestep();
  frame.time = simulation_.time();
  frame.cell = simulation_.cell().vectors();
  frame.id = std::move(atoms.id);
  frame.position = std::move(atoms.position);
  frame.velocity = std::move(atoms.velocity);
  frame.force = std::move(atoms.force);
  auto& seen = frame.observables;
  seen["potential_energy"] = {"eV", {simulation_.potential_energy()}};
  seen["kinetic_energy"] = {"eV", {simulation_.kinetic_energy()}};
  seen["conserved_quantity"] = {"eV", {simulation_.conserved_quantity()}};
  seen["temperature"] = {"K", {simulation_.temperature()}};
  seen["pressure"] = {"GPa", {simulation_.pressure()}};
  seen["stress"] = {"GPa", flat(simulation_.stress())};
  const TimelineEntry& entry = timeline_.entries().back();
  seen["played_by_surrogate"] = {"1", {entry.player == Player::surrogate ? 1.0 : 0.0}};
  seen["uncertainty"] = {"eV/Angstrom", {entry.uncertainty}};
  trajectory_->append(frame);
}

// Trajectory, what the owner of the step keeps (dataset, model), and last the checkpoint that counts on them.
void DynamicsJob::commit() {
  ScopedTimer timer(io_seconds_);
  trajectory_->commit();
  if (before_checkpoint) before_checkpoint();
  io::Checkpoint checkpoint;
  FieldSet& files = checkpoint.shared["files"];
  files.add_scalar("trajectory_frames", "1", trajectory_->frames());
  if (files_kept) files_kept(files);
  checkpoint.shared["simulation"] = simulation_.shared_state();
  checkpoint.distributed["atoms"] = simulation_.local_state();
  for (const auto& part : all_parts()) checkpoint.shared[part.name] = part.state();
  io::write_checkpoint(context_.comm, directory_.file("checkpoint.h5"), checkpoint);
}

bool DynamicsJob::run(bool restart) {
  begin(restart);
  log::Progress progress(title, static_cast<long>(timesteps_));
  if (timeline_.entries().empty()) {  // not so after a restart from the checkpoint of timestep 0
    record();
    add_frame();
    commit();  // from here on a restart need not train again
  }
  bool stopped = false;
  while (!stopped && simulation_.timestep() < timesteps_) {
    simulation_.advance();
    record();
    const std::int64_t now = simulation_.timestep();
    if (now % output_.trajectory_interval == 0) add_frame();
    stopped = stop_requested(context_.comm);
    if (now % output_.checkpoint_interval == 0 || now == timesteps_ || stopped) commit();
    progress.at(static_cast<long>(now), fmt::format("{:.0f} K", simulation_.temperature()));
  }
  return !stopped;
}

}  // namespace locum::apps
