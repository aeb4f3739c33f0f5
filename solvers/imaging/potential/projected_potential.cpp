#include "solvers/imaging/potential/projected_potential.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/fft/transform.hpp"
#include "kokkos_kernels/linalg/dense.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/potential/projected_potential_atoms.hpp"
#include "solvers/imaging/potential/projected_potential_kernels.hpp"

namespace locum::imaging {
namespace {

using linalg::Matrix;
using linalg::Op;
// One transform after the other on a CPU, whose cache holds one plane; several on a GPU.
constexpr int transform_batch = device_is_host ? 1 : 8;

template <class T>
void reserve(Matrix<T>& matrix, const char* label, int rows, int columns) {
  if (matrix.extent_int(0) < rows || matrix.extent_int(1) != columns)
    matrix = Matrix<T>(uninitialized(label), static_cast<std::size_t>(rows), static_cast<std::size_t>(columns));
}

View<double*> on_device(const char* label, const std::vector<double>& values) {
  const View<double*> view(uninitialized(label), values.size());
  const auto host = Kokkos::create_mirror_view(view);
  std::copy(values.begin(), values.end(), host.data());
  Kokkos::deep_copy(view, host);
  return view;
}

// P_c(k) in the units of a transform of V·Å.
template <class T>
Slices<T> part_table(const Grid& grid, int nx, int ny, const SeparatedFormFactor& factor) {
  const int components = static_cast<int>(factor.profiles().size());
  const Slices<T> table(uninitialized("potential_part"), components, nx, ny);
  const auto host = Kokkos::create_mirror_view(table);
  const double scale = potential_constant() * grid.nx / grid.lx * grid.ny / grid.ly;
  std::vector<double> part(static_cast<std::size_t>(components));
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy) {
      factor.parts(std::hypot(ix / grid.lx, iy / grid.ly), part.data());
      for (int c = 0; c < components; ++c) host(c, ix, iy) = static_cast<T>(scale * part[static_cast<std::size_t>(c)]);
    }
  Kokkos::deep_copy(table, host);
  return table;
}

}  // namespace

template <class T>
struct ProjectedPotential<T>::State {
  ExecutionSpace space;
  Grid grid;
  std::vector<double> edges;
  std::vector<int> species;
  std::vector<SeparatedFormFactor> factor;
  int nx, ny;  // frequencies of one sign
  std::vector<Slices<T>> part;
  fft::Transform2d<T> transform;
  fft::Waves<T> waves;
  Matrix<T> phase_x, phase_y, weighted, structure, total;
  View<T*> weight;
  // Of the block at hand: atoms of each species, by depth, one species after the other.
  std::vector<SortedAtoms> atoms;
  std::vector<int> start;
  View<double*> depth;

  State(const Context& context, const Grid& g, const std::vector<double>& slice_edges, const PotentialConfig& config,
        const std::vector<int>& elements)
      : space(context.space),
        grid(g),
        edges(slice_edges),
        species(elements),
        factor(separated(g, config.parametrization, config.projection == "finite", config.tolerance, elements)),
        nx(g.frequencies_x()),
        ny(g.frequencies_y()),
        transform(space, transform_batch, g.nx, g.ny),
        waves("potential_waves", transform_batch, g.nx, g.ny),
        structure("potential_structure", 2 * nx, 2 * ny),
        total("potential_total", 2 * nx, 2 * ny) {
    for (const auto& f : factor) part.push_back(part_table<T>(grid, nx, ny, f));
  }

  double reach() const {
    double farthest = 0.0;
    for (const auto& f : factor) farthest = std::max(farthest, f.reach());
    return farthest;
  }

  void check_arguments(const Specimen& specimen, int first, int count, const Slices<T>& out) const {
    if (std::abs(specimen.lx - grid.lx) > 1e-6 * grid.lx || std::abs(specimen.ly - grid.ly) > 1e-6 * grid.ly)
      throw ConfigError(fmt::format("the specimen is {} × {} Å across the beam, the grid {} × {} Å", specimen.lx,
                                    specimen.ly, grid.lx, grid.ly),
                        "projected potential", "frames of a trajectory must keep their cell");
    if (specimen.atomic_number.size() != specimen.position.size())
      throw ConfigError(fmt::format("the specimen has {} positions and {} atomic numbers", specimen.position.size(),
                                    specimen.atomic_number.size()),
                        "projected potential");
    const int all = static_cast<int>(edges.size()) - 1;
    if (first < 0 || count < 0 || first + count > all)
      throw ConfigError(
          fmt::format("slices {} … {} were asked for, 0 … {} are there", first, first + count - 1, all - 1),
          "projected potential");
    if (out.extent_int(0) < count || out.extent_int(1) != grid.nx || out.extent_int(2) != grid.ny)
      throw ConfigError(fmt::format("room for ({}, {}, {}) was given, ({}, {}, {}) was expected", out.extent(0),
                                    out.extent(1), out.extent(2), count, grid.nx, grid.ny),
                        "projected potential");
  }

