#include "surrogates/potential/invariants/block_schedule.hpp"

#include <algorithm>
#include <string>

#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::potential {
namespace {

std::string known_elements(const ModelShape& model) {
  std::string text;
  for (int s = 0; s < model.species; ++s) text += (s ? ", " : "") + element_symbol(model.element[s]);
  return text;
}

struct Survey {
  int longest_row = 0;       // of the neighbour list
  int unknown_element = -1;  // largest atomic number among those that the model does not know; −1: it knows them all
};

// One wait for a GPU's answer. n_local and n_all: owned atoms, and ghosts too.
Survey survey(const View<const int*>& species_of, const View<const int*>& atomic_number, const View<const int*>& offset,
              int n_local, int n_all) {
  const int known_numbers = species_of.extent_int(0);
  Survey found;
  Kokkos::parallel_reduce(
      "survey_atoms", RangePolicy(0, n_all),
      KOKKOS_LAMBDA(int i, int& longest, int& unknown) {
        const int count = i < n_local ? offset(i + 1) - offset(i) : 0, z = atomic_number(i);
        if (count > longest) longest = count;
        if ((z < 0 || z >= known_numbers || species_of(z) < 0) && z > unknown) unknown = z;
      },
      Kokkos::Max<int>(found.longest_row), Kokkos::Max<int>(found.unknown_element));
  // No atoms, or none that is unknown: the reduction's identity.
  return {std::max(found.longest_row, 0), std::max(found.unknown_element, -1)};
}

// Appends the owned atoms of a species to `order` from `at` on, in their own order; how many there are.
int append_species(const View<const int*>& species_of, const View<const int*>& atomic_number, int n, int species,
                   const View<int*>& order, int at) {
  int count = 0;
  Kokkos::parallel_scan(
      "order_by_species", RangePolicy(0, n),
      KOKKOS_LAMBDA(int i, int& rank, bool last) {
        if (species_of(atomic_number(i)) != species) return;
        if (last) order(at + rank) = i;
        ++rank;
      },
      count);
  return count;
}

void fill_blocks(const View<int* [3]>& blocks, int first_block, int count, int first_atom, int atoms, int width,
                 int species) {
  Kokkos::parallel_for(
      "fill_blocks", RangePolicy(0, count), KOKKOS_LAMBDA(int k) {
        const int left = atoms - k * width;
        blocks(first_block + k, 0) = first_atom + k * width;
        blocks(first_block + k, 1) = left < width ? left : width;
        blocks(first_block + k, 2) = species;
      });
}

}  // namespace

bool BlockSchedule::is_of(const ModelShape& model, const Configuration& input) const {
  return input.neighbors.built && list_ == input.neighbors.built && species_of_.data() == model.species_of.data() &&
         atomic_number_.data() == input.atomic_number.data();
}

// Owned atoms grouped by species, in blocks of `width`; room for the longest row of the neighbour list. All but a few
// counts stays in the memory of the execution space.
void BlockSchedule::arrange(const ModelShape& model, const Configuration& input, int width, int lanes) {
  if (is_of(model, input)) return;
  list_.reset();
  const int n = input.n_local;
  const Survey found = survey(model.species_of, input.atomic_number, input.neighbors.offset, n, n + input.n_ghost);
  if (found.unknown_element >= 0)
    throw ConfigError("the potential does not know element " + element_symbol(found.unknown_element),
                      "timestep " + std::to_string(input.timestep), "it was trained for " + known_elements(model));
  const int most_blocks = n / width + model.species;
  if (order.extent_int(0) < n) order = View<int*>(uninitialized("order"), n + n / 8);
  if (blocks.extent_int(0) < most_blocks)
    blocks = View<int* [3]>(uninitialized("blocks"), most_blocks + most_blocks / 8);
  n_blocks = 0;
  species_end.assign(model.species, 0);
  for (int s = 0, at = 0; s < model.species; ++s) {
    const int count = append_species(model.species_of, input.atomic_number, n, s, order, at);
    const int more = (count + width - 1) / width;
    fill_blocks(blocks, n_blocks, more, at, count, width, s);
    at += count;
    n_blocks += more;
    species_end[s] = n_blocks;
  }
  // A species may leave a pack half empty, and gather writes one pair past the last.
  pair_packs = (found.longest_row + lanes) / lanes + model.species;
  list_ = input.neighbors.built;
  species_of_ = model.species_of;
  atomic_number_ = input.atomic_number;
}

}  // namespace locum::potential
