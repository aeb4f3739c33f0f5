#include "surrogates/potential/invariants/features.hpp"

#include <algorithm>

#include "surrogates/potential/inference/evaluation_sums.hpp"

namespace locum::potential {
namespace {

// Threads of a GPU that share an atom: four warps, each of about as many threads as the atom has pairs.
constexpr int team_size = device_is_host ? 1 : 128;

FeatureExtractor::Frames only(const Frame* const& frame) { return {&frame, 1}; }

}  // namespace

FeatureLayout::FeatureLayout(const ModelShape& model, const JacobianPlan& plan, int pair_packs, int at, bool rows,
                             bool network) {
  static_assert(components_at_once % lanes == 0);
  const int slots = model.channels * model.slots_per_channel, stretch = model.radials.count * model.slots_per_channel;
  size = at;
  auto take = [this](int n) {
    const int place = size;
    size += n;
    return place;
  };
  projected_width = (model.components + components_at_once - 1) / components_at_once * components_at_once;
  if (!rows && !network) return;
  value = take(plan.values);
  scalar = take(lanes > 1 ? (plan.values + lanes - 1) / lanes : 0);
  slope = take(3 * stretch * pair_packs);
  slope_sum = take(rows ? slope_sums * slots : 0);
  projected = take(network ? slots * (projected_width / lanes) : 0);
}

double block_bytes(int invariants, int species, int radials, int l_max, int components, double pairs) {
  constexpr double values_of_invariant = 14.0;  // ∂q/∂A: 12.4 with four-body terms up to l = 3, 13 up to l = 4
  const double stretch = radials * (l_max + 1.0) * (l_max + 1.0), slots = species * stretch;
  const double packs = pairs / lanes + species + 1.0;
  return sizeof(double) * (lanes * (4.0 + values_of_invariant) * invariants + 3.0 * lanes * packs * (stretch + lanes) +
                           slots * (lanes * (slope_sums + 3.0) + components));
}

void FeatureExtractor::use(const NeuralPotential& potential) {
  model_ = potential.device();
  plan_ = plan_jacobian(potential);
}

int FeatureExtractor::atoms_at_once(int width) const {
  constexpr double pairs = 48.0;  // padded, of an atom; Jacobians lie twice while they are cut
  const double bytes = sizeof(double) * (3.0 * width + model_.invariants) + 2.0 * 12.0 * pairs * model_.components;
  return static_cast<int>(std::clamp(memory_.batch / bytes, 1.0, 1e6));
}

template <int L>
void FeatureExtractor::launch(const BlockInput& in, const FeatureOutput& out) {
  using Kernel = FeatureKernel<L>;
  const bool rows = out.design.extent(0) > 0, network = out.jacobian.extent(0) > 0;
  WorkLayout layout(model_, schedule_.pair_packs);
  const FeatureLayout more(model_, plan_, layout.pair_packs, layout.size, rows, network);
  layout.size = more.size;
  const double fitting = memory_.workspace / (static_cast<double>(layout.size) * sizeof(Pack));
  const int flying = std::min(static_cast<int>(std::clamp(fitting, 1.0, 1e6)), schedule_.n_blocks);
  workspace_.fit(flying, layout.size, layout.pair_packs);
  Kernel kernel{{model_, in, {}, layout, workspace_, 0}, plan_, out, more};
  for (int first = 0; first < schedule_.n_blocks; first += flying) {
    const int blocks = std::min(flying, schedule_.n_blocks - first);
    kernel.base.first_block = first;
    Kokkos::parallel_for(
        "features_prepare",
        Kokkos::RangePolicy<ExecutionSpace, typename Kernel::Prepare, Kokkos::IndexType<int>>(0, blocks), kernel);
    if (rows || network)
      Kokkos::parallel_for(
          "features", Kokkos::TeamPolicy<ExecutionSpace, typename Kernel::Differentiate>(blocks, team_size), kernel);
  }
}

void FeatureExtractor::run(const FrameBatch& batch, FeatureOutput& out) {
  const Configuration& c = batch.configuration;
  out.owner = batch.owner;
  out.place = batch.place;
  schedule_.arrange(model_, c);
  const BlockInput in{c.position,        c.atomic_number, c.neighbors.offset,
                      c.neighbors.index, schedule_.order, schedule_.blocks};
  with_degree(model_.l_max, [&](auto degree) { launch<degree()>(in, out); });
}

RowMajor<double**> FeatureExtractor::invariants(Frames frames) {
  const FrameBatch batch = join(frames);
  FeatureOutput out;
  out.invariant = RowMajor<double**>(uninitialized("invariant"), batch.configuration.n_local, model_.invariants);
  run(batch, out);
  return out.invariant;
}

void FeatureExtractor::design_rows(Frames frames, const RowMajor<double**>& design) {
  FeatureOutput out;
  out.design = design;
  Kokkos::deep_copy(design, 0.0);
  run(join(frames), out);
}

RowMajor<float**> FeatureExtractor::design_and_components(Frames frames, const RowMajor<double**>& design) {
  const FrameBatch batch = join(frames);
  FeatureOutput out;
  out.design = design;
  out.x = RowMajor<float**>(uninitialized("x"), batch.configuration.n_local, model_.components);
  Kokkos::deep_copy(design, 0.0);
  run(batch, out);
  return out.x;
}

std::vector<NetworkFeatures> FeatureExtractor::network(Frames frames, const RowMajor<double**>& design,
                                                       RowMajor<float**>* components) {
  const FrameBatch batch = join(frames);
  BatchFeatures features(batch, model_);
  FeatureOutput out;
  features.show(out);
  out.design = design;
  if (design.extent(0) > 0) Kokkos::deep_copy(design, 0.0);
  run(batch, out);
  if (components) *components = out.x;
  return features.cut(storage_);
}

RowMajor<double**> FeatureExtractor::invariants(const Frame& frame) { return invariants(only(&frame)); }

void FeatureExtractor::design_rows(const Frame& frame, const RowMajor<double**>& design) {
  design_rows(only(&frame), design);
}

NetworkFeatures FeatureExtractor::network(const Frame& frame, const RowMajor<double**>& design) {
  return std::move(network(only(&frame), design).front());
}

}  // namespace locum::potential
