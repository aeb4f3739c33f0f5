#include "surrogates/potential/block_schedule.hpp"

#include <algorithm>
#include <string>
#include <vector>

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

}  // namespace

// Owned atoms grouped by species, in blocks of `width`; room for the longest row of the neighbour list.
void BlockSchedule::arrange(const ModelShape& model, const Configuration& input, int width, int lanes) {
  const int n = input.n_local;
  const auto numbers = host_copy(Kokkos::subview(input.atomic_number, std::pair<int, int>(0, n + input.n_ghost)));
  std::vector<std::vector<int>> members(model.species);
  for (int i = 0; i < n + input.n_ghost; ++i) {
    int s = 0;
    while (s < model.species && model.element[s] != numbers(i)) ++s;
    if (s == model.species)
      throw ConfigError("the potential does not know element " + element_symbol(numbers(i)),
                        "timestep " + std::to_string(input.timestep), "it was trained for " + known_elements(model));
    if (i < n) members[s].push_back(i);
  }
  n_blocks = 0;
  for (const auto& list : members) n_blocks += (static_cast<int>(list.size()) + width - 1) / width;
  if (order.extent_int(0) < n) order = View<int*>(uninitialized("order"), n + n / 8);
  if (blocks.extent_int(0) < n_blocks) blocks = View<int* [3]>(uninitialized("blocks"), n_blocks + n_blocks / 8 + 1);
  const auto order_host = Kokkos::create_mirror_view(order);
  const auto blocks_host = Kokkos::create_mirror_view(blocks);
  int at = 0, b = 0;
  for (int s = 0; s < model.species; ++s) {
    const int count = static_cast<int>(members[s].size());
    for (int k = 0; k < count; k += width, ++b) {
      blocks_host(b, 0) = at + k;
      blocks_host(b, 1) = std::min(width, count - k);
      blocks_host(b, 2) = s;
    }
    for (const int i : members[s]) order_host(at++) = i;
  }
  Kokkos::deep_copy(order, order_host);
  Kokkos::deep_copy(blocks, blocks_host);

  // A species may leave a pack half empty, and gather writes one pair past the last.
  pair_packs = (longest_row(input.neighbors.offset, n) + lanes) / lanes + model.species;
}

}  // namespace locum::potential
