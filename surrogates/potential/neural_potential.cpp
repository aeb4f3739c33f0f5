#include "surrogates/potential/neural_potential.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/potential/invariants/kept_invariants.hpp"
#include "surrogates/potential/rounded_species.hpp"

namespace locum::potential {
namespace {

template <class V, class T>
V to_device(const std::vector<T>& values, V view) {
  const auto host = Kokkos::create_mirror_view(view);
  std::copy(values.begin(), values.end(), host.data());
  Kokkos::deep_copy(view, host);
  return view;
}

template <class T>
View<const T*> list_to_device(const std::string& label, const std::vector<T>& values) {
  return to_device(values, View<T*>(uninitialized(label), values.size()));
}

// One species after the other in one row-major view, rounded to its type.
template <class V>
V stack(V view, const std::vector<SpeciesParameters>& species, std::vector<double> SpeciesParameters::*member) {
  const auto host = Kokkos::create_mirror_view(view);
  auto* to = host.data();
  for (const auto& s : species) to = std::copy((s.*member).begin(), (s.*member).end(), to);
  Kokkos::deep_copy(view, host);
  return view;
}

// The parameters of all species in the model's precision.
template <class T>
void stack_all(DeviceModelOf<T>& m, const std::vector<SpeciesParameters>& species) {
  const std::size_t S = species.size(), M = m.invariants, d = m.components, C = m.members, size = m.network_size;
  m.linear = stack(RowMajor<T**>(uninitialized("linear"), S, M), species, &SpeciesParameters::linear);
  m.mean = stack(RowMajor<T**>(uninitialized("mean"), S, M), species, &SpeciesParameters::mean);
  m.projection = stack(RowMajor<T***>(uninitialized("projection"), S, M, d), species, &SpeciesParameters::projection);
  m.center = stack(RowMajor<T**>(uninitialized("center"), S, d), species, &SpeciesParameters::center);
  m.metric = stack(RowMajor<T***>(uninitialized("metric"), S, d, d), species, &SpeciesParameters::metric);
  const std::size_t head = species[0].spread_head.size();
  m.spread_head =
      stack(RowMajor<T**>(uninitialized("spread_head"), head ? S : 0, head), species, &SpeciesParameters::spread_head);
  // Members begin on boundaries of four numbers, for the loads of lane_algebra.hpp.
  const RowMajor<T***> network("network", S, C, (size + 3) / 4 * 4);
  const auto host = Kokkos::create_mirror_view(network);
  for (std::size_t z = 0; z < S; ++z)
    for (std::size_t c = 0; c < C; ++c)
      for (std::size_t k = 0; k < size; ++k) host(z, c, k) = static_cast<T>(species[z].network[c * size + k]);
  Kokkos::deep_copy(network, host);
  m.network = network;
}

// fp16 ends at 65504 and 6e-8: the largest weight comes to 2¹⁴ at most. Its own inverse must fit, too.
double scale_for_halves(const std::vector<double>& weights) {
  double largest = 0.0;
  for (const double w : weights) largest = std::max(largest, std::abs(w));
  int exponent = 0;
  std::frexp(largest, &exponent);
  return std::ldexp(1.0, std::clamp(14 - exponent, -14, 14));
}

void check_size(const std::vector<double>& values, std::size_t expected, const std::string& name) {
  if (values.size() != expected)
    throw ConfigError("'" + name + "' of the potential holds " + std::to_string(values.size()) + " values, " +
                          std::to_string(expected) + " were expected",
                      "", "the model file does not fit its own description");
}

}  // namespace

int network_size(int d, int h) { return d * h + h + h * h + h + h + 1; }

NeuralPotential::NeuralPotential(PotentialConfig config, std::vector<int> elements, std::vector<int> kept)
    : config_(config), elements_(std::move(elements)), kept_(std::move(kept)) {
  config_.validate();
  if (elements_.empty() || static_cast<int>(elements_.size()) > largest_species)
    throw ConfigError("a potential for " + std::to_string(elements_.size()) + " elements", "", "1 … 8");
  std::sort(elements_.begin(), elements_.end());
  invariants_ = make_invariants(config_, static_cast<int>(elements_.size()));
  if (!kept_.empty()) invariants_ = keep_invariants(invariants_, kept_);
  config_.components = std::min(config_.components, invariants_.count);
  const std::size_t M = invariants_.count, d = config_.components;
  SpeciesParameters zero;
  zero.linear.assign(M, 0.0);
  zero.mean.assign(M, 0.0);
  zero.scale.assign(M, 1.0);
  zero.projection.assign(M * d, 0.0);
  zero.center.assign(d, 0.0);
  zero.metric.assign(d * d, 0.0);
  zero.frame_center.assign(d, 0.0);
  zero.frame_metric.assign(d, 0.0);
  zero.network.assign(static_cast<std::size_t>(config_.members) * network_size(config_.components, config_.hidden),
                      0.0);
  species_.assign(elements_.size(), zero);
  upload();
}

int NeuralPotential::species_of(int atomic_number) const {
  const auto found = std::find(elements_.begin(), elements_.end(), atomic_number);
  if (found != elements_.end()) return static_cast<int>(found - elements_.begin());
  std::string known;
  for (const int z : elements_) known += (known.empty() ? "" : ", ") + element_symbol(z);
  throw ConfigError("the potential does not know element " + element_symbol(atomic_number), "",
                    "it was trained for " + known);
}

void NeuralPotential::upload() {
  const std::size_t S = elements_.size(), M = invariants_.count, d = config_.components, C = config_.members;
  const std::size_t P = network_size(config_.components, config_.hidden);
  DeviceModel m;
  m.species = static_cast<int>(S);
  m.channels = invariants_.channels;
  m.radials = RadialBasis(config_.radials, config_.cutoff, config_.closest);
  m.l_max = invariants_.l_max;
  m.slots_per_channel = invariants_.slots_per_channel;
  m.invariants = invariants_.count;
  m.products = invariants_.products;
  m.components = config_.components;
  m.hidden = config_.hidden;
  m.members = config_.members;
  m.network_size = static_cast<int>(P);
  m.use_network = use_network;
  m.cutoff = config_.cutoff;
  m.core_inner = core_inner();
  m.core_outer = core_outer();
  m.min_distance = std::max(min_distance, 1e-3);
  m.score_floor = score.floor;
  m.score_spread = score.spread;
  m.score_distance = score.distance;
  std::vector<int> species_of(128, -1);
  const std::size_t head = species_[0].spread_head.empty() ? 0 : config_.hidden + 1;
  for (std::size_t s = 0; s < S; ++s) {
    m.element[s] = elements_[s];
    check_size(species_[s].linear, M, "linear");
    check_size(species_[s].mean, M, "mean");
    check_size(species_[s].scale, M, "scale");
    check_size(species_[s].projection, M * d, "projection");
    check_size(species_[s].center, d, "center");
    check_size(species_[s].metric, d * d, "metric");
    check_size(species_[s].frame_center, d, "frame_center");
    check_size(species_[s].frame_metric, d, "frame_metric");
    check_size(species_[s].network, C * P, "network");
    m.constant[s] = species_[s].constant;
    m.centred_constant[s] = std::inner_product(species_[s].linear.begin(), species_[s].linear.end(),
                                               species_[s].mean.begin(), species_[s].constant);
    m.linear_scale[s] = scale_for_halves(species_[s].linear);
    species_of[elements_[s]] = static_cast<int>(s);
    check_size(species_[s].spread_head, head, "spread_head");
  }
  m.species_of = list_to_device("species_of", species_of);
  if (device_.three_body.extent(0) > 0) {  // the lists never change
    m.three_body = device_.three_body;
    m.couplings = device_.couplings;
    m.terms_start = device_.terms_start;
    m.terms = device_.terms;
    m.gaunt = device_.gaunt;
    m.targets = device_.targets;
  } else {
    m.three_body = list_to_device("three_body", invariants_.three_body);
    m.couplings = list_to_device("couplings", invariants_.couplings);
    m.terms_start = list_to_device("terms_start", invariants_.terms_start);
    m.terms = list_to_device("terms", invariants_.terms);
    m.gaunt = list_to_device("gaunt", invariants_.gaunt);
    m.targets = list_to_device("targets", invariants_.targets);
  }
  stack_all(m, species_);
  static_cast<ModelShape&>(device_single_) = m;
  device_single_.operands = precision == Precision::fp64 ? Precision::fp32 : precision;
  if (device_single_.gaunt.extent(0) == 0)
    device_single_.gaunt =
        list_to_device("gaunt_single", std::vector<float>(invariants_.gaunt.begin(), invariants_.gaunt.end()));
  const RoundedSpecies rounded(config_, species_, device_single_.operands);
  stack_all(device_single_, rounded.species);
  device_single_.invariant_step =
      to_device(rounded.invariant_step, RowMajor<float**>(uninitialized("invariant_step"), S, M));
  device_single_.component_scale =
      to_device(rounded.component_scale, RowMajor<float**>(uninitialized("component_scale"), S, d));
  device_ = m;
}

}  // namespace locum::potential
