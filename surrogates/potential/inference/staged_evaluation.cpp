#include "surrogates/potential/inference/staged_evaluation.hpp"

#include <algorithm>

namespace locum::potential {
namespace {

// [P w]: ∂E/∂q = P ∂E/∂x + w is one product then.
template <class T>
void fill_extended(const DeviceModelOf<T>& model, const RowMajor<T***>& extended) {
  const int M = model.invariants, d = model.components;
  const bool split = model.operands != Precision::fp32;
  const auto projection = model.projection;
  const auto linear = model.linear;
  const ModelShape shape = model;
  Kokkos::parallel_for(
      "extend_projection", RangePolicy(0, model.species * M), KOKKOS_LAMBDA(int k) {
        const int z = k / M, m = k % M;
        for (int j = 0; j < d; ++j) extended(z, m, j) = projection(z, m, j);
        T left = static_cast<T>(shape.linear_scale[z]) * linear(z, m);
        for (int j = 0; j < linear_columns; ++j) {
          const T part = split ? static_cast<T>(rounded(static_cast<float>(left), Precision::bf16)) : left;
          extended(z, m, d + j) = part;
          left -= part;
        }
      });
}

// c = op(a) b. Operands that the kernels have rounded may go to tensor cores.
template <class T>
void multiply(const ExecutionSpace& space, Precision operands, linalg::Op op, const linalg::MatrixRef<const T>& a,
              const linalg::MatrixRef<const T>& b, const linalg::MatrixRef<T>& c) {
  if constexpr (std::is_same_v<T, float>) {
    if (const linalg::Precision format = operand_format(operands); format != linalg::Precision::fp32)
      return linalg::gemm_batched(space, format, op, linalg::Op::none, static_cast<int>(c.extent(0)),
                                  static_cast<int>(c.extent(1)), static_cast<int>(b.extent(0)), 1.0f, a.data(),
                                  static_cast<int>(a.stride(0)), 0, b.data(), static_cast<int>(b.stride(0)), 0, 0.0f,
                                  c.data(), static_cast<int>(c.stride(0)), 0, 1);
  }
  linalg::gemm<T>(space, op, linalg::Op::none, T(1), a, b, T(0), c);
}

// components(tile, k) = Σ x(k, its atoms), of the tiles of a chunk.
template <class T>
void sum_tiles(const BlockInput& in, const RowMajor<T**>& x, int first_tile, int tiles,
               const RowMajor<double**>& components) {
  const int d = x.extent_int(0);
  const auto blocks = in.blocks;
  Kokkos::parallel_for(
      "tile_components", RangePolicy(0, tiles * d), KOKKOS_LAMBDA(int at) {
        const int b = at / d, k = at % d;
        double sum = 0.0;
        for (int a = 0; a < blocks(first_tile + b, 1); ++a) sum += x(k, b * tile + a);
        components(first_tile + b, k) = sum;
      });
}

template <class T>
linalg::MatrixRef<T> matrix(T* data, int rows, int columns, int row_stride) {
  return linalg::MatrixRef<T>(data, Kokkos::LayoutStride(rows, row_stride, columns, 1));
}

template <class T>
void fit(RowMajor<T**>& view, const char* label, int rows, int columns) {
  if (view.extent_int(0) == rows && view.extent_int(1) == columns) return;
  view = RowMajor<T**>();
  view = RowMajor<T**>(uninitialized(label), rows, columns);
}

// Teams of a tile, with scratch memory for `slots` where the execution space has that much.
template <class Kernel, class Stage>
struct TeamLaunch {
  using Policy = Kokkos::TeamPolicy<ExecutionSpace, Stage>;
  static ScratchSlots fit(int slots) {
    const std::size_t bytes = static_cast<std::size_t>(slots) * tile * sizeof(typename Kernel::P);
    return {slots, bytes <= static_cast<std::size_t>(Policy::scratch_size_max(0))};
  }
  static void run(const char* label, const Kernel& kernel, const ScratchSlots& slots, int tiles) {
    Policy policy(tiles, device_is_host ? 1 : tile);
    if (slots.used)
      policy.set_scratch_size(0, Kokkos::PerTeam(slots.count * tile * static_cast<int>(sizeof(typename Kernel::P))));
    Kokkos::parallel_for(label, policy, kernel);
  }
};

template <class Stage>
using Threads = Kokkos::RangePolicy<ExecutionSpace, Stage, Kokkos::IndexType<int>>;

}  // namespace

template <class T>
void StagedEvaluation<T>::extend_projection(const Model& model) {
  if (extended_.extent_int(0) != model.species || extended_.extent_int(1) != model.invariants ||
      extended_.extent_int(2) != model.components + linear_columns)
    extended_ = RowMajor<T***>(uninitialized("extended_projection"), model.species, model.invariants,
                               model.components + linear_columns);
  fill_extended(model, extended_);
}

// product(species, first column, columns) for the stretch of each species in a chunk.
template <class T>
template <class Product>
void StagedEvaluation<T>::for_species(int first_tile, int tiles, const Product& product) const {
  int begin = 0;
  for (std::size_t s = 0; s < schedule_.species_end.size(); ++s) {
    const int end = schedule_.species_end[s];
    const int from = std::max(begin, first_tile), to = std::min(end, first_tile + tiles);
    if (from < to) product(static_cast<int>(s), (from - first_tile) * tile, (to - from) * tile);
    begin = end;
  }
}

// x = Pᵀ (q − q̄)
template <class T>
void StagedEvaluation<T>::forward_product(const Model& model, int first_tile, int tiles) const {
  const int M = model.invariants, d = model.components, d3 = d + linear_columns, n = matrices_.x.extent_int(1);
  for_species(first_tile, tiles, [&](int species, int column, int columns) {
    multiply<T>(space_, model.operands, linalg::Op::transpose,
                matrix<const T>(extended_.data() + static_cast<long>(species) * M * d3, M, d, d3),
                matrix<const T>(matrices_.invariant.data() + column, M, columns, n),
                matrix<T>(matrices_.x.data() + column, d, columns, n));
  });
}

// ∂E/∂q = [P w] [∂E/∂x; 1]
template <class T>
void StagedEvaluation<T>::backward_product(const Model& model, int first_tile, int tiles) const {
  const int M = model.invariants, d3 = model.components + linear_columns, n = matrices_.x.extent_int(1);
  for_species(first_tile, tiles, [&](int species, int column, int columns) {
    multiply<T>(space_, model.operands, linalg::Op::none,
                matrix<const T>(extended_.data() + static_cast<long>(species) * M * d3, M, d3, d3),
                matrix<const T>(matrices_.gradient.data() + column, d3, columns, n),
                matrix<T>(matrices_.invariant.data() + column, M, columns, n));
  });
}

template <class T>
template <int L>
void StagedEvaluation<T>::run_chunk(const StagedKernel<L, T>& kernel, int tiles) {
  using Kernel = StagedKernel<L, T>;
  const Model& model = kernel.base.model;
  const int first = kernel.base.first_block, threads = tiles * tile;
  Kokkos::parallel_for("gather_pairs", Threads<typename Kernel::Gather>(0, threads), kernel);
  Kokkos::parallel_for(
      "densities", Threads<typename Kernel::Densities>(0, threads * model.species * radial_groups(model.radials.count)),
      kernel);
  TeamLaunch<Kernel, typename Kernel::Invariants>::run("invariants", kernel, kernel.density_scratch, tiles);
  const bool scored = kernel.base.out.atom_score.extent(0) > 0;
  if (model.use_network || scored) forward_product(model, first, tiles);
  if (scored) sum_tiles(kernel.base.in, matrices_.x, first, tiles, tile_components_);
  TeamLaunch<Kernel, typename Kernel::Networks>::run("networks", kernel, kernel.network_scratch, tiles);
  backward_product(model, first, tiles);
  TeamLaunch<Kernel, typename Kernel::Adjoints>::run("density_adjoints", kernel, kernel.adjoint_scratch, tiles);
  Kokkos::parallel_for("forces", Threads<typename Kernel::Forces>(0, threads), kernel);
}

template <class T>
template <int L>
void StagedEvaluation<T>::launch(const Model& model, const BlockInput& in, const BlockOutput& out) {
  using Kernel = StagedKernel<L, T>;
  const WorkLayout layout = WorkLayout::staged(model, schedule_.pair_packs);
  const std::size_t words = layout.size + model.invariants + 2 * model.components + linear_columns;
  const std::size_t of_tile =
      tile * (words * sizeof(T) + (static_cast<std::size_t>(schedule_.pair_packs) + largest_species) * sizeof(int));
  // Threads are counted in int, and there are up to 128 channels.
  const std::size_t fitting = std::clamp<std::size_t>(memory_ / of_tile, 1, (1 << 23) / tile);
  const int chunk = static_cast<int>(std::min<std::size_t>(fitting, schedule_.n_blocks));
  if (chunk == 0) return;
  workspace_.fit(chunk * tile, layout.size, schedule_.pair_packs);
  fit(matrices_.invariant, "centred_invariants", model.invariants, chunk * tile);
  fit(matrices_.x, "x", model.components, chunk * tile);
  fit(matrices_.gradient, "gradient", model.components + linear_columns, chunk * tile);
  extend_projection(model);
  const int slots = model.channels * model.slots_per_channel;
  StagedKernel<L, T> kernel{{model, in, out, layout, workspace_, 0},
                            matrices_,
                            TeamLaunch<Kernel, typename Kernel::Invariants>::fit(slots),
                            TeamLaunch<Kernel, typename Kernel::Adjoints>::fit(2 * slots),
                            TeamLaunch<Kernel, typename Kernel::Networks>::fit(layout.nearest2 - layout.x)};
  for (int first = 0; first < schedule_.n_blocks; first += chunk) {
    kernel.base.first_block = first;
    run_chunk(kernel, std::min(chunk, schedule_.n_blocks - first));
  }
}

template <class T>
EvaluationSums StagedEvaluation<T>::run(const Model& model, const Configuration& input, const View<double* [3]>& force,
                                        const View<double*>& atom_energy, const View<double*>& score) {
  schedule_.arrange(model, input, tile, 1);
  const int rows = schedule_.n_blocks * tile;
  if (virial_.extent_int(0) < rows) virial_ = View<double* [6]>(uninitialized("atom_virial"), rows + rows / 8);
  if (score.extent(0) > 0) fit_rows(tile_components_, "tile_components", schedule_.n_blocks, model.components);
  const int n_all = input.n_local + input.n_ghost;
  Kokkos::deep_copy(space_, Kokkos::subview(force, std::pair<int, int>(0, n_all), Kokkos::ALL()), 0.0);
  const BlockInput in{input.position,        input.atomic_number, input.neighbors.offset,
                      input.neighbors.index, schedule_.order,     schedule_.blocks};
  const BlockOutput out{force, atom_energy, score, virial_, tile_components_};
  with_degree(model.l_max, [&](auto degree) { launch<degree()>(model, in, out); });
  if (score.extent(0) > 0) sum_components(model, schedule_, tile_components_, component_sums_);
  return sum_up(atom_energy, input.n_local, virial_, rows);
}

template <class T>
std::vector<double> StagedEvaluation<T>::component_sums() const {
  const auto host = host_copy(component_sums_);
  return {host.data(), host.data() + host.size()};
}

template class StagedEvaluation<double>;
template class StagedEvaluation<float>;

}  // namespace locum::potential
