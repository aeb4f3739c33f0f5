#include "surrogates/potential/invariants/invariants.hpp"

#include <cmath>

#include "kokkos_kernels/base/units.hpp"
#include "surrogates/potential/invariants/harmonics.hpp"

namespace locum::potential {
namespace {

struct Node {
  double z, weight;
};

// Gauss–Legendre nodes on (−1, 1), by Newton's iteration.
std::vector<Node> legendre_nodes(int n) {
  std::vector<Node> nodes(n);
  for (int i = 0; i < n; ++i) {
    double z = std::cos(units::pi * (i + 0.75) / (n + 0.5)), slope = 0.0;
    for (int iteration = 0; iteration < 50; ++iteration) {
      double before = 1.0, now = z;
      for (int k = 2; k <= n; ++k) {
        const double next = ((2 * k - 1) * z * now - (k - 1) * before) / k;
        before = now;
        now = next;
      }
      slope = n * (z * now - before) / (z * z - 1.0);
      z -= now / slope;
    }
    nodes[i] = {z, 2.0 / ((1.0 - z * z) * slope * slope)};
  }
  return nodes;
}

void add_three_body(const PotentialConfig& config, InvariantSet& set) {
  for (int l = 0; l <= config.l_max; ++l)
    for (int c = 0; c < set.channels; ++c)
      for (int d = c; d < set.channels; ++d)
        set.three_body.push_back({c * set.slots_per_channel + l * l, d * set.slots_per_channel + l * l, 2 * l + 1,
                                  1.0 / std::sqrt(2.0 * l + 1.0)});
}

// The terms of B_m₃ for one triple of degrees, and all its G; returns where the starts lie.
int add_terms(const std::vector<double>& gaunt, int cube, int l1, int l2, int l3, InvariantSet& set) {
  const int at = static_cast<int>(set.terms_start.size());
  for (int m1 = 0; m1 <= 2 * l1; ++m1)
    for (int m2 = 0; m2 <= 2 * l2; ++m2)
      for (int m3 = 0; m3 <= 2 * l3; ++m3)
        set.gaunt.push_back(gaunt[((l1 * l1 + m1) * cube + l2 * l2 + m2) * cube + l3 * l3 + m3]);
  for (int m3 = 0; m3 <= 2 * l3; ++m3) {
    set.terms_start.push_back(static_cast<int>(set.terms.size()));
    for (int m1 = 0; m1 <= 2 * l1; ++m1)
      for (int m2 = 0; m2 <= 2 * l2; ++m2) {
        const double g = gaunt[((l1 * l1 + m1) * cube + l2 * l2 + m2) * cube + l3 * l3 + m3];
        if (std::abs(g) > 1e-12) set.terms.push_back({m1, m2, g});  // the quadrature's zeros are ~1e-16
      }
  }
  set.terms_start.push_back(static_cast<int>(set.terms.size()));
  return at;
}

// All channel triples of one triple of degrees, each unordered product once.
void add_couplings(const std::vector<int>& channels, int l1, int l2, int l3, int entries, InvariantSet& set) {
  for (const int c1 : channels)
    for (const int c2 : channels) {
      if (l1 == l2 && c2 < c1) continue;
      Coupling coupling{c1 * set.slots_per_channel + l1 * l1,
                        c2 * set.slots_per_channel + l2 * l2,
                        2 * l3 + 1,
                        entries,
                        set.products,
                        static_cast<int>(set.targets.size()),
                        0,
                        2 * l1 + 1,
                        2 * l2 + 1,
                        static_cast<int>(set.gaunt.size()) - (2 * l1 + 1) * (2 * l2 + 1) * (2 * l3 + 1)};
      for (const int c3 : channels) {
        if (l2 == l3 && c3 < c2) continue;
        set.targets.push_back({c3 * set.slots_per_channel + l3 * l3, set.count++});
      }
      coupling.target_end = static_cast<int>(set.targets.size());
      if (coupling.target_end == coupling.target) continue;
      set.couplings.push_back(coupling);
      set.products += coupling.width;
    }
}

}  // namespace

std::vector<double> gaunt_coefficients(int l_max) {
  const int h = (l_max + 1) * (l_max + 1), all = (largest_l + 1) * (largest_l + 1);
  const int azimuths = 3 * l_max + 2;
  std::vector<double> gaunt(static_cast<std::size_t>(h) * h * h, 0.0), y(all);
  for (const Node& node : legendre_nodes(3 * l_max / 2 + 2))
    for (int k = 0; k < azimuths; ++k) {
      const double phi = 2.0 * units::pi * k / azimuths, s = std::sqrt(1.0 - node.z * node.z);
      harmonics<largest_l>(s * std::cos(phi), s * std::sin(phi), node.z, y.data());
      const double weight = node.weight / (2.0 * azimuths);  // sums to one over the sphere
      for (int a = 0; a < h; ++a)
        for (int b = 0; b < h; ++b)
          for (int c = 0; c < h; ++c) gaunt[(a * h + b) * h + c] += weight * y[a] * y[b] * y[c];
    }
  return gaunt;
}

InvariantSet make_invariants(const PotentialConfig& config, int species) {
  InvariantSet set;
  set.species = species;
  set.radials = config.radials;
  set.channels = species * config.radials;
  set.l_max = config.four_body_radials > 0 ? std::max(config.l_max, config.four_body_l_max) : config.l_max;
  set.slots_per_channel = (set.l_max + 1) * (set.l_max + 1);
  add_three_body(config, set);
  set.count = set.channels + static_cast<int>(set.three_body.size());
  std::vector<int> channels;
  for (int s = 0; s < species; ++s)
    for (int n = 0; n < config.four_body_radials; ++n) channels.push_back(s * config.radials + n);
  if (channels.empty()) return set;
  const int top = config.four_body_l_max, cube = (top + 1) * (top + 1);
  const std::vector<double> gaunt = gaunt_coefficients(top);
  for (int l1 = 0; l1 <= top; ++l1)
    for (int l2 = l1; l2 <= top; ++l2)
      for (int l3 = l2; l3 <= top && l3 <= l1 + l2; ++l3)
        if ((l1 + l2 + l3) % 2 == 0) add_couplings(channels, l1, l2, l3, add_terms(gaunt, cube, l1, l2, l3, set), set);
  return set;
}

}  // namespace locum::potential
