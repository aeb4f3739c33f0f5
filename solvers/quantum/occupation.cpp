#include "solvers/quantum/occupation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::quantum {
namespace {

double fermi(double x) { return x > 0.0 ? std::exp(-x) / (1.0 + std::exp(-x)) : 1.0 / (1.0 + std::exp(x)); }

// −[f ln f + (1 − f) ln(1 − f)], without the cancellation of 1 − f.
double entropy(double x) {
  const double y = std::abs(x), decay = std::exp(-y);
  return std::log1p(decay) + y * decay / (1.0 + decay);
}

// The levels in order of energy, and the one at which the lowest have taken up all electrons.
struct Ladder {
  std::vector<int> order;
  std::size_t split = 0;  // position in `order`
  double below = 0.0;     // weight of the split level that is filled at kT = 0
};

Ladder fill_from_below(const std::vector<double>& energies, const std::vector<double>& weights, double pairs) {
  Ladder ladder;
  ladder.order.resize(energies.size());
  std::iota(ladder.order.begin(), ladder.order.end(), 0);
  std::stable_sort(ladder.order.begin(), ladder.order.end(), [&](int a, int b) { return energies[a] < energies[b]; });
  double filled = 0.0;
  for (ladder.split = 0; ladder.split < ladder.order.size(); ++ladder.split) {
    const double weight = weights[ladder.order[ladder.split]];
    if (filled + weight > pairs * (1.0 - 1e-13)) {  // sums of weights such as 1/27 round
      ladder.below = std::min(weight, pairs - filled);
      return ladder;
    }
    filled += weight;
  }
  throw NumericalError("there is no room for " + std::to_string(2.0 * pairs) + " electrons in " +
                           std::to_string(energies.size()) + " levels of total weight " + std::to_string(filled),
                       "quantum::occupy");
}

struct Excitations {
  double electrons = 0.0, holes = 0.0;            // weight above and below the split
  double electron_slope = 0.0, hole_slope = 0.0;  // by μ / kT
};

Excitations excitations(const std::vector<double>& energies, const std::vector<double>& weights, const Ladder& ladder,
                        double mu, double kt) {
  Excitations e;
  for (std::size_t position = 0; position < ladder.order.size(); ++position) {
    const int level = ladder.order[position];
    const double x = (energies[level] - mu) / kt, f = fermi(x), g = fermi(-x);
    const double below = position < ladder.split ? weights[level] : position > ladder.split ? 0.0 : ladder.below;
    const double above = weights[level] - below;
    e.electrons += above * f;
    e.holes += below * g;
    e.electron_slope += above * f * g;
    e.hole_slope += below * f * g;
  }
  return e;
}

// Electrons above the split equal holes below it. Both are tiny in a gap, where counting all electrons would see
// nothing but rounding; their logarithms are smooth and nearly straight there, and Newton's steps, kept within a
// bracket, end at machine precision in a few turns.
double chemical_potential(const std::vector<double>& energies, const std::vector<double>& weights, const Ladder& ladder,
                          double kt) {
  double low = energies[ladder.order.front()] - 50.0 * kt, high = energies[ladder.order.back()] + 50.0 * kt;
  const std::size_t next = std::min(ladder.split + 1, ladder.order.size() - 1);
  double mu = 0.5 * (energies[ladder.order[ladder.split]] + energies[ladder.order[next]]);
  for (int turn = 0; turn < 200; ++turn) {
    const Excitations e = excitations(energies, weights, ladder, mu, kt);
    if (e.electrons == e.holes) return mu;  // also where both underflow, deep in a gap
    (e.electrons > e.holes ? high : low) = mu;
    double step = 0.5 * (low + high) - mu;
    if (e.electrons > 0.0 && e.holes > 0.0) {
      const double newton =
          -kt * std::log(e.electrons / e.holes) / (e.electron_slope / e.electrons + e.hole_slope / e.holes);
      if (mu + newton > low && mu + newton < high) step = newton;
    }
    if (std::abs(step) <= 2e-16 * (std::abs(mu) + kt)) return mu;
    mu += step;
  }
  return mu;  // the bracket has shrunk to rounding
}

void fill_at_zero(const std::vector<double>& energies, const std::vector<double>& weights, double pairs,
                  const Ladder& ladder, Occupation& result) {
  const double last = energies[ladder.order[ladder.split]];
  double filled = 0.0, shared = 0.0;
  for (std::size_t k = 0; k < energies.size(); ++k) {
    const double above = energies[k] - last;
    if (above < -1e-8) filled += weights[k];
    if (std::abs(above) <= 1e-8) shared += weights[k];
  }
  for (std::size_t k = 0; k < energies.size(); ++k) {
    const double above = energies[k] - last;
    result.filling[k] = above < -1e-8 ? 1.0 : above > 1e-8 ? 0.0 : (pairs - filled) / shared;
  }
  const std::size_t next = std::min(ladder.split + 1, ladder.order.size() - 1);
  const bool full = ladder.below >= weights[ladder.order[ladder.split]] * (1.0 - 1e-9);
  result.chemical_potential = full ? 0.5 * (last + energies[ladder.order[next]]) : last;
}

}  // namespace

Occupation occupy(const std::vector<double>& energies, const std::vector<double>& weights, double electrons,
                  double thermal_energy) {
  for (const double energy : energies)
    if (!std::isfinite(energy))
      throw NumericalError("a one-electron level is not a finite number", "quantum::occupy",
                           "positions may have exploded: a shorter timestep?");
  const double pairs = 0.5 * electrons;
  const Ladder ladder = fill_from_below(energies, weights, pairs);
  Occupation result;
  result.filling.assign(energies.size(), 0.0);
  result.entropy_energy.assign(energies.size(), 0.0);
  if (thermal_energy > 0.0) {
    const double mu = chemical_potential(energies, weights, ladder, thermal_energy);
    result.chemical_potential = mu;
    for (std::size_t k = 0; k < energies.size(); ++k) {
      const double x = (energies[k] - mu) / thermal_energy;
      result.filling[k] = fermi(x);
      result.entropy_energy[k] = -2.0 * thermal_energy * entropy(x);
    }
  } else {
    fill_at_zero(energies, weights, pairs, ladder, result);
  }
  for (std::size_t k = 0; k < energies.size(); ++k) {
    result.band_energy += 2.0 * weights[k] * result.filling[k] * energies[k];
    result.free_energy += weights[k] * result.entropy_energy[k];
  }
  result.free_energy += result.band_energy;
  return result;
}

}  // namespace locum::quantum
