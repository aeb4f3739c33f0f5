#include "apps/imaging/frames_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "io/atoms/lammps_dump.hpp"
#include "io/atoms/xyz.hpp"
#include "io/collective.hpp"
#include "io/trajectory/trajectory.hpp"
#include "io/tree.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

bool is_hdf5(const std::string& path) {
  return path.ends_with(".h5") || path.ends_with(".h5md") || path.ends_with(".hdf5");
}

FieldSet fields_of(const io::TrajectoryFrame& frame, const std::vector<std::int64_t>& species) {
  const auto n = static_cast<std::int64_t>(species.size());
  const double* h = &frame.cell.m[0][0];
  FieldSet fields;
  fields.add("cell", "Angstrom", {3, 3}, std::vector<double>(h, h + 9));
  fields.add("atomic_number", "1", {n}, species);
  fields.add("position", "Angstrom", {n, 3}, frame.position);
  return fields;
}

FramesFile open_trajectory(const Context& context, const std::string& path) {
  if (const std::string format = io::format_of(context.comm, path); format != "h5md")
    throw ConfigError("is of the format '" + format + "', an H5MD trajectory was expected", path);
  const auto reader = std::make_shared<io::TrajectoryReader>(path);
  const auto& species = reader->species();
  if (std::find(species.begin(), species.end(), 0) != species.end())
    throw ConfigError("does not say which elements its atoms are", path, "dataset 'species' with atomic numbers");
  return {reader->n_frames(), [reader](std::int64_t k) { return fields_of(reader->read_frame(k), reader->species()); }};
}

}  // namespace

FramesFile open_frames(const Context& context, const std::string& path, const std::vector<std::string>& types) {
  FramesFile file;
  if (is_hdf5(path)) {
    file = open_trajectory(context, path);
  } else if (io::is_xyz(path)) {
    const auto frames = std::make_shared<const std::vector<FieldSet>>(io::read_xyz(context.comm, path));
    file = {static_cast<std::int64_t>(frames->size()),
            [frames](std::int64_t k) { return (*frames)[static_cast<std::size_t>(k)]; }};
  } else {
    std::shared_ptr<io::LammpsDump> dump;
    io::together(context.comm, [&] { dump = std::make_shared<io::LammpsDump>(path, types); });
    file = {dump->n_frames(), [dump](std::int64_t k) { return dump->frame(k); }};
  }
  if (file.count == 0) throw ConfigError("has no frames", path);
  return file;
}

std::vector<std::int64_t> chosen_frames(const std::vector<std::int64_t>& wanted, std::int64_t count,
                                        const std::string& path) {
  const auto frame = [&](std::int64_t k) {
    const std::int64_t from_start = k < 0 ? count + k : k;
    if (from_start < 0 || from_start >= count)
      throw ConfigError(
          fmt::format("frame {} was asked for, the file has {}: the last is frame {}", k, count, count - 1), path,
          "specimen.frames counts from 0; -1 is the last");
    return from_start;
  };
  const std::int64_t first = frame(wanted[0]), last = wanted.size() > 1 ? frame(wanted[1]) : first;
  if (last < first)
    throw ConfigError(fmt::format("frames {} to {} were asked for, an ascending range was expected", first, last),
                      "specimen.frames", fmt::format("the file has frames 0 to {}", count - 1));
  std::vector<std::int64_t> frames;
  for (std::int64_t k = first; k <= last; k += wanted.size() > 2 ? wanted[2] : 1) frames.push_back(k);
  return frames;
}

}  // namespace locum::apps
