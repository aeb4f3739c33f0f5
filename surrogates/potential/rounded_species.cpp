#include "surrogates/potential/rounded_species.hpp"

#include <algorithm>
#include <cmath>

#include "surrogates/potential/invariants/rounding.hpp"

namespace locum::potential {
namespace {

constexpr double reach = 8.0;  // standard deviations that 127 steps of an invariant cover

// P_mk → s_k n_mk / (127 σ_m), n whole: both products then sum integers, σ_m and s_k belonging to the other operand.
void quantise_projection(SpeciesParameters& s, float* invariant_step, float* component_scale) {
  const std::size_t M = s.mean.size(), d = s.center.size();
  for (std::size_t m = 0; m < M; ++m) invariant_step[m] = static_cast<float>(reach * s.scale[m] / 127.0);
  for (std::size_t k = 0; k < d; ++k) {
    double largest = 0.0;
    for (std::size_t m = 0; m < M; ++m) largest = std::max(largest, std::abs(s.projection[m * d + k] * s.scale[m]));
    component_scale[k] = static_cast<float>(largest);
    for (std::size_t m = 0; m < M; ++m) {
      double& p = s.projection[m * d + k];
      if (s.scale[m] > 0.0)
        p = in_steps(static_cast<float>(p * s.scale[m]), static_cast<float>(largest / 127.0)) / s.scale[m];
    }
  }
}

// Each matrix or vector of a member in steps of its own largest element: (d, h), (h), (h, h), (h), (h), (1).
void quantise_networks(SpeciesParameters& s, const PotentialConfig& config) {
  const std::size_t d = config.components, h = config.hidden;
  auto at = s.network.begin();
  while (at != s.network.end())
    for (const std::size_t size : {d * h, h, h * h, h, h, std::size_t{1}}) {
      double largest = 0.0;
      for (std::size_t k = 0; k < size; ++k) largest = std::max(largest, std::abs(at[k]));
      for (std::size_t k = 0; k < size; ++k)
        at[k] = in_steps(static_cast<float>(at[k]), static_cast<float>(largest / 127.0));
      at += static_cast<std::ptrdiff_t>(size);
    }
}

}  // namespace

RoundedSpecies::RoundedSpecies(const PotentialConfig& config, std::vector<SpeciesParameters> parameters,
                               Precision operands)
    : species(std::move(parameters)) {
  const std::size_t M = species.empty() ? 0 : species[0].mean.size(), d = config.components;
  invariant_step.assign(species.size() * M, 0.0f);
  component_scale.assign(species.size() * d, 0.0f);
  if (operands == Precision::fp32) return;
  for (std::size_t z = 0; z < species.size(); ++z) {
    SpeciesParameters& s = species[z];
    if (operands == Precision::int8) {
      quantise_projection(s, invariant_step.data() + z * M, component_scale.data() + z * d);
      quantise_networks(s, config);
      continue;
    }
    for (double& p : s.projection) p = rounded(static_cast<float>(p), operands);
    for (double& w : s.network) w = rounded(static_cast<float>(w), operands);
  }
}

}  // namespace locum::potential
