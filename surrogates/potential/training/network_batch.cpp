#include "surrogates/potential/training/network_batch.hpp"

#include <algorithm>

namespace locum::potential {
namespace {

template <class V>
void strides_of(const V& view, int* strides) {
  strides[0] = static_cast<int>(view.stride(0));
  strides[1] = static_cast<int>(view.stride(1));
}

BatchSlot slot_of(const NetworkSample& s, int frames, const LossWeights& weights) {
  const NetworkFeatures& f = s.features;
  BatchSlot slot;
  slot.x = f.x.data();
  slot.jacobian = f.jacobian.data();
  slot.jacobian16 = f.jacobian16.data();
  slot.storage = f.storage;
  slot.pair_vector = f.pair_vector.data();
  slot.target = s.force.data();
  strides_of(f.pair_vector, slot.pair_strides);
  strides_of(s.force, slot.target_strides);
  slot.pair_start = f.pair_start.data();
  slot.pair_owner = f.pair_owner.data();
  slot.pair_center = f.pair_center.data();
  slot.pair_reverse = f.pair_reverse.data();
  slot.species = f.species.data();
  slot.rank = f.rank.data();
  slot.atoms = f.atoms;
  slot.pairs = f.padded_pairs;
  slot.force_weight = static_cast<float>(s.force_weight * weights.force * weights.force);
  slot.energy_weight = s.has_energy ? static_cast<float>(s.energy_weight * weights.energy * weights.energy) : 0.0f;
  slot.virial_weight = s.has_virial ? static_cast<float>(s.virial_weight * weights.virial * weights.virial) : 0.0f;
  slot.norm = static_cast<float>(s.weight / (3.0 * f.atoms * frames));
  slot.energy = s.energy;
  slot.has_energy = s.has_energy;
  for (int v = 0; v < 6; ++v) slot.virial[v] = static_cast<float>(s.virial[v]);
  return slot;
}

int grown(int need, int capacity) { return need <= capacity ? capacity : need + need / 8; }

}  // namespace

void NetworkBatch::set(const Samples& samples, int species, int frames, const LossWeights& weights) {
  samples_.clear();
  slots_host_.clear();
  BatchCapacity need;
  for (const auto& s : samples) {
    if (!s) continue;
    BatchSlot slot = slot_of(*s, frames, weights);
    slot.first_atom = need.atoms;
    slot.first_pair = need.pairs;
    std::copy(need.rows, need.rows + species, slot.base);
    need.atoms += slot.atoms;
    need.pairs += slot.pairs;
    for (int z = 0; z < species; ++z) need.rows[z] += s->features.species_count[z];
    slots_host_.push_back(slot);
    samples_.push_back(s);
  }
  need.slots = static_cast<int>(slots_host_.size());
  totals_host_.slots = need.slots;
  totals_host_.atoms = need.atoms;
  totals_host_.pairs = need.pairs;
  if constexpr (!device_is_host) {
    need.slots = std::max(need.slots, capacity_.slots);
    need.atoms = grown(need.atoms, capacity_.atoms);
    need.pairs = grown(need.pairs, capacity_.pairs);
    for (int z = 0; z < species; ++z) need.rows[z] = grown(need.rows[z], capacity_.rows[z]);
  }
  capacity_ = need;
}

void NetworkBatch::upload(const ExecutionSpace& space) {
  if (slots_.extent_int(0) < capacity_.slots) slots_ = View<BatchSlot*>(uninitialized("batch_slots"), capacity_.slots);
  if (!totals_.data()) totals_ = View<BatchTotals>(uninitialized("batch_totals"));
  using Host = Kokkos::View<const BatchSlot*, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>;
  if (totals_host_.slots > 0)
    Kokkos::deep_copy(space, Kokkos::subview(slots_, std::make_pair(0, totals_host_.slots)),
                      Host(slots_host_.data(), slots_host_.size()));
  Kokkos::deep_copy(space, totals_,
                    Kokkos::View<const BatchTotals, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>(&totals_host_));
}

}  // namespace locum::potential
