#include "surrogates/potential/evaluation.hpp"

#include <algorithm>

namespace locum::potential {
namespace {

// Blocks that run at once: one on the CPU, where the execution space is one thread; many on a GPU.
constexpr int blocks_in_flight = device_is_host ? 1 : 16384;

}  // namespace

WorkLayout::WorkLayout(const DeviceModel& m, int pair_packs_) : pair_packs(pair_packs_) {
  const int slots = m.channels * m.slots_per_channel;
  auto take = [this](int n) {
    const int at = size;
    size += n;
    return at;
  };
  sums = take(std::max(m.radials.count * m.slots_per_channel, (slots + lanes - 1) / lanes) + lanes);
  density = take(slots);
  density_bar = take(slots);
  invariant = take(m.invariants);
  invariant_bar = take(m.invariants);
  product = take(m.products);
  x = take(m.components);
  gradient = take(m.components);
  member_gradient = take(m.members * m.components);
  hidden = take(std::max(4 * m.hidden, m.components));
  pairs = take(lanes * 3 * pair_packs);
}

template <int L>
void Evaluation::launch(const DeviceModel& model, const BlockInput& in, const BlockOutput& out) {
  const WorkLayout layout(model, schedule_.pair_packs);
  const int flying = std::min(blocks_in_flight, schedule_.n_blocks);
  workspace_.fit(flying, layout.size, schedule_.pair_packs);
  BlockKernel<L> kernel{model, in, out, layout, workspace_, 0};
  for (int first = 0; first < schedule_.n_blocks; first += flying) {
    kernel.first_block = first;
    Kokkos::parallel_for("neural_potential", RangePolicy(0, std::min(flying, schedule_.n_blocks - first)), kernel);
  }
}

Evaluation::Sums Evaluation::run(const DeviceModel& model, const Configuration& input, const View<double* [3]>& force,
                                 const View<double*>& atom_energy, const View<double*>& score) {
  schedule_.arrange(model, input);
  if (block_virial_.extent_int(0) < schedule_.n_blocks)
    block_virial_ = View<double* [6]>(uninitialized("block_virial"), schedule_.n_blocks + schedule_.n_blocks / 8 + 1);
  if (score.extent(0) > 0 && (block_components_.extent_int(0) < schedule_.n_blocks ||
                              block_components_.extent_int(1) != model.components))
    block_components_ = RowMajor<double**>(uninitialized("block_components"),
                                           schedule_.n_blocks + schedule_.n_blocks / 8 + 1, model.components);
  const int n_all = input.n_local + input.n_ghost;
  Kokkos::deep_copy(Kokkos::subview(force, std::pair<int, int>(0, n_all), Kokkos::ALL()), 0.0);
  const BlockInput in{input.position,        input.atomic_number, input.neighbors.offset,
                      input.neighbors.index, schedule_.order,     schedule_.blocks};
  const BlockOutput out{force, atom_energy, score, block_virial_, block_components_};
  switch (model.l_max) {
    case 0:
      launch<0>(model, in, out);
      break;
    case 1:
      launch<1>(model, in, out);
      break;
    case 2:
      launch<2>(model, in, out);
      break;
    case 3:
      launch<3>(model, in, out);
      break;
    case 4:
      launch<4>(model, in, out);
      break;
    default:
      launch<5>(model, in, out);
      break;
  }
  Sums sums;
  Kokkos::parallel_reduce(
      "sum_energy", RangePolicy(0, input.n_local), KOKKOS_LAMBDA(int i, double& sum) { sum += atom_energy(i); },
      sums.energy);
  double v[6];
  const auto block_virial = block_virial_;
  for (int k = 0; k < 6; ++k)
    Kokkos::parallel_reduce(
        "sum_virial", RangePolicy(0, schedule_.n_blocks),
        KOKKOS_LAMBDA(int b, double& sum) { sum += block_virial(b, k); }, v[k]);
  sums.virial = Mat3{{{v[0], v[3], v[4]}, {v[3], v[1], v[5]}, {v[4], v[5], v[2]}}};
  return sums;
}

std::vector<double> Evaluation::component_sums(const DeviceModel& model) const {
  const int n_blocks = schedule_.n_blocks, d = model.components;
  const auto blocks = schedule_.blocks;
  const auto components = block_components_;
  const RowMajor<double**> sums("component_sums", model.species, 1 + d);
  Kokkos::parallel_for(
      "component_sums", RangePolicy(0, 1 + d), KOKKOS_LAMBDA(int k) {  // one thread a component: one order
        for (int b = 0; b < n_blocks; ++b) sums(blocks(b, 2), k) += k == 0 ? blocks(b, 1) : components(b, k - 1);
      });
  const auto host = host_copy(sums);
  return {host.data(), host.data() + host.size()};
}

}  // namespace locum::potential
