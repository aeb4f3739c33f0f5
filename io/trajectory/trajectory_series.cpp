#include "io/trajectory/trajectory_series.hpp"

#include <algorithm>

namespace locum::io {

std::int64_t TrajectorySeries::row_size() const {
  std::int64_t n = 1;
  for (const auto extent : row) n *= extent;
  return n;
}

Shape TrajectorySeries::rows(std::int64_t count) const {
  Shape shape = {count};
  shape.insert(shape.end(), row.begin(), row.end());
  return shape;
}

Slab TrajectorySeries::slab(std::int64_t first, std::int64_t count) const {
  Slab slab{Shape(row.size() + 1, 0), rows(count)};
  slab.start[0] = first;
  return slab;
}

namespace {

// What readers other than Locum's look for.
void write_frame_of_file(Hdf5File& file, const TrajectoryOptions& options) {
  file.make_group("/h5md/modules/units");
  file.write_attribute("/h5md", "version", std::vector<std::int64_t>{1, 1});
  file.write_attribute("/h5md/modules/units", "version", std::vector<std::int64_t>{1, 0});
  file.make_group("/h5md/author");
  file.write_attribute("/h5md/author", "name", options.author);
  file.make_group("/h5md/creator");
  file.write_attribute("/h5md/creator", "name", std::string("locum"));
  file.write_attribute("/h5md/creator", "version", options.creator_version);
  file.make_group("/particles/all/box");
  file.write_attribute("/particles/all/box", "dimension", std::int64_t{3});
  file.write_attribute("/particles/all/box", "boundary", std::vector<std::string>(3, "periodic"));
  file.link("/particles/all", "/particles/trajectory");
  file.make_group("/observables");
}

}  // namespace

void make_trajectory(const std::string& temporary, const std::vector<TrajectorySeries>& series,
                     const std::vector<std::int64_t>& species, const TrajectoryOptions& options) {
  auto file = Hdf5File::create(temporary);
  write_frame_of_file(file, options);
  const auto atoms = static_cast<std::int64_t>(species.size());
  std::vector<std::int64_t> id(species.size());
  for (std::size_t k = 0; k < id.size(); ++k) id[k] = static_cast<std::int64_t>(k);
  file.write_field("/particles/all/species", {{atoms}, "1", species});
  file.write_field("/particles/all/id", {{atoms}, "1", id});
  for (const auto& s : series) {
    file.make_dataset(s.dataset, s.number, s.unit, s.rows(0), s.chunk_rows);
    // One step and one time serve all elements, under several names, as H5MD allows.
    const std::string group = s.dataset.substr(0, s.dataset.rfind('/'));
    if (group == "/particles/all/box/edges") continue;
    file.link("/particles/all/box/edges/step", group + "/step");
    file.link("/particles/all/box/edges/time", group + "/time");
  }
  file.close();
}

void grow(Hdf5File& file, const std::vector<TrajectorySeries>& series, std::int64_t from, std::int64_t to) {
  for (std::int64_t frame = from; frame < to; ++frame)
    for (const auto& s : series)
      if (frame % s.chunk_rows == 0) file.set_rows(s.dataset, std::min(frame + s.chunk_rows, to));
  for (const auto& s : series) file.set_rows(s.dataset, to);
}

void copy_frames(const std::string& source, const std::string& temporary, const std::vector<TrajectorySeries>& series,
                 std::int64_t frames) {
  const auto from = Hdf5File::open(source);
  auto to = Hdf5File::modify(temporary);
  grow(to, series, 0, frames);
  for (const auto& s : series) {
    const std::int64_t piece =
        std::max<std::int64_t>(1, (std::int64_t{1} << 22) / std::max<std::int64_t>(s.row_size(), 1));
    for (std::int64_t at = 0; at < frames; at += piece) {
      const Slab slab = s.slab(at, std::min(piece, frames - at));
      to.write_slab(s.dataset, slab, from.read_slab(s.dataset, slab));
    }
  }
  to.close();
}

std::uint64_t trajectory_bytes(const std::vector<TrajectorySeries>& series, std::int64_t atoms, std::int64_t frames) {
  auto bytes = structure_bytes(series.size() + 16) + 16 * static_cast<std::uint64_t>(atoms);
  for (const auto& s : series) {
    const auto chunks = static_cast<std::uint64_t>(frames / s.chunk_rows + 1);
    // The index of chunks holds 8 bytes a chunk in blocks that double.
    bytes += chunks * (32 + 8 * static_cast<std::uint64_t>(s.chunk_rows * s.row_size()));
  }
  return bytes;
}

}  // namespace locum::io
