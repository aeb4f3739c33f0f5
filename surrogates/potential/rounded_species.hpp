// Parameters of the species as a reduced precision keeps them.
#pragma once

#include <vector>

#include "surrogates/potential/neural_potential.hpp"

namespace locum::potential {

struct RoundedSpecies {
  // operands: fp32 leaves all as it is; else projection and networks are rounded (inference_config.hpp).
  RoundedSpecies(const PotentialConfig& config, std::vector<SpeciesParameters> parameters, Precision operands);

  std::vector<SpeciesParameters> species;
  // Of int8, else zero: steps of q − q̄ (species, M), largest element of σ_m P_mk for each component (species, d).
  std::vector<float> invariant_step, component_scale;
};

}  // namespace locum::potential
