#include "surrogates/potential/training/ridge.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::potential {
namespace {

// On the constants, relative to their own squares. In data of one composition (SiC, say) the elements' constants cannot
// be told apart: their matrix is singular, and this much takes the smallest ones. An energy of 10 keV an atom is bent
// by 1 µeV.
constexpr double constant_ridge = 1e-10;

constexpr int virial_row[6] = {0, 1, 2, 0, 0, 1}, virial_column[6] = {0, 1, 2, 1, 2, 2};

// Multiplies each row by its factor, and adds the sums of squares of each column before that, rows weighted, to `norm`.
void weigh_rows(const RowMajor<double**>& design, int columns, const View<const double* [2]>& weights,
                std::vector<double>& norm) {
  const int rows = design.extent_int(0);
  const View<double*> squares("force_norm", columns);
  if constexpr (device_is_host) {
    for (int r = 0; r < rows; ++r) {  // row by row: the memory's order
      const double factor = weights(r, 0), weight = weights(r, 1);
      for (int k = 0; k < columns; ++k) {
        const double value = design(r, k);
        squares(k) += weight * value * value;
        design(r, k) = factor * value;
      }
    }
  } else {
    constexpr int at_once = 64;
    const int chunks = (rows + at_once - 1) / at_once;
    Kokkos::parallel_for(
        "weigh_rows", RangePolicy(0, chunks * columns), KOKKOS_LAMBDA(int item) {
          const int k = item % columns, first = item / columns * at_once;
          const int end = first + at_once < rows ? first + at_once : rows;
          double sum = 0.0;
          for (int r = first; r < end; ++r) {
            const double value = design(r, k);
            sum += weights(r, 1) * value * value;
            design(r, k) = weights(r, 0) * value;
          }
          Kokkos::atomic_add(&squares(k), sum);
        });
  }
  const auto host = host_copy(squares);
  for (int k = 0; k < columns; ++k) norm[k] += host(k);
}

}  // namespace

Ridge::Ridge(Context context, int species, int invariants, const TrainingConfig& config)
    : context_(std::move(context)),
      species_(species),
      invariants_(invariants),
      energy_weight_(config.energy_weight),
      force_weight_(config.force_weight),
      virial_weight_(config.virial_weight),
      force_norm_(static_cast<std::size_t>(species) * invariants, 0.0),
      mine_norm_(force_norm_.size(), 0.0) {
  resize();
}

// Room for the nuisance constants of all sizes; what is known moves along, the target stays the last column.
void Ridge::resize() {
  const int extra = groups_.empty() ? 0 : 2 * (static_cast<int>(groups_.size()) - 1);
  const int width = constants() + extra + 1, old = width_;
  std::vector<double> total(static_cast<std::size_t>(width) * width, 0.0);
  auto place = [&](int k) { return k == old - 1 ? width - 1 : k; };
  for (int r = 0; r < old; ++r)
    for (int c = 0; c < old; ++c) total[place(r) * width + place(c)] = total_[r * old + c];
  total_ = std::move(total);
  width_ = width;
  mine_ = linalg::Matrix<double>("normal_equations", width, width);
}

void Ridge::declare_group(std::int64_t group) {
  if (std::find(groups_.begin(), groups_.end(), group) != groups_.end()) return;
  commit();
  groups_.push_back(group);
  resize();
}

std::int64_t Ridge::largest_group() const {
  return groups_.empty() ? -1 : *std::max_element(groups_.begin(), groups_.end());
}

int Ridge::place_of(std::int64_t group) const {
  const auto found = std::find(groups_.begin(), groups_.end(), group);
  if (found == groups_.end())
    throw ConfigError("a frame of group " + std::to_string(group) + " was not declared", "Ridge::add");
  return static_cast<int>(found - groups_.begin());
}

// A frame's weights are of squares, the rows are of what is squared.
struct Ridge::RowWeights {
  double force, virial, energy;
};
Ridge::RowWeights Ridge::weights_of(const FrameLabel& label) const {
  const double n = label.atoms();
  const auto of = [&label](double weight) { return std::sqrt(label.weight * weight); };
  return {of(label.force_weight) * force_weight_, label.has_virial ? of(label.virial_weight) * virial_weight_ / n : 0.0,
          label.has_energy ? of(label.energy_weight) * energy_weight_ / n : 0.0};
}

void Ridge::add(const RowMajor<double**>& design, const FrameLabel& label, const std::vector<int>& species) {
  const Labelled one{&label, &species};
  add(design, std::span<const Labelled>(&one, 1));
}

void Ridge::add(const RowMajor<double**>& design, std::span<const Labelled> frames) {
  const int rows = design.extent_int(0), from = linear_columns(), last = width_ - 1;
  if (design.extent_int(1) != width_)
    throw ConfigError(
        "design rows of " + std::to_string(design.extent_int(1)) + " columns, expected " + std::to_string(width_),
        "Ridge::add", "declare all groups of labels first");
  const View<double* [2]> weights("row_weights", rows);
  const auto weight = Kokkos::create_mirror_view(weights);
  // The few columns that are no invariants.
  const RowMajor<double**> columns("tail", rows, width_ - from);
  const auto tail = Kokkos::create_mirror_view(columns);
  int row = 0;
  for (const Labelled& frame : frames) {
    const FrameLabel& label = *frame.label;
    const RowWeights by = weights_of(label);
    const int n = label.atoms(), virial = row + 3 * n, energy = virial + 6, place = place_of(label.group);
    for (int k = 0; k < 3 * n; ++k) {
      weight(row + k, 0) = by.force;
      weight(row + k, 1) = label.weight * label.force_weight;
      tail(row + k, last - from) = by.force * label.force[k];
    }
    for (int v = 0; v < 6; ++v) {
      weight(virial + v, 0) = by.virial;
      tail(virial + v, last - from) = by.virial * label.virial[virial_row[v]][virial_column[v]];
    }
    weight(energy, 0) = by.energy;
    tail(energy, last - from) = by.energy * label.energy;
    for (const int z : *frame.species) tail(energy, z) += by.energy;
    if (place > 0) {
      const int column = species_ + 2 * (place - 1);
      tail(energy, column) = by.energy * n;
      for (int v = 0; v < 3; ++v) tail(virial + v, column + 1) = by.virial * n;
    }
    row = energy + 1;
  }
  Kokkos::deep_copy(weights, weight);
  Kokkos::deep_copy(columns, tail);
  weigh_rows(design, from, weights, mine_norm_);
  Kokkos::deep_copy(Kokkos::subview(design, Kokkos::ALL(), std::pair<int, int>(from, width_)), columns);
  linalg::gram_upper<double>(context_.space, 1.0, linalg::MatrixRef<const double>(design), 1.0, mine_);
}