  // How many slices from `first` on share one set of phases within the memory allowed; 1 at least.
  int block(const std::vector<SortedAtoms>& all, int first, int end) const {
    const double row = sizeof(T) * 2.0 * (nx + ny);
    for (int s = first + 1; s < end; ++s) {
      double rows = 0.0;
      for (std::size_t e = 0; e < species.size(); ++e) {
        const auto [low, high] =
            all[e].within(slice_range(edges, first).top, slice_range(edges, s).bottom, factor[e].reach());
        rows += high - low;
      }
      if (rows * row > most_bytes_of_phases) return s - first;
    }
    return end - first;
  }

  void load(const Specimen& specimen, int first, int end) {
    const double far = reach();
    atoms = sorted_by_depth(specimen, species, slice_range(edges, first).top - far,
                            slice_range(edges, end - 1).bottom + far);
    space.fence();  // the last block's phases may still be read
    start.assign(1, 0);
    std::vector<double> x, y, z;
    for (const auto& list : atoms) {
      for (const int i : list.index) {
        x.push_back(specimen.position[static_cast<std::size_t>(i)].x / grid.lx);
        y.push_back(specimen.position[static_cast<std::size_t>(i)].y / grid.ly);
      }
      z.insert(z.end(), list.z.begin(), list.z.end());
      start.push_back(static_cast<int>(z.size()));
    }
    depth = on_device("potential_depth", z);
    reserve(phase_x, "potential_phase_x", start.back(), 2 * nx);
    reserve(phase_y, "potential_phase_y", start.back(), 2 * ny);
    set_phases(space, on_device("potential_x", x), start.back(), nx, phase_x);
    set_phases(space, on_device("potential_y", y), start.back(), ny, phase_y);
    space.fence();  // x and y end here
  }

  void project(int s) {
    Kokkos::deep_copy(space, total, T(0));
    const SliceRange slice = slice_range(edges, s);
    for (std::size_t e = 0; e < species.size(); ++e) {
      const auto& profiles = factor[e].profiles();
      for (std::size_t c = 0; c < profiles.size(); ++c) {
        auto rows = atoms[e].within(slice.top, slice.bottom, profiles[c].reach);
        rows = {rows.first + start[e], rows.second + start[e]};
        const int count = rows.second - rows.first;
        if (count == 0) continue;
        if (weight.extent_int(0) < count) {
          space.fence();  // the old ones may still be read
          weight = View<T*>(uninitialized("potential_weight"), static_cast<std::size_t>(2 * count));
          reserve(weighted, "potential_weighted", 2 * count, 2 * ny);
        }
        weigh(space, profiles[c], depth, slice, rows, phase_y, weight, weighted);
        linalg::gemm<T>(space, Op::transpose, Op::none, T(1), Kokkos::subview(phase_x, rows, Kokkos::ALL()),
                        Kokkos::subview(weighted, Rows(0, count), Kokkos::ALL()), T(0), structure);
        accumulate(space, part[e], static_cast<int>(c), structure, total);
      }
    }
  }
};

template <class T>
ProjectedPotential<T>::ProjectedPotential(const Context& context, const Grid& grid,
                                          const std::vector<double>& slice_edges, const PotentialConfig& config,
                                          const std::vector<int>& species) {
  config.validate();
  check(grid, slice_edges);
  state_ = std::make_unique<State>(context, grid, slice_edges, config, species);
}
template <class T>
ProjectedPotential<T>::~ProjectedPotential() = default;
template <class T>
ProjectedPotential<T>::ProjectedPotential(ProjectedPotential&&) noexcept = default;
template <class T>
ProjectedPotential<T>& ProjectedPotential<T>::operator=(ProjectedPotential&&) noexcept = default;

template <class T>
void ProjectedPotential<T>::evaluate(const Specimen& specimen, int first, int count, const Slices<T>& out) {
  State& state = *state_;
  state.check_arguments(specimen, first, count, out);
  const int end = first + count;
  for (int s = first; s < end;) {
    const double far = state.reach();
    const auto all = sorted_by_depth(specimen, state.species, slice_range(state.edges, s).top - far,
                                     slice_range(state.edges, end - 1).bottom + far);
    const int block_end = s + state.block(all, s, end);
    state.load(specimen, s, block_end);
    while (s < block_end) {
      const int batch = std::min(transform_batch, block_end - s);
      Kokkos::deep_copy(state.space, state.waves, Kokkos::complex<T>(0));
      for (int b = 0; b < batch; ++b) {
        state.project(s + b);
        spread(state.space, state.total, state.nx, state.ny, b, state.waves);
      }
      const fft::Waves<T> used(state.waves.data(), batch, state.grid.nx, state.grid.ny);
      state.transform.inverse(used);
      take_real(state.space, state.waves, batch, out, s - first);
      s += batch;
    }
  }
}

template <class T>
int ProjectedPotential<T>::slices() const {
  return static_cast<int>(state_->edges.size()) - 1;
}
template <class T>
double ProjectedPotential<T>::error() const {
  double largest = 0.0;
  for (const auto& f : state_->factor) largest = std::max(largest, f.error());
  return largest;
}
template <class T>
double ProjectedPotential<T>::reach() const {
  return state_->reach();
}

template class ProjectedPotential<float>;
template class ProjectedPotential<double>;

}  // namespace locum::imaging
