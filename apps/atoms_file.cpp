#include "apps/atoms_file.hpp"

#include <algorithm>

#include "io/atoms/xyz.hpp"
#include "io/trajectory/trajectory.hpp"
#include "io/tree.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

std::int64_t checked_frame(std::int64_t frame, std::int64_t frames, const std::string& path) {
  if (frames == 0) throw ConfigError("has no frames", path);
  if (frame >= frames)
    throw ConfigError("frame " + std::to_string(frame) + " was asked for, there are " + std::to_string(frames), path,
                      "frames are counted from 0; -1 is the last");
  return frame < 0 ? frames - 1 : frame;
}

FieldSet fields_of(const io::TrajectoryFrame& frame, const std::vector<std::int64_t>& species) {
  const auto n = static_cast<std::int64_t>(species.size());
  FieldSet fields;
  const double* h = &frame.cell.m[0][0];
  fields.add("cell", "Angstrom", {3, 3}, std::vector<double>(h, h + 9));
  fields.add("atomic_number", "1", {n}, species);
  fields.add("position", "Angstrom", {n, 3}, frame.position);
  if (!frame.velocity.empty()) fields.add("velocity", "Angstrom/fs", {n, 3}, frame.velocity);
  if (!frame.force.empty()) fields.add("force", "eV/Angstrom", {n, 3}, frame.force);
  fields.add_scalar("time", "fs", frame.time);
  return fields;
}

FieldSet sample_of(const Context& context, const md::StructureConfig& config) {
  if (!io::is_xyz(config.file)) {
    const std::string format = io::format_of(context.comm, config.file);
    if (format != "h5md")
      throw ConfigError("is of the format '" + format + "', an H5MD trajectory or extended XYZ was expected",
                        config.file, "locum convert makes extended XYZ of a dataset");
    return read_trajectory(config.file, config.frame, config.frame).front();
  }
  const std::vector<FieldSet> frames = io::read_xyz(context.comm, config.file);
  return frames[checked_frame(config.frame, static_cast<std::int64_t>(frames.size()), config.file)];
}

}  // namespace

std::vector<FieldSet> read_trajectory(const std::string& path, std::int64_t first, std::int64_t last) {
  const io::TrajectoryReader trajectory(path);
  const auto& species = trajectory.species();
  if (std::find(species.begin(), species.end(), 0) != species.end())
    throw ConfigError("does not say which elements its atoms are", path, "dataset 'species' with atomic numbers");
  first = checked_frame(first, trajectory.n_frames(), path);
  last = checked_frame(last, trajectory.n_frames(), path);
  std::vector<FieldSet> frames;
  for (std::int64_t k = first; k <= last; ++k) frames.push_back(fields_of(trajectory.read_frame(k), species));
  return frames;
}

md::Structure load_structure(const Context& context, const md::StructureConfig& config) {
  if (config.file.empty()) return md::make_structure(config, context.seed);
  const FieldSet sample = sample_of(context, config);
  if (!sample.has("cell") || sample.has("pbc"))
    throw ConfigError(
        "has no cell that is periodic along all three vectors", config.file,
        "give Lattice=\"…\" and pbc=\"T T T\" in the comment line; for a surface leave vacuum in the cell");
  return md::build_structure(md::structure_from_fields(sample), config, context.seed);
}

}  // namespace locum::apps
