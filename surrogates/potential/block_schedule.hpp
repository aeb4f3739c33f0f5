// Which atoms go into which block (owned atoms grouped by species, `lanes` to a block), and the memory that blocks work
// in.
#pragma once

#include "solvers/api/atomistic.hpp"
#include "surrogates/potential/device_model.hpp"
#include "surrogates/potential/pack.hpp"

namespace locum::potential {

struct BlockSchedule {
  int n_blocks = 0;
  int pair_packs = 0;     // packs of pairs that an atom may need
  View<int*> order;       // owned atoms, grouped by species
  View<int* [3]> blocks;  // (≥ n_blocks): first in `order`, number of atoms, species

  // Throws ConfigError for an element that the model does not know.
  void arrange(const DeviceModel& model, const Configuration& input);
};

// One stretch for each block in flight. Grows, never shrinks.
struct BlockWorkspace {
  View<Pack*> packs;
  View<int*> neighbor;  // lanes × (pair_packs × lanes) indices of neighbours
  View<int*> pack_end;  // lanes × largest_species: where the packs of each neighbour species end
  void fit(int flying, int packs_per_block, int pair_packs);
};

}  // namespace locum::potential
