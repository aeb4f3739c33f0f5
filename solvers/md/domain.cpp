#include "solvers/md/domain.hpp"

#include <algorithm>
#include <string>

#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "solvers/md/atom_rows.hpp"
#include "solvers/md/checks.hpp"

namespace locum::md {
namespace {

// Grows a view to `rows` and keeps what it holds.
template <class V>
void grow(V& view, int rows) {
  if (view.extent(0) < static_cast<std::size_t>(rows)) Kokkos::resize(view, rows + rows / 5);
}

// Brings atoms into the cell and counts the images, so that position + image · vectors stays where it was.
void wrap_atoms(const ExecutionSpace& space, const Cell& cell, int n, const View<double* [3]>& position,
                const View<int* [3]>& image) {
  Kokkos::parallel_for(
      "wrap_atoms", RangePolicy(space, 0, n), KOKKOS_LAMBDA(int i) {
        const Vec3 s = cell.to_fractional({position(i, 0), position(i, 1), position(i, 2)});
        for (int d = 0; d < 3; ++d) {
          const double cells = std::floor(s[d]);
          if (cells == 0.0) continue;  // no rounding of atoms that need no move
          image(i, d) += static_cast<int>(cells);
          for (int k = 0; k < 3; ++k) position(i, k) -= cells * cell.vectors()[d][k];
        }
      });
}

// Indices of the atoms that stay (`leave` false) or go, in order; their owners in `owner`. Returns how many.
int list_atoms(const ExecutionSpace& space, const Cell& cell, const RankGrid& grid, int rank, bool leave, int n,
               const View<double* [3]>& position, const View<int*>& list, const View<int*>& owner) {
  int total = 0;
  Kokkos::parallel_scan(
      "list_migrants", RangePolicy(space, 0, n),
      KOKKOS_LAMBDA(int i, int& before, bool final) {
        const Vec3 r{position(i, 0), position(i, 1), position(i, 2)};
        const int home = grid.owner(Cell::wrap(cell.to_fractional(r)));
        if ((home != rank) != leave) return;
        if (final) {
          list(before) = i;
          owner(before) = home;
        }
        ++before;
      },
      total);
  return total;
}

// 1 / mass for each atomic number, in units of acceleration over force.
View<double*> inverse_masses() {
  constexpr int elements = 104;
  const View<double*> table("inverse_mass_by_element", elements);
  const auto table_host = Kokkos::create_mirror_view(table);
  for (int z = 1; z < elements; ++z) table_host(z) = 1.0 / (atomic_mass(z) * units::mass_to_energy);
  Kokkos::deep_copy(table, table_host);
  return table;
}

void look_up_masses(const ExecutionSpace& space, const View<double*>& table, const View<int*>& atomic_number, int n,
                    const View<double*>& inverse_mass) {
  Kokkos::parallel_for(
      "look_up_masses", RangePolicy(space, 0, n), KOKKOS_LAMBDA(int i) { inverse_mass(i) = table(atomic_number(i)); });
}

void copy_rows(const ExecutionSpace& space, int n, const View<double* [3]>& from, const View<double* [3]>& to) {
  Kokkos::parallel_for(
      "copy_positions", RangePolicy(space, 0, n), KOKKOS_LAMBDA(int i) {
        for (int d = 0; d < 3; ++d) to(i, d) = from(i, d);
      });
}

void set_positions(const View<double* [3]>& position, const std::vector<double>& values) {
  const auto host = Kokkos::create_mirror_view(position);
  Kokkos::deep_copy(host, position);
  for (std::size_t i = 0; i < values.size() / 3; ++i)
    for (int d = 0; d < 3; ++d) host(i, d) = values[3 * i + d];
  Kokkos::deep_copy(position, host);
}

template <class T, class V>
std::vector<T> rows_of(const V& view, int n) {
  const auto host = host_copy(view);
  std::vector<T> values;
  for (int i = 0; i < n; ++i)
    for (int d = 0; d < 3; ++d) values.push_back(host(i, d));
  return values;
}

AtomColumns columns(const Configuration& c, const AtomisticResult& r, const OwnedAtoms& o) {
  return {c.id, c.atomic_number, o.image, c.position, o.velocity, r.force, r.atom_energy};
}

}  // namespace

Domain::Domain(const Context& context, const Cell& cell, std::int64_t n_global, double cutoff, double skin,
               double closest)
    : context_(context),
      ghost_cutoff_(cutoff + skin),
      closest_(closest),
      rank_grid_(make_rank_grid(context.comm, cell, cutoff + skin)),
      halo_(context.space, context.comm, rank_grid_),
      list_builder_(cutoff + skin),
      inverse_mass_table_(inverse_masses()) {
  configuration_.comm = context.comm;
  configuration_.cell = cell;
  configuration_.n_global = n_global;
  configuration_.ghosts = &halo_;
}

void Domain::check_count(const HostAtoms& atoms) const {
  const auto found = context_.comm.sum(static_cast<std::int64_t>(atoms.size()));
  if (found != configuration_.n_global)
    throw ConfigError("the ranks bring " + std::to_string(found) + " atoms, " +
                      std::to_string(configuration_.n_global) + " were expected");
}

void Domain::distribute(const HostAtoms& atoms) {
  check_count(atoms);
  take(atoms);
  rebuild();
}

void Domain::reinstate(const HostAtoms& atoms, const std::vector<double>& built_position) {
  check_count(atoms);
  take(atoms);
  set_positions(configuration_.position, built_position);
  build_ghosts_and_list();
  set_positions(configuration_.position, atoms.position);
  update_ghosts();
}

bool Domain::all_at_home(const std::vector<double>& position) const {
  bool away = false;
  for (std::size_t i = 0; i < position.size() / 3; ++i) {
    const Vec3 s = configuration_.cell.to_fractional({position[3 * i], position[3 * i + 1], position[3 * i + 2]});
    away = away || rank_grid_.owner(Cell::wrap(s)) != context_.comm.rank();
  }
  return !context_.comm.any(away);
}

void Domain::take(const HostAtoms& atoms) {
  const int n = static_cast<int>(atoms.size());
  configuration_.n_local = n;
  configuration_.n_ghost = 0;
  reserve(n);
  const std::vector<double> flat = to_rows(atoms);
  const AtomRows rows("atom_rows", n, atom_row_width);
  const auto rows_host = Kokkos::create_mirror_view(rows);
  std::copy(flat.begin(), flat.end(), rows_host.data());
  Kokkos::deep_copy(rows, rows_host);
  unpack_rows(context_.space, rows, n, 0, columns(configuration_, result_, owned_));
}

void Domain::reserve(int n) {
  grow(configuration_.id, n);
  grow(configuration_.atomic_number, n);
  grow(configuration_.position, n);
  grow(result_.force, n);
  grow(result_.atom_energy, n);
  grow(owned_.velocity, n);
  grow(owned_.image, n);
  grow(owned_.built_position, n);
  grow(owned_.inverse_mass, n);
}

void Domain::rebuild() {
  wrap_atoms(context_.space, configuration_.cell, configuration_.n_local, configuration_.position, owned_.image);
  if (context_.comm.size() > 1) migrate();
  sort();
  build_ghosts_and_list();
  ++rebuilds_;
}

void Domain::migrate() {
  const auto& comm = context_.comm;
  const int n = configuration_.n_local;
  const View<int*> list("migrants", n), owner("migrant_owner", n);
  const auto list_them = [&](bool leave) {
    return list_atoms(context_.space, configuration_.cell, rank_grid_, comm.rank(), leave, n, configuration_.position,
                      list, owner);
  };
  const int leaving = list_them(true);
  const AtomRows leaving_rows("leaving_rows", leaving, atom_row_width);
  pack_rows(context_.space, columns(configuration_, result_, owned_), list, leaving, leaving_rows);
  const auto rows_host = host_copy(leaving_rows);
  const auto owner_host = host_copy(owner);
  std::vector<double> outgoing;
  std::vector<int> counts(comm.size(), 0);
  for (int rank = 0; leaving > 0 && rank < comm.size(); ++rank)
    for (int k = 0; k < leaving; ++k) {
      if (owner_host(k) != rank) continue;
      counts[rank] += atom_row_width;
      outgoing.insert(outgoing.end(), rows_host.data() + k * atom_row_width,
                      rows_host.data() + (k + 1) * atom_row_width);
    }
  const auto arrived = comm.all_to_all(std::span<const double>(outgoing), std::span<const int>(counts));
  const int arriving = static_cast<int>(arrived.size()) / atom_row_width;

  const int staying = list_them(false);
  const AtomRows rows("staying_and_arrived", staying + arriving, atom_row_width);
  pack_rows(context_.space, columns(configuration_, result_, owned_), list, staying, rows);
  const auto arrived_rows = Kokkos::subview(rows, std::pair<int, int>(staying, staying + arriving), Kokkos::ALL());
  const Kokkos::View<const double**, Kokkos::LayoutRight, Kokkos::HostSpace, Kokkos::MemoryUnmanaged> arrived_host(
      arrived.data(), arriving, atom_row_width);
  Kokkos::deep_copy(arrived_rows, arrived_host);
  reserve(staying + arriving);
  unpack_rows(context_.space, rows, staying + arriving, 0, columns(configuration_, result_, owned_));
  configuration_.n_local = staying + arriving;
}

void Domain::sort() {
  const int n = configuration_.n_local;
  const auto& g = rank_grid_;
  const auto bins = neighbor::make_bin_grid(configuration_.cell, {g.low(0), g.low(1), g.low(2)},
                                            {g.high(0), g.high(1), g.high(2)}, ghost_cutoff_, n);
  sorter_.build(context_.space, bins, configuration_.position, n, configuration_.id);
  const AtomRows rows(uninitialized("sorted_rows"), n, atom_row_width);
  pack_rows(context_.space, columns(configuration_, result_, owned_), sorter_.atom(), n, rows);
  unpack_rows(context_.space, rows, n, 0, columns(configuration_, result_, owned_));
}

void Domain::build_ghosts_and_list() {
  auto& c = configuration_;
  halo_.build(c, ghost_cutoff_);
  grow(result_.force, c.n_local + c.n_ghost);
  Vec3 low, high;
  for (int d = 0; d < 3; ++d) {
    low[d] = rank_grid_.low(d) - ghost_cutoff_ / c.cell.height(d);
    high[d] = rank_grid_.high(d) + ghost_cutoff_ / c.cell.height(d);
  }
  const double nearest =
      list_builder_.build(context_.space, c.cell, low, high, c.position, c.n_local, c.n_ghost, c.neighbors);
  copy_rows(context_.space, c.n_local, c.position, owned_.built_position);
  look_up_masses(context_.space, inverse_mass_table_, c.atomic_number, c.n_local, owned_.inverse_mass);
  refuse_close_pairs(nearest);
}

void Domain::refuse_close_pairs(double nearest) const {
  const auto& c = configuration_;
  std::string text;
  if (nearest < closest_) {
    const auto pair = *neighbor::ListBuilder::nearest_pair(c.position, c.n_local, c.neighbors);
    const auto id = host_copy(c.id);
    const auto r = host_copy(c.position);
    const auto at = [&](int i) { return text_of(Vec3{r(i, 0), r(i, 1), r(i, 2)}); };
    text = "two atoms on one spot: atom " + std::to_string(id(pair.first)) + " at " + at(pair.first) + " and atom " +
           std::to_string(id(pair.second)) + " at " + at(pair.second) + " are " + text_of(pair.distance) +
           " Å apart, at least " + text_of(closest_) + " Å was expected";
  }
  throw_together(c.comm, text, "timestep " + std::to_string(c.timestep),
                 "look for an atom that is listed twice, a cell that is too small, or a timestep that is too long");
}

HostAtoms Domain::host_atoms() const {
  const int n = configuration_.n_local;
  HostAtoms atoms;
  const auto id = host_copy(configuration_.id);
  const auto atomic_number = host_copy(configuration_.atomic_number);
  const auto energy = host_copy(result_.atom_energy);
  for (int i = 0; i < n; ++i) {
    atoms.id.push_back(id(i));
    atoms.atomic_number.push_back(atomic_number(i));
    atoms.atom_energy.push_back(energy(i));
  }
  atoms.image = rows_of<std::int64_t>(owned_.image, n);
  atoms.position = rows_of<double>(configuration_.position, n);
  atoms.velocity = rows_of<double>(owned_.velocity, n);
  atoms.force = rows_of<double>(result_.force, n);
  return atoms;
}

std::vector<double> Domain::built_position() const {
  return rows_of<double>(owned_.built_position, configuration_.n_local);
}

}  // namespace locum::md
