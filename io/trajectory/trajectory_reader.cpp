#include <algorithm>

#include "io/trajectory/h5md_units.hpp"
#include "io/trajectory/trajectory.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

std::vector<double> to_real(Values values) {
  if (auto* integers = std::get_if<std::vector<std::int64_t>>(&values)) return {integers->begin(), integers->end()};
  return std::move(std::get<std::vector<double>>(values));
}

// Values of row k of a dataset that has a row for each frame.
std::vector<double> row(const Hdf5File& file, const std::string& dataset, std::int64_t k) {
  Slab slab{{}, file.shape(dataset)};
  if (slab.count.empty() || k < 0 || k >= slab.count[0])
    throw IoError("there is no frame " + std::to_string(k) + " in " + dataset, file.path());
  slab.start.assign(slab.count.size(), 0);
  slab.start[0] = k;
  slab.count[0] = 1;
  auto values = to_real(file.read_slab(dataset, slab));
  const double scale = h5md_unit(file.unit(dataset), file.path() + ", " + dataset);
  if (scale != 1.0)
    for (auto& value : values) value *= scale;
  return values;
}

}  // namespace

TrajectoryReader::TrajectoryReader(const std::string& path) : file_(Hdf5File::open(path)) {
  const auto groups = file_.has("/particles") ? file_.names("/particles") : std::vector<std::string>();
  if (!file_.has("/h5md") || groups.empty())
    throw IoError("this HDF5 file is no H5MD trajectory: it has no group h5md or no particles", path);
  group_ = "/particles/" + groups.front();
  const std::string position = group_ + "/position/value";
  const Shape shape = file_.has(position) ? file_.shape(position) : Shape();
  if (shape.size() != 3 || shape[2] != 3)
    throw IoError("no positions of the shape (frames, atoms, 3) were found in " + group_, path);
  frames_ = shape[0];
  atoms_ = shape[1];
  species_.assign(static_cast<std::size_t>(atoms_), 0);
  const std::string species = group_ + "/species";
  if (file_.has(species) && file_.is_dataset(species) && file_.number(species) == Number::integer &&
      file_.shape(species) == Shape{atoms_})
    species_ = std::get<std::vector<std::int64_t>>(file_.read(species));
}

std::vector<double> TrajectoryReader::atoms_of(const std::string& element, std::int64_t k) const {
  const std::string dataset = group_ + "/" + element + "/value";
  if (!file_.has(dataset)) return {};
  auto values = row(file_, dataset, k);
  if (static_cast<std::int64_t>(values.size()) != 3 * atoms_)
    throw IoError("found " + std::to_string(values.size()) + " values a frame in " + dataset + ", three for each of " +
                      std::to_string(atoms_) + " atoms were expected",
                  file_.path());
  return values;
}

// Edges are a 3×3 matrix or, for an upright box, three lengths; fixed, or one for each frame.
Mat3 TrajectoryReader::cell_of(std::int64_t k) const {
  const std::string edges = group_ + "/box/edges";
  Mat3 cell;
  if (!file_.has(edges)) return cell;
  const bool fixed = file_.is_dataset(edges);
  auto values = fixed ? to_real(file_.read(edges)) : row(file_, edges + "/value", k);
  if (fixed)
    for (auto& value : values) value *= h5md_unit(file_.unit(edges), file_.path());
  if (values.size() != 3 && values.size() != 9)
    throw IoError("found a box of " + std::to_string(values.size()) + " numbers, 3 or 9 were expected", file_.path());
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; b < 3; ++b)
      cell[static_cast<int>(a)][static_cast<int>(b)] = values.size() == 9 ? values[3 * a + b]
                                                       : a == b           ? values[a]
                                                                          : 0.0;
  return cell;
}

TrajectoryFrame TrajectoryReader::read_frame(std::int64_t k) const {
  TrajectoryFrame frame;
  frame.position = atoms_of("position", k);
  frame.velocity = atoms_of("velocity", k);
  frame.force = atoms_of("force", k);
  frame.cell = cell_of(k);
  const std::string step = group_ + "/position/step", time = group_ + "/position/time";
  // A fixed interval is a scalar.
  auto at = [&](const std::string& dataset) {
    return file_.shape(dataset).empty() ? static_cast<double>(k) * to_real(file_.read(dataset)).at(0) *
                                              h5md_unit(file_.unit(dataset), file_.path())
                                        : row(file_, dataset, k).at(0);
  };
  if (file_.has(step)) frame.step = static_cast<std::int64_t>(at(step));
  if (file_.has(time)) frame.time = at(time);
  return frame;
}

std::vector<std::string> TrajectoryReader::observables() const {
  std::vector<std::string> names;
  if (!file_.has("/observables")) return names;
  for (const auto& name : file_.names("/observables"))
    if (file_.has("/observables/" + name + "/value")) names.push_back(name);
  return names;
}

Field TrajectoryReader::observable(const std::string& name) const {
  const std::string dataset = "/observables/" + name + "/value";
  if (file_.has(dataset)) return file_.read_field(dataset);
  std::string known;
  for (const auto& other : observables()) known += (known.empty() ? "" : ", ") + other;
  throw IoError("there is no observable '" + name + "'", file_.path(), "known: " + known);
}

std::vector<std::int64_t> TrajectoryReader::steps() const {
  std::vector<std::int64_t> all;
  const std::string step = group_ + "/position/step";
  if (!file_.has(step)) return all;
  const auto values = to_real(file_.read(step));
  const bool fixed = file_.shape(step).empty();
  for (std::int64_t k = 0; k < frames_; ++k)
    all.push_back(static_cast<std::int64_t>(fixed ? static_cast<double>(k) * values.at(0)
                                                  : values.at(static_cast<std::size_t>(k))));
  return all;
}

std::vector<double> TrajectoryReader::times() const {
  std::vector<double> all;
  const std::string time = group_ + "/position/time";
  if (!file_.has(time)) return all;
  const auto values = to_real(file_.read(time));
  const bool fixed = file_.shape(time).empty();
  const double scale = h5md_unit(file_.unit(time), file_.path());
  for (std::int64_t k = 0; k < frames_; ++k)
    all.push_back(scale * (fixed ? static_cast<double>(k) * values.at(0) : values.at(static_cast<std::size_t>(k))));
  return all;
}

}  // namespace locum::io
