// The atoms of this rank: who owns them, their ghosts and their neighbour list, kept right as they move.
#pragma once

#include <cstdint>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/neighbor/list_builder.hpp"
#include "solvers/api/atomistic.hpp"
#include "solvers/md/halo.hpp"
#include "solvers/md/rank_grid.hpp"

namespace locum::md {

// What an owned atom has beyond its place in the Configuration. All views: (≥ n_local …).
struct OwnedAtoms {
  View<double* [3]> velocity;        // Å/fs
  View<int* [3]> image;              // position + image · cell vectors does not jump when an atom is wrapped
  View<double* [3]> built_position;  // position at the last rebuild, Å
  View<double*> inverse_mass;        // Å²/(fs² eV): acceleration = inverse_mass · force
};

// Atoms on the host, row by row: how they come from a structure, travel between ranks and stand in a checkpoint.
struct HostAtoms {
  std::vector<std::int64_t> id;
  std::vector<std::int64_t> atomic_number;
  std::vector<std::int64_t> image;                // (n, 3)
  std::vector<double> position, velocity, force;  // (n, 3)
  std::vector<double> atom_energy;

  std::size_t size() const { return id.size(); }
};

class Domain {
 public:
  // cutoff: of the farthest-reaching step, Å; skin: Å; closest: two atoms nearer than that stand on one spot, Å.
  // Throws ConfigError where there are more ranks than the cell has room for.
  Domain(const Context& context, const Cell& cell, std::int64_t n_global, double cutoff, double skin, double closest);

  // Deals the atoms, each given by one rank, to their owners, and builds ghosts and list. Forces and energies travel
  // along. Collective.
  void distribute(const HostAtoms& atoms);
  // Atoms already on their owners, in this order, as they were at the last rebuild, when they were at `built_position`
  // (n, 3): ghosts and list become what they were then, then atoms go where `atoms` says. Collective.
  void reinstate(const HostAtoms& atoms, const std::vector<double>& built_position);
  // Whether every rank owns exactly the boxes of its own rows. Collective.
  bool all_at_home(const std::vector<double>& position) const;

  // Wraps atoms into the cell, lets migrate who has left this rank's box, sorts the others, and builds ghosts and list.
  // Throws NumericalError on every rank where two atoms stand on one spot. Collective.
  void rebuild();
  // After small moves: ghosts follow their owners. Collective.
  void update_ghosts() { halo_.update(configuration_.position); }

  Configuration& configuration() { return configuration_; }
  const Configuration& configuration() const { return configuration_; }
  AtomisticResult& result() { return result_; }
  const AtomisticResult& result() const { return result_; }
  const OwnedAtoms& owned() const { return owned_; }
  const RankGrid& rank_grid() const { return rank_grid_; }
  std::int64_t rebuilds() const { return rebuilds_; }
  void set_rebuilds(std::int64_t count) { rebuilds_ = count; }

  // This rank's atoms in their present order.
  HostAtoms host_atoms() const;
  std::vector<double> built_position() const;

 private:
  void check_count(const HostAtoms& atoms) const;
  void take(const HostAtoms& atoms);
  void reserve(int n);
  void migrate();
  void sort();
  void build_ghosts_and_list();
  void refuse_close_pairs(double nearest) const;

  Context context_;
  double ghost_cutoff_, closest_;
  RankGrid rank_grid_;
  Halo halo_;
  neighbor::ListBuilder list_builder_;
  View<double*> inverse_mass_table_;
  neighbor::CellList sorter_;
  Configuration configuration_;
  AtomisticResult result_;
  OwnedAtoms owned_;
  std::int64_t rebuilds_ = 0;
};

}  // namespace locum::md
