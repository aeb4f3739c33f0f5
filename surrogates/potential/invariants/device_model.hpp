// The parameters of a neural potential as kernels read them.
#pragma once

#include "kokkos_kernels/base/kokkos.hpp"
#include "surrogates/potential/inference_config.hpp"
#include "surrogates/potential/invariants/invariants.hpp"
#include "surrogates/potential/invariants/radials.hpp"

namespace locum::potential {

inline constexpr int largest_species = 8;

template <class T>
using RowMajor = Kokkos::View<T, Kokkos::LayoutRight, MemorySpace>;

// What does not depend on the precision: shape, lists, and numbers that are used in double precision.
struct ModelShape {
  int species = 0, channels = 0, l_max = 0, slots_per_channel = 0, invariants = 0, products = 0;
  int components = 0, hidden = 0, members = 0, network_size = 0;
  RadialBasis radials;
  bool use_network = false;
  Precision operands = Precision::fp32;  // of the products in single precision; fp32: as they are
  double cutoff = 0.0, core_inner = 0.0, core_outer = 0.0, min_distance = 0.0;
  double score_floor = 0.0, score_spread = 0.0, score_distance = 0.0;
  int element[largest_species] = {};
  double constant[largest_species] = {};          // b_z
  double centred_constant[largest_species] = {};  // b_z + w_z·q̄_z, where w_z multiplies q − q̄_z
  double linear_scale[largest_species] = {};      // a power of two that brings w_z into the reach of 16 bits

  View<const ThreeBody*> three_body;
  View<const Coupling*> couplings;
  View<const int*> terms_start;
  View<const CouplingTerm*> terms;
  View<const CouplingTarget*> targets;
  View<const int*> species_of;  // (104): atomic number → species, −1 unknown
};

// T: double or float.
template <class T>
struct DeviceModelOf : ModelShape {
  using Scalar = T;
  View<const T*> gaunt;
  RowMajor<const T**> linear;       // (species, M)
  RowMajor<const T**> mean;         // (species, M)
  RowMajor<const T***> projection;  // (species, M, d)
  RowMajor<const T**> center;       // (species, d)
  RowMajor<const T***> metric;      // (species, d, d), lower triangular
  RowMajor<const T***> network;     // (species, members, ≥ network_size)
  RowMajor<const T**> spread_head;  // (species, hidden + 1), see SpeciesParameters; empty: none
  // Of int8: steps of q − q̄ (species, M), and what makes the components of ∂E/∂x comparable (species, d).
  RowMajor<const T**> invariant_step, component_scale;
};
using DeviceModel = DeviceModelOf<double>;

}  // namespace locum::potential
