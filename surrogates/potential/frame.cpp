#include "surrogates/potential/frame.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::potential {
namespace {

void check_finite(const std::vector<double>& values, const char* name, const std::string& where) {
  for (const double v : values)
    if (!std::isfinite(v))
      throw ConfigError(std::string("a labelled frame holds a ") + name + " that is no finite number", where,
                        "remove the frame from the dataset");
}

// The first of the names that the frame has; 1 without. "weight=2" reads as an integer.
double weight_of(const FieldSet& fields, std::initializer_list<const char*> names, const std::string& where) {
  for (const char* name : names) {
    if (!fields.has(name)) continue;
    const double weight =
        std::visit([](const auto& values) { return static_cast<double>(values.at(0)); }, fields.at(name).values);
    if (!(weight >= 0.0) || !std::isfinite(weight))
      throw ConfigError("the " + std::string(name) + " of a labelled frame is " + std::to_string(weight), where,
                        "a number that is not negative");
    return weight;
  }
  return 1.0;
}

bool has_label(const FieldSet& fields, const std::string& name) {
  const std::string mark = "has_" + name;
  return fields.has(name) && fields.at(name).size() > 0 && !(fields.has(mark) && fields.integer_scalar(mark) == 0);
}

Mat3 matrix(const std::vector<double>& v) { return Mat3{{{v[0], v[1], v[2]}, {v[3], v[4], v[5]}, {v[6], v[7], v[8]}}}; }

View<int*> to_device(const char* label, const std::vector<int>& values) {
  const View<int*> view(uninitialized(label), values.size());
  const auto host = Kokkos::create_mirror_view(view);
  std::copy(values.begin(), values.end(), host.data());
  Kokkos::deep_copy(view, host);
  return view;
}

// Ghosts of one process: images of its own atoms.
class Images final : public GhostExchange {
 public:
  // owner: of each atom, ghost or not.
  Images(int n_local, const std::vector<int>& owner) {
    std::vector<int> first(n_local + 1, 0), image(owner.size() - n_local);
    for (std::size_t g = n_local; g < owner.size(); ++g) ++first[owner[g] + 1];
    std::partial_sum(first.begin(), first.end(), first.begin());
    std::vector<int> next(first.begin(), first.end() - 1);
    for (std::size_t g = n_local; g < owner.size(); ++g) image[next[owner[g]]++] = static_cast<int>(g);
    first_ = to_device("first_image", first);
    image_ = to_device("image", image);
  }
  // A thread for each owned atom and component: no race, and always the same order of an atom's images.
  void add_to_owners(const View<double* [3]>& values) const override {
    const View<int*> first = first_, image = image_;
    Kokkos::parallel_for(
        "images_to_owners", RangePolicy(0, 3 * (first.extent_int(0) - 1)), KOKKOS_LAMBDA(int k) {
          const int i = k / 3, c = k % 3;
          double sum = values(i, c);
          for (int at = first(i); at < first(i + 1); ++at) sum += values(image(at), c);
          values(i, c) = sum;
        });
  }

 private:
  View<int*> first_;  // (n_local + 1): of each atom's images, in image_
  View<int*> image_;  // (n_ghost): ghosts, sorted by their owners
};

}  // namespace

double frame_weight(const FieldSet& fields, const std::string& where) {
  return weight_of(fields, {"weight", "config_weight"}, where);
}

FrameLabel read_label(const FieldSet& fields, std::int64_t index) {
  return read_label(fields, "frame " + std::to_string(index));
}

FrameLabel read_label(const FieldSet& fields, const std::string& where) {
  if (fields.at("cell").size() != 9)
    throw ConfigError("a labelled frame has no cell", where, "training needs a periodic cell and forces");
  FrameLabel label;
  label.cell = Cell(matrix(fields.real("cell")));
  label.position = fields.real("position");
  label.force = fields.real("force");
  for (const auto z : fields.integer("atomic_number")) label.atomic_number.push_back(static_cast<int>(z));
  label.has_energy = has_label(fields, "energy");
  label.has_virial = has_label(fields, "virial");
  if (label.has_energy) label.energy = fields.real_scalar("energy");
  if (label.has_virial) label.virial = matrix(fields.real("virial"));
  label.weight = frame_weight(fields, where);
  label.energy_weight = weight_of(fields, {"energy_weight", "config_energy_weight"}, where);
  label.force_weight = weight_of(fields, {"force_weight", "config_forces_weight"}, where);
  label.virial_weight = weight_of(fields, {"virial_weight", "config_virials_weight", "config_stress_weight"}, where);
  if (fields.has("trajectory")) label.trajectory = fields.integer_scalar("trajectory");
  if (label.position.size() != 3 * label.atomic_number.size() || label.force.size() != label.position.size())
    throw ConfigError("positions, forces and elements of a labelled frame differ in number", where);
  check_finite(label.position, "position", where);
  check_finite(label.force, "force", where);
  check_finite({label.energy}, "energy", where);
  if (label.has_virial) check_finite(fields.real("virial"), "virial", where);
  return label;
}

