#include <algorithm>

#include "io/atomic_file.hpp"
#include "io/collective.hpp"
#include "io/trajectory/h5md_units.hpp"
#include "io/trajectory/trajectory_series.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

// Frames in a chunk of a per-atom dataset: about 64 KiB, a power of two, at most 64.
std::int64_t chunk_frames(std::int64_t atoms) {
  std::int64_t frames = 1;
  while (frames < 64 && 2 * frames * atoms * 24 <= 65536) frames *= 2;
  return frames;
}

constexpr const char* particles = "/particles/all";

}  // namespace

TrajectoryWriter::TrajectoryWriter(const Communicator& comm, std::string path, std::vector<std::int64_t> species,
                                   TrajectoryOptions options)
    : comm_(comm), path_(std::move(path)), species_(std::move(species)), options_(std::move(options)) {
  if (!comm_.is_root()) species_.clear();
  atoms_ = static_cast<std::int64_t>(species_.size());
  comm_.broadcast(atoms_);
  if (options_.keep_frames > 0) check_old_file();
}

TrajectoryWriter::~TrajectoryWriter() = default;

std::int64_t TrajectoryWriter::block(int rank) const { return block_start(atoms_, comm_.size(), rank); }

void TrajectoryWriter::check_old_file() {
  int cut = 0;
  on_root(comm_, [&] {
    const TrajectoryReader old(path_);
    if (old.n_frames() < options_.keep_frames)
      throw IoError("the trajectory has " + std::to_string(old.n_frames()) + " frames, the checkpoint knows of " +
                        std::to_string(options_.keep_frames),
                    path_, "trajectory and checkpoint are not of the same run: restart from the right folder");
    if (old.species() != species_) throw IoError("the trajectory is of other atoms than the checkpoint", path_);
    cut = old.n_frames() > options_.keep_frames;
    const auto file = Hdf5File::open(path_);
    for (const auto& name : file.names("/observables")) {
      const std::string dataset = "/observables/" + name + "/value";
      names_[name] = {file.unit(dataset), file.shape(dataset).size() == 3 ? 9u : 1u};
    }
    names_known_ = true;
  });
  comm_.broadcast(cut);
  cut_ = cut != 0;
  replace_ = false;
  committed_ = options_.keep_frames;
}

std::vector<TrajectorySeries> TrajectoryWriter::series() const {
  const std::string p = particles;
  const std::int64_t chunk = chunk_frames(atoms_);
  std::vector<TrajectorySeries> all = {
      {p + "/box/edges/step", Number::integer, "1", {}, 512},
      {p + "/box/edges/time", Number::real, "fs", {}, 512},
      {p + "/box/edges/value", Number::real, "Angstrom", {3, 3}, 64},
      {p + "/position/value", Number::real, "Angstrom", {atoms_, 3}, chunk},
  };
  if (options_.velocity) all.push_back({p + "/velocity/value", Number::real, h5md_velocity_unit, {atoms_, 3}, chunk});
  if (options_.force) all.push_back({p + "/force/value", Number::real, h5md_force_unit, {atoms_, 3}, chunk});
  for (const auto& [name, about] : names_)
    all.push_back({"/observables/" + name + "/value", Number::real, about.first,
                   about.second == 9 ? Shape{3, 3} : Shape{}, about.second == 9 ? 64 : 512});
  return all;
}

void TrajectoryWriter::check_frame(const Frame& frame) const {
  const auto n = frame.id.size();
  const std::string where = path_ + ", step " + std::to_string(frame.step) + ", rank " + std::to_string(comm_.rank());
  auto check_length = [&](const std::vector<double>& values, bool wanted, const char* name) {
    if (values.size() != (wanted ? 3 * n : values.size()))
      throw ConfigError(std::string(name) + " has " + std::to_string(values.size()) + " values for " +
                            std::to_string(n) + " atoms, three each were expected",
                        where);
  };
  check_length(frame.position, true, "position");
  check_length(frame.velocity, options_.velocity, "velocity");
  check_length(frame.force, options_.force, "force");
  for (const auto id : frame.id)
    if (id < 0 || id >= atoms_)
      throw ConfigError(
          "found an atom with id " + std::to_string(id) + ", 0 … " + std::to_string(atoms_ - 1) + " was expected",
          where);
}