void Ridge::commit() {
  auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), mine_);
  std::vector<double> sum(host.data(), host.data() + host.size());
  context_.comm.sum(std::span<double>(sum));
  context_.comm.sum(std::span<double>(mine_norm_));
  const auto w = static_cast<std::size_t>(width_);
  for (std::size_t r = 0; r < w; ++r)
    for (std::size_t c = 0; c < w; ++c) total_[r * w + c] += r <= c ? sum[r * w + c] : sum[c * w + r];
  for (std::size_t k = 0; k < mine_norm_.size(); ++k) force_norm_[k] += mine_norm_[k];
  std::fill(mine_norm_.begin(), mine_norm_.end(), 0.0);
  Kokkos::deep_copy(mine_, 0.0);
}

Ridge::Solution Ridge::solve(double ridge, const Pull& pull) const {
  const int n = width_ - 1, linear = linear_columns(), free = n - linear;
  // Constants first: elimination takes them out of the rest before anything is regularised.
  std::vector<int> order(n);
  for (int k = 0; k < n; ++k) order[k] = k < free ? linear + k : k - free;
  std::vector<double> scale(n);
  for (int k = 0; k < n; ++k) {
    const double norm = order[k] < linear ? force_norm_[order[k]] : total_[order[k] * width_ + order[k]];
    scale[k] = norm > 0.0 ? 1.0 / std::sqrt(norm) : 1.0;
  }
  linalg::Matrix<double> factor(uninitialized("ridge_factor"), n, n), right(uninitialized("ridge_right"), 1, n);
  const auto factor_host = Kokkos::create_mirror_view(factor);
  const auto right_host = Kokkos::create_mirror_view(right);
  for (double lambda = ridge;; lambda = std::max(10.0 * lambda, 1e-14)) {
    for (int r = 0; r < n; ++r) {
      for (int c = 0; c < n; ++c) factor_host(r, c) = scale[r] * scale[c] * total_[order[r] * width_ + order[c]];
      const int k = order[r];
      right_host(0, r) = scale[r] * total_[k * width_ + n];
      if (k < linear) {
        factor_host(r, r) += lambda + pull.strength;
        if (pull.strength > 0.0) right_host(0, r) += pull.strength * pull.to.linear[k] / scale[r];
      } else if (factor_host(r, r) > 0.0) {
        factor_host(r, r) += constant_ridge;
      } else {
        factor_host(r, r) = 1.0;
        const std::size_t z = k - linear;
        right_host(0, r) = z < pull.to.constant.size() ? pull.to.constant[z] : 0.0;
      }
    }
    Kokkos::deep_copy(factor, factor_host);
    Kokkos::deep_copy(right, right_host);
    try {
      linalg::cholesky(context_.space, factor);
      break;
    } catch (const NumericalError&) {
      if (lambda > 1e3 * std::max(ridge, 1e-12)) throw;
    }
  }
  linalg::cholesky_solve(context_.space, factor, right);
  const auto answer = host_copy(right);
  std::vector<double> by_column(n);
  for (int k = 0; k < n; ++k) by_column[order[k]] = scale[k] * answer(0, k);
  Solution solution;
  solution.linear.assign(by_column.begin(), by_column.begin() + linear);
  solution.constant.assign(by_column.begin() + linear, by_column.begin() + linear + species_);
  offsets_.assign(2 * groups_.size(), 0.0);
  for (std::size_t k = 2; k < offsets_.size(); ++k) offsets_[k] = by_column[constants() + k - 2];
  return solution;
}

Ridge::Offset Ridge::group_offset(std::int64_t group) const {
  const auto found = std::find(groups_.begin(), groups_.end(), group);
  const std::size_t at = 2 * (found - groups_.begin());
  return at + 1 < offsets_.size() ? Offset{offsets_[at], offsets_[at + 1]} : Offset{};
}

FieldSet Ridge::state() const {
  FieldSet state;
  const std::int64_t w = width_;
  state.add("total", "1", {w, w}, total_);
  state.add("force_norm", "1", {static_cast<std::int64_t>(force_norm_.size())}, force_norm_);
  state.add("groups", "1", {static_cast<std::int64_t>(groups_.size())},
            std::vector<std::int64_t>(groups_.begin(), groups_.end()));
  state.add("offsets", "eV", {static_cast<std::int64_t>(offsets_.size())}, offsets_);
  return state;
}

void Ridge::restore(const FieldSet& state) {
  const auto& sizes = state.integer("groups");
  groups_.assign(sizes.begin(), sizes.end());
  total_.clear();
  width_ = 0;
  resize();
  total_ = state.real("total");
  force_norm_ = state.real("force_norm");
  offsets_ = state.real("offsets");
}

}  // namespace locum::potential
