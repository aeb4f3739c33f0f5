#include "surrogates/potential/invariants/jacobian_plan.hpp"

#include <algorithm>

namespace locum::potential {
namespace {

template <class T>
View<const T*> to_device(const std::string& label, const std::vector<T>& values) {
  View<T*> view(uninitialized(label), values.size());
  const auto host = Kokkos::create_mirror_view(view);
  std::copy(values.begin(), values.end(), host.data());
  Kokkos::deep_copy(view, host);
  return view;
}

// The stretches of one invariant after another, as they are added and closed.
struct Lists {
  int stretch;  // slots of A of one species
  int values = 0;
  std::vector<Segment> segments;
  std::vector<int> start{0};
  std::vector<std::vector<SlotValue>> of_slot;

  void add(int slot, int width) {
    segments.push_back({slot / stretch, slot % stretch, width, values});
    const int invariant = static_cast<int>(start.size()) - 1;
    for (int k = 0; k < width; ++k) of_slot[slot + k].push_back({values++, invariant});
  }
  void close() { start.push_back(static_cast<int>(segments.size())); }
};

std::vector<Pack> padded_projection(const NeuralPotential& potential, int packs) {
  const int M = potential.invariants().count, d = potential.config().components;
  std::vector<Pack> projection;
  for (const SpeciesParameters& s : potential.species())
    for (int m = 0; m < M; ++m)
      for (int b = 0; b < packs; ++b) {
        Pack p(0.0);
        for (int e = 0; e < lanes && b * lanes + e < d; ++e) p.lane(e) = s.projection[m * d + b * lanes + e];
        projection.push_back(p);
      }
  return projection;
}

}  // namespace

JacobianPlan plan_jacobian(const NeuralPotential& potential) {
  const InvariantSet& set = potential.invariants();
  Lists lists{set.radials * set.slots_per_channel, 0, {}, {0}, {}};
  lists.of_slot.resize(set.slots());
  for (int c = 0; c < set.channels; ++c) {
    lists.add(c * set.slots_per_channel, 1);
    lists.close();
  }
  for (const ThreeBody& t : set.three_body) {
    lists.add(t.first, t.width);
    lists.add(t.second, t.width);
    lists.close();
  }
  for (const Coupling& c : set.couplings)
    for (int t = c.target; t < c.target_end; ++t) {
      lists.add(c.first, c.first_width);
      lists.add(c.second, c.second_width);
      lists.add(set.targets[t].third, c.width);
      lists.close();
    }
  std::vector<SlotValue> slot_values;
  std::vector<int> slot_start{0};
  for (const auto& values : lists.of_slot) {
    slot_values.insert(slot_values.end(), values.begin(), values.end());
    slot_start.push_back(static_cast<int>(slot_values.size()));
  }
  JacobianPlan plan;
  plan.values = lists.values;
  plan.segments = to_device("segments", lists.segments);
  plan.start = to_device("segment_start", lists.start);
  plan.slot_values = to_device("slot_values", slot_values);
  plan.slot_start = to_device("slot_start", slot_start);
  plan.projection_packs = (potential.config().components + lanes - 1) / lanes;
  plan.projection = to_device("padded_projection", padded_projection(potential, plan.projection_packs));
  return plan;
}

}  // namespace locum::potential