void TrajectoryWriter::check_observables(const Frame& frame) const {
  for (const auto& [name, o] : frame.observables) {
    const std::string where = path_ + ", observable " + name;
    if (name.empty() || name.find('/') != std::string::npos)
      throw ConfigError("found a '/' or nothing in the name", where);
    if (o.value.size() != 1 && o.value.size() != 9)
      throw ConfigError("found " + std::to_string(o.value.size()) + " values, 1 or 9 were expected", where);
    const auto known = names_.find(name);
    if (names_known_ && (known == names_.end() || known->second != std::pair(o.unit, o.value.size())))
      throw ConfigError("earlier frames have it not, or with another unit or shape", where,
                        "every frame has the same observables");
  }
  if (names_known_ && frame.observables.size() != names_.size())
    throw ConfigError("found " + std::to_string(frame.observables.size()) + " observables, earlier frames have " +
                          std::to_string(names_.size()),
                      path_, "every frame has the same observables");
}

// Rows (id, position, velocity, force) of this rank's block of ids, as they arrive.
std::vector<double> TrajectoryWriter::route(const Frame& frame) const {
  const int ranks = comm_.size();
  std::vector<int> owner(frame.id.size()), counts(static_cast<std::size_t>(ranks), 0);
  for (std::size_t k = 0; k < owner.size(); ++k) {
    int r = static_cast<int>(frame.id[k] * ranks / atoms_);  // at most one off the rank whose block holds the id
    while (r > 0 && frame.id[k] < block(r)) --r;
    while (frame.id[k] >= block(r + 1)) ++r;
    counts[static_cast<std::size_t>(owner[k] = r)] += row_width();
  }
  std::vector<std::size_t> at(counts.size(), 0);
  for (std::size_t r = 1; r < at.size(); ++r) at[r] = at[r - 1] + static_cast<std::size_t>(counts[r - 1]);
  std::vector<double> rows(frame.id.size() * static_cast<std::size_t>(row_width()));
  for (std::size_t k = 0; k < owner.size(); ++k) {
    auto& to = at[static_cast<std::size_t>(owner[k])];
    rows[to++] = static_cast<double>(frame.id[k]);  // exact below 2^53
    auto put = [&](const std::vector<double>& values) {
      for (std::size_t d = 0; d < 3; ++d) rows[to++] = values[3 * k + d];
    };
    put(frame.position);
    if (options_.velocity) put(frame.velocity);
    if (options_.force) put(frame.force);
  }
  return comm_.all_to_all(std::span<const double>(rows), std::span<const int>(counts));
}

void TrajectoryWriter::append(const Frame& frame) {
  together(comm_, [&] {
    check_frame(frame);
    if (comm_.is_root()) check_observables(frame);
  });
  const auto rows = route(frame);
  const auto width = static_cast<std::size_t>(row_width());
  const std::int64_t first = block(comm_.rank()), mine = block(comm_.rank() + 1) - first;
  together(comm_, [&] {
    std::vector<char> seen(static_cast<std::size_t>(mine), 0);
    for (std::size_t k = 0; k < rows.size(); k += width)
      seen[static_cast<std::size_t>(rows[k]) - static_cast<std::size_t>(first)] += 1;
    for (std::int64_t k = 0; k < mine; ++k)
      if (seen[static_cast<std::size_t>(k)] != 1)
        throw ConfigError("the atom with id " + std::to_string(first + k) + " is on " +
                              (seen[static_cast<std::size_t>(k)] ? "more than one rank" : "no rank"),
                          path_ + ", step " + std::to_string(frame.step));
  });
  keep(frame, rows);
}