FieldSet write_label(const FrameLabel& label) {
  const std::int64_t n = label.atoms();
  auto flat = [](const Mat3& m) { return std::vector<double>(&m.m[0][0], &m.m[0][0] + 9); };
  FieldSet fields;
  fields.add("cell", "Angstrom", {3, 3}, flat(label.cell.vectors()));
  fields.add("position", "Angstrom", {n, 3}, label.position);
  fields.add("atomic_number", "1", {n},
             std::vector<std::int64_t>(label.atomic_number.begin(), label.atomic_number.end()));
  if (label.has_energy) fields.add_scalar("energy", "eV", label.energy);
  fields.add("force", "eV/Angstrom", {n, 3}, label.force);
  if (label.has_virial) fields.add("virial", "eV", {3, 3}, flat(label.virial));
  const auto add_weight = [&fields](const char* name, double weight) {
    if (weight != 1.0) fields.add_scalar(name, "1", weight);
  };
  add_weight("weight", label.weight);
  add_weight("energy_weight", label.energy_weight);
  add_weight("force_weight", label.force_weight);
  add_weight("virial_weight", label.virial_weight);
  fields.add_scalar("trajectory", "1", label.trajectory);
  return fields;
}

Frame::Frame(const Communicator& self, const FrameLabel& label, double cutoff) : min_distance_(cutoff) {
  const int n = label.atoms();
  const Cell& cell = label.cell;
  std::vector<Vec3> position(n);
  std::vector<int> owner;  // of each atom, ghost or not
  for (int i = 0; i < n; ++i) {
    position[i] = cell.to_cartesian(
        Cell::wrap(cell.to_fractional({label.position[3 * i], label.position[3 * i + 1], label.position[3 * i + 2]})));
    owner.push_back(i);
  }
  int reach[3];
  double margin[3];
  for (int d = 0; d < 3; ++d) {
    margin[d] = cutoff / cell.height(d) + 1e-9;
    reach[d] = static_cast<int>(std::ceil(margin[d]));
  }
  for (int a = -reach[0]; a <= reach[0]; ++a)
    for (int b = -reach[1]; b <= reach[1]; ++b)
      for (int c = -reach[2]; c <= reach[2]; ++c) {
        if (a == 0 && b == 0 && c == 0) continue;
        for (int i = 0; i < n; ++i) {
          const Vec3 s = cell.to_fractional(position[i]) + Vec3{double(a), double(b), double(c)};
          bool near = true;
          for (int d = 0; d < 3; ++d) near = near && s[d] > -margin[d] && s[d] < 1.0 + margin[d];
          if (!near) continue;
          position.push_back(cell.to_cartesian(s));
          owner.push_back(i);
        }
      }
  const int all = static_cast<int>(position.size());
  std::vector<int> offset(n + 1, 0), index;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < all; ++j) {
      const Vec3 d = position[j] - position[i];
      const double d2 = dot(d, d);
      if (d2 >= cutoff * cutoff || j == i) continue;
      index.push_back(j);
      if (d2 < min_distance_ * min_distance_) min_distance_ = std::sqrt(d2);
    }
    offset[i + 1] = static_cast<int>(index.size());
  }

  Configuration& c = configuration_;
  c.comm = self;
  c.cell = cell;
  c.n_global = n;
  c.n_local = n;
  c.n_ghost = all - n;
  c.position = View<double* [3]>(uninitialized("position"), all);
  c.atomic_number = View<int*>(uninitialized("atomic_number"), all);
  c.id = View<std::int64_t*>(uninitialized("id"), all);
  c.neighbors = {View<int*>(uninitialized("offset"), n + 1), View<int*>(uninitialized("index"), index.size()), cutoff};
  const auto position_host = Kokkos::create_mirror_view(c.position);
  const auto number_host = Kokkos::create_mirror_view(c.atomic_number);
  const auto id_host = Kokkos::create_mirror_view(c.id);
  const auto offset_host = Kokkos::create_mirror_view(c.neighbors.offset);
  const auto index_host = Kokkos::create_mirror_view(c.neighbors.index);
  for (int j = 0; j < all; ++j) {
    for (int k = 0; k < 3; ++k) position_host(j, k) = position[j][k];
    number_host(j) = label.atomic_number[owner[j]];
    id_host(j) = owner[j];
  }
  std::copy(offset.begin(), offset.end(), offset_host.data());
  std::copy(index.begin(), index.end(), index_host.data());
  Kokkos::deep_copy(c.position, position_host);
  Kokkos::deep_copy(c.atomic_number, number_host);
  Kokkos::deep_copy(c.id, id_host);
  Kokkos::deep_copy(c.neighbors.offset, offset_host);
  Kokkos::deep_copy(c.neighbors.index, index_host);
  owner_view_ = to_device("ghost_owner", owner);
  ghosts_ = std::make_shared<Images>(n, owner);
  c.ghosts = ghosts_.get();
}

std::uint64_t Frame::bytes() const {
  const Configuration& c = configuration_;
  const std::uint64_t pairs = c.neighbors.index.extent(0), all = c.position.extent(0);
  return sizeof *this + all * (3 * sizeof(double) + sizeof(std::int64_t) + 2 * sizeof(int)) +
         sizeof(int) * (pairs + c.n_ghost + 2 * c.neighbors.offset.extent(0));
}

}  // namespace locum::potential
