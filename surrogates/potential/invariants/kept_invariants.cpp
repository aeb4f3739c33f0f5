#include "surrogates/potential/invariants/kept_invariants.hpp"

#include <algorithm>
#include <string>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::potential {
namespace {

void check(const InvariantSet& all, const std::vector<int>& kept) {
  const int count = static_cast<int>(kept.size());
  for (int k = 0; k < std::max(count, all.channels); ++k)
    if (k >= count || kept[k] < 0 || kept[k] >= all.count || (k > 0 && kept[k] <= kept[k - 1]) ||
        (k < all.channels && kept[k] != k))
      throw ConfigError("the list of kept invariants is wrong at position " + std::to_string(k), "kept_invariants",
                        "all " + std::to_string(all.channels) + " two-body ones, then others below " +
                            std::to_string(all.count) + ", ascending");
}

// Lays the densities out anew for degrees up to l_max.
void relay(InvariantSet& set, int l_max) {
  const int before = set.slots_per_channel, now = (l_max + 1) * (l_max + 1);
  const auto move = [&](int& slot) { slot = slot / before * now + slot % before; };
  for (ThreeBody& t : set.three_body) {
    move(t.first);
    move(t.second);
  }
  for (Coupling& c : set.couplings) {
    move(c.first);
    move(c.second);
  }
  for (CouplingTarget& t : set.targets) move(t.third);
  set.l_max = l_max;
  set.slots_per_channel = now;
}

}  // namespace

InvariantSet keep_invariants(const InvariantSet& all, const std::vector<int>& kept) {
  check(all, kept);
  InvariantSet set = all;
  set.three_body.clear();
  set.couplings.clear();
  set.targets.clear();
  set.products = 0;
  set.count = all.channels;
  int widest = 1;
  const auto keeps = [&](int invariant) { return std::binary_search(kept.begin(), kept.end(), invariant); };
  for (std::size_t k = 0; k < all.three_body.size(); ++k) {
    if (!keeps(all.channels + static_cast<int>(k))) continue;
    set.three_body.push_back(all.three_body[k]);
    widest = std::max(widest, all.three_body[k].width);
    ++set.count;
  }
  for (Coupling coupling : all.couplings) {
    const int first = static_cast<int>(set.targets.size());
    for (int t = coupling.target; t < coupling.target_end; ++t)
      if (keeps(all.targets[t].invariant)) set.targets.push_back({all.targets[t].third, set.count++});
    coupling.target = first;
    coupling.target_end = static_cast<int>(set.targets.size());
    if (coupling.target_end == coupling.target) continue;
    coupling.product = set.products;
    set.products += coupling.width;
    set.couplings.push_back(coupling);
    widest = std::max({widest, coupling.width, coupling.first_width, coupling.second_width});
  }
  relay(set, (widest - 1) / 2);
  return set;
}

}  // namespace locum::potential