void TrajectoryWriter::keep(const Frame& frame, const std::vector<double>& rows) {
  const std::int64_t first = block(comm_.rank()), mine = block(comm_.rank() + 1) - first;
  auto scatter = [&](std::vector<double>& to, std::size_t column, const char* unit) {
    const double scale = 1.0 / h5md_unit(unit, path_);
    const std::size_t base = to.size();
    to.resize(base + static_cast<std::size_t>(3 * mine));
    for (std::size_t k = 0; k < rows.size(); k += static_cast<std::size_t>(row_width())) {
      const std::size_t row = base + 3 * (static_cast<std::size_t>(rows[k]) - static_cast<std::size_t>(first));
      for (std::size_t d = 0; d < 3; ++d) to[row + d] = scale * rows[k + column + d];
    }
  };
  scatter(position_, 1, "Angstrom");
  if (options_.velocity) scatter(velocity_, 4, h5md_velocity_unit);
  if (options_.force) scatter(force_, options_.velocity ? 7 : 4, h5md_force_unit);
  steps_.push_back(frame.step);
  times_.push_back(frame.time);
  cells_.insert(cells_.end(), &frame.cell.m[0][0], &frame.cell.m[0][0] + 9);
  if (!comm_.is_root()) return;
  for (const auto& [name, o] : frame.observables) {
    names_.try_emplace(name, o.unit, o.value.size());
    auto& values = values_[name];
    values.insert(values.end(), o.value.begin(), o.value.end());
  }
  names_known_ = true;
}

void TrajectoryWriter::commit() {
  if (pending() == 0 && !cut_) return;
  const std::int64_t total = committed_ + pending();
  AtomicFile target(comm_, path_);
  std::uint64_t bytes = comm_.is_root() ? trajectory_bytes(series(), atoms_, total) : 0;
  comm_.broadcast(bytes);
  target.reserve(bytes);
  if (replace_ || cut_) {
    on_root(comm_, [&] {
      make_trajectory(target.temporary(), series(), species_, options_);
      if (cut_) copy_frames(path_, target.temporary(), series(), committed_);
    });
  } else {
    target.copy_current();
    target.reserve(bytes);  // again: a copy by reference brings blocks of its own
  }
  if (pending() > 0) {
    on_root(comm_, [&] { write_shared(target.temporary()); });
    write_atoms(target.temporary());
  }
  target.commit();
  committed_ = total;
  replace_ = cut_ = false;
  for (auto* values : {&times_, &cells_, &position_, &velocity_, &force_}) values->clear();
  steps_.clear();
  values_.clear();
}

void TrajectoryWriter::write_shared(const std::string& temporary) {
  auto file = Hdf5File::modify(temporary);
  const auto all = series();
  grow(file, all, committed_, committed_ + pending());
  for (const auto& s : all) {
    const Slab slab = s.slab(committed_, pending());
    const std::string group = s.dataset.substr(0, s.dataset.rfind('/')), name = group.substr(group.rfind('/') + 1);
    if (s.dataset == particles + std::string("/box/edges/step")) file.write_slab(s.dataset, slab, steps_);
    if (s.dataset == particles + std::string("/box/edges/time")) file.write_slab(s.dataset, slab, times_);
    if (s.dataset == particles + std::string("/box/edges/value")) file.write_slab(s.dataset, slab, cells_);
    if (group.starts_with("/observables/")) file.write_slab(s.dataset, slab, values_.at(name));
  }
  file.close();
}

void TrajectoryWriter::write_atoms(const std::string& temporary) {
  auto file = Hdf5File::modify_together(comm_, temporary);
  const std::int64_t first = block(comm_.rank());
  const Slab slab{{committed_, first, 0}, {pending(), block(comm_.rank() + 1) - first, 3}};
  file.write_slab(std::string(particles) + "/position/value", slab, position_);
  if (options_.velocity) file.write_slab(std::string(particles) + "/velocity/value", slab, velocity_);
  if (options_.force) file.write_slab(std::string(particles) + "/force/value", slab, force_);
  file.close();
}

}  // namespace locum::io
