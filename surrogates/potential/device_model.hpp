// The parameters of a neural potential as kernels read them.
#pragma once

#include "kokkos_kernels/base/kokkos.hpp"
#include "surrogates/potential/invariants.hpp"
#include "surrogates/potential/radials.hpp"

namespace locum::potential {

inline constexpr int largest_species = 8;

template <class T>
using RowMajor = Kokkos::View<T, Kokkos::LayoutRight, MemorySpace>;

struct DeviceModel {
  int species = 0, channels = 0, l_max = 0, slots_per_channel = 0, invariants = 0, products = 0;
  int components = 0, hidden = 0, members = 0, network_size = 0;
  RadialBasis radials;
  bool use_network = false;
  double cutoff = 0.0, core_inner = 0.0, core_outer = 0.0, min_distance = 0.0;
  double score_floor = 0.0, score_spread = 0.0, score_distance = 0.0;
  int element[largest_species] = {};
  double constant[largest_species] = {};

  View<const ThreeBody*> three_body;
  View<const Coupling*> couplings;
  View<const int*> terms_start;
  View<const CouplingTerm*> terms;
  View<const CouplingTarget*> targets;
  View<const double*> gaunt;
  RowMajor<const double**> linear;       // (species, M)
  RowMajor<const double**> mean;         // (species, M)
  RowMajor<const double***> projection;  // (species, M, d)
  RowMajor<const double**> center;       // (species, d)
  RowMajor<const double***> metric;      // (species, d, d), lower triangular
  RowMajor<const double***> network;     // (species, members, network_size)
  RowMajor<const double**> spread_head;  // (species, hidden + 1), see SpeciesParameters; empty: none
  View<const int*> species_of;           // (104): atomic number → species, −1 unknown
};

}  // namespace locum::potential
