#include "surrogates/potential/inference/evaluation.hpp"

#include <algorithm>

namespace locum::potential {
namespace {

// Blocks that run at once: one on the CPU, where the execution space is one thread; many on a GPU.
constexpr int blocks_in_flight = device_is_host ? 1 : 16384;

}  // namespace

WorkLayout::WorkLayout(const ModelShape& m, int pair_packs_, int lanes) {
  const int stretch = m.radials.count * m.slots_per_channel, slots = m.channels * m.slots_per_channel;
  place(m, pair_packs_, lanes, std::max(stretch, (slots + lanes - 1) / lanes) + lanes);
}

WorkLayout WorkLayout::staged(const ModelShape& m, int pair_packs) {
  WorkLayout layout;
  ModelShape without = m;
  without.invariants = 0;
  without.products = 2 * largest_l + 1;
  layout.place(without, pair_packs, 1, 0);
  return layout;
}

void WorkLayout::place(const ModelShape& m, int pair_packs_, int lanes, int packs_for_sums) {
  const int slots = m.channels * m.slots_per_channel;
  auto take = [this](int n) {
    const int at = size;
    size += n;
    return at;
  };
  pair_packs = pair_packs_;
  sums = take(packs_for_sums);
  density = take(slots);
  density_bar = take(slots);
  invariant = take(m.invariants);
  invariant_bar = take(m.invariants);
  product = take(m.products);
  x = take(m.components);
  gradient = take(m.components);
  member_gradient = take(m.members * m.components);
  hidden = take(std::max(4 * m.hidden, m.components));
  nearest2 = take(1);
  energy = take(1);
  pairs = take(lanes * 3 * pair_packs);
}

template <class P>
template <int L>
void FusedEvaluation<P>::launch(const Model& model, const BlockInput& in, const BlockOutput& out) {
  const WorkLayout layout(model, schedule_.pair_packs, P::lanes);
  const int flying = std::min(blocks_in_flight, schedule_.n_blocks);
  workspace_.fit(flying, layout.size, schedule_.pair_packs);
  BlockKernel<L, P> kernel{model, in, out, layout, workspace_, 0};
  for (int first = 0; first < schedule_.n_blocks; first += flying) {
    kernel.first_block = first;
    Kokkos::parallel_for("neural_potential", RangePolicy(0, std::min(flying, schedule_.n_blocks - first)), kernel);
  }
}

template <class P>
EvaluationSums FusedEvaluation<P>::run(const Model& model, const Configuration& input, const View<double* [3]>& force,
                                       const View<double*>& atom_energy, const View<double*>& score) {
  schedule_.arrange(model, input, P::lanes, P::lanes);
  if (block_virial_.extent_int(0) < schedule_.n_blocks)
    block_virial_ = View<double* [6]>(uninitialized("block_virial"), schedule_.n_blocks + schedule_.n_blocks / 8 + 1);
  if (score.extent(0) > 0) fit_rows(block_components_, "block_components", schedule_.n_blocks, model.components);
  const int n_all = input.n_local + input.n_ghost;
  Kokkos::deep_copy(ExecutionSpace(), Kokkos::subview(force, std::pair<int, int>(0, n_all), Kokkos::ALL()), 0.0);
  const BlockInput in{input.position,        input.atomic_number, input.neighbors.offset,
                      input.neighbors.index, schedule_.order,     schedule_.blocks};
  const BlockOutput out{force, atom_energy, score, block_virial_, block_components_};
  with_degree(model.l_max, [&](auto degree) { launch<degree()>(model, in, out); });
  if (score.extent(0) > 0) sum_components(model, schedule_, block_components_, component_sums_);
  return sum_up(atom_energy, input.n_local, block_virial_, schedule_.n_blocks);
}

template <class P>
std::vector<double> FusedEvaluation<P>::component_sums() const {
  const auto host = host_copy(component_sums_);
  return {host.data(), host.data() + host.size()};
}

EvaluationSums sum_up(const View<double*>& atom_energy, int n_local, const View<double* [6]>& block_virial, int rows) {
  EvaluationSums sums;
  double v[6];
  Kokkos::parallel_reduce(  // all in one: a GPU is waited for once
      "sum_energy_and_virial", RangePolicy(0, std::max(n_local, rows)),
      KOKKOS_LAMBDA(int k, double& energy, double& xx, double& yy, double& zz, double& xy, double& xz, double& yz) {
        if (k < n_local) energy += atom_energy(k);
        if (k >= rows) return;
        xx += block_virial(k, 0);
        yy += block_virial(k, 1);
        zz += block_virial(k, 2);
        xy += block_virial(k, 3);
        xz += block_virial(k, 4);
        yz += block_virial(k, 5);
      },
      sums.energy, v[0], v[1], v[2], v[3], v[4], v[5]);
  sums.virial = Mat3{{{v[0], v[3], v[4]}, {v[3], v[1], v[5]}, {v[4], v[5], v[2]}}};
  return sums;
}

void sum_components(const ModelShape& model, const BlockSchedule& schedule, const RowMajor<double**>& block_components,
                    RowMajor<double**>& component_sums) {
  const int n_blocks = schedule.n_blocks, d = model.components;
  const auto blocks = schedule.blocks;
  if (component_sums.extent_int(0) != model.species || component_sums.extent_int(1) != 1 + d)
    component_sums = RowMajor<double**>(uninitialized("component_sums"), model.species, 1 + d);
  const RowMajor<double**> sums = component_sums;
  // A team for each species and component: a million blocks on a GPU are too many for one thread.
  Kokkos::parallel_for(
      "component_sums", Kokkos::TeamPolicy<ExecutionSpace>(model.species * (1 + d), Kokkos::AUTO),
      KOKKOS_LAMBDA(const Kokkos::TeamPolicy<ExecutionSpace>::member_type& team) {
        const int z = team.league_rank() / (1 + d), k = team.league_rank() % (1 + d);
        double total = 0.0;
        Kokkos::parallel_reduce(
            Kokkos::TeamThreadRange(team, n_blocks),
            [&](int b, double& sum) {
              if (blocks(b, 2) == z) sum += k == 0 ? blocks(b, 1) : block_components(b, k - 1);
            },
            total);
        sums(z, k) = total;
      });
}

template class FusedEvaluation<Pack>;
template class FusedEvaluation<SinglePack>;  // on a GPU, too: tests compare the stages with it

}  // namespace locum::potential
