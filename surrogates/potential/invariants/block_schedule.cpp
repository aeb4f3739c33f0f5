#include "surrogates/potential/invariants/block_schedule.hpp"

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

int longest_row(const View<const int*>& offset, int n) {
  int longest = 0;
  Kokkos::parallel_reduce(
      "longest_row", RangePolicy(0, n),
      KOKKOS_LAMBDA(int i, int& most) {
        const int count = offset(i + 1) - offset(i);
        if (count > most) most = count;
      },
      Kokkos::Max<int>(longest));
  return longest > 0 ? longest : 0;  // no atoms: the reduction's identity
}

// Largest atomic number among the atoms that the model does not know; −1: it knows them all.
int unknown_element(const View<const int*>& species_of, const View<const int*>& atomic_number, int n) {
  const int known_numbers = species_of.extent_int(0);
  int worst = -1;
  Kokkos::parallel_reduce(
      "unknown_element", RangePolicy(0, n),
      KOKKOS_LAMBDA(int i, int& most) {
        const int z = atomic_number(i);
        if ((z < 0 || z >= known_numbers || species_of(z) < 0) && z > most) most = z;
      },
      Kokkos::Max<int>(worst));
  return worst >= 0 ? worst : -1;  // no atoms: the reduction's identity
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

// Owned atoms grouped by species, in blocks of `width`; room for the longest row of the neighbour list. All but a few
// counts stays in the memory of the execution space.
void BlockSchedule::arrange(const ModelShape& model, const Configuration& input, int width, int lanes) {
  const int n = input.n_local;
  if (const int z = unknown_element(model.species_of, input.atomic_number, n + input.n_ghost); z >= 0)
    throw ConfigError("the potential does not know element " + element_symbol(z),
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
  pair_packs = (longest_row(input.neighbors.offset, n) + lanes) / lanes + model.species;
}

}  // namespace locum::potential
