// Which atoms go into which block (owned atoms grouped by species, some to a block), and the memory that blocks work
// in.
#pragma once

#include <memory>
#include <vector>

#include "kokkos_kernels/base/pack.hpp"
#include "solvers/api/atomistic.hpp"
#include "surrogates/potential/invariants/device_model.hpp"

namespace locum::potential {

struct BlockSchedule {
  int n_blocks = 0;
  int pair_packs = 0;            // packs of pairs that an atom may need
  View<int*> order;              // owned atoms, grouped by species
  View<int* [3]> blocks;         // (≥ n_blocks): first in `order`, number of atoms, species
  std::vector<int> species_end;  // one past the last block of each species

  // width: atoms of a full block; lanes: of the packs in which pairs are walked; the same in every call. Throws
  // ConfigError for an element that the model does not know. Nothing here depends on where the atoms are (an atom has
  // room for all pairs of the list): while neither the list nor the model's elements are other than at the last call,
  // the schedule stays, and a GPU is not waited for.
  void arrange(const ModelShape& model, const Configuration& input, int width = Pack::lanes, int lanes = Pack::lanes);

 private:
  bool is_of(const ModelShape& model, const Configuration& input) const;

  // What the schedule was made for.
  std::shared_ptr<const void> list_;
  View<const int*> species_of_, atomic_number_;
};

// One stretch for each block in flight. Grows, never shrinks.
template <class P>
struct BlockWorkspaceOf {
  View<P*> packs;
  View<int*> neighbor;  // lanes × (pair_packs × lanes) indices of neighbours
  View<int*> pack_end;  // lanes × largest_species: where the packs of each neighbour species end

  void fit(int flying, int packs_per_block, int pair_packs) {
    grow(packs, "workspace", static_cast<std::size_t>(flying) * packs_per_block);
    grow(neighbor, "pair_neighbor", static_cast<std::size_t>(flying) * P::lanes * pair_packs * P::lanes);
    grow(pack_end, "pack_end", static_cast<std::size_t>(flying) * P::lanes * largest_species);
  }

 private:
  template <class V>
  static void grow(V& view, const char* label, std::size_t size) {
    if (view.extent(0) >= size) return;
    view = V();  // first give back: the old and the new one need not fit side by side
    view = V(uninitialized(label), size);
  }
};
using BlockWorkspace = BlockWorkspaceOf<Pack>;

}  // namespace locum::potential
