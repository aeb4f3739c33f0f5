// Features of labelled frames: invariants, rows of the linear model, and what the network trains on.
#pragma once

#include <cstdint>
#include <vector>

#include "kokkos_kernels/linalg/precision.hpp"
#include "surrogates/potential/frame.hpp"
#include "surrogates/potential/invariants/block_schedule.hpp"
#include "surrogates/potential/invariants/feature_kernel.hpp"
#include "surrogates/potential/neural_potential.hpp"

namespace locum::potential {

// A block's workspace is about a megabyte: few in flight on a GPU.
inline constexpr int blocks_in_flight = device_is_host ? 1 : 512;

// What the network sees of one frame. d components, n atoms; shapes as in FeatureOutput.
struct NetworkFeatures {
  int atoms = 0, padded_pairs = 0;
  RowMajor<float**> x;
  View<int*> pair_start, pair_owner;
  View<int*> species, rank;  // of each atom; its place among the frame's atoms of that species
  std::vector<int> species_count;
  View<float*> jacobian;  // FeatureOutput's, while it is kept in single precision
  View<float* [3]> pair_vector;
  // What a batch needs besides: the atom of each padded pair, and the pair that leads back (−1: none).
  View<int*> pair_center, pair_reverse;
  linalg::Precision storage = linalg::Precision::fp32;  // of the Jacobian: bf16 and fp16 take half the memory
  View<std::uint16_t*> jacobian16;                      // in the same order
};

// What NetworkFeatures of so many atoms and padded pairs hold.
std::uint64_t feature_bytes(std::int64_t atoms, std::int64_t padded_pairs, int components, linalg::Precision storage);
// Pairs of a frame, each atom's padded as in NetworkFeatures.
std::int64_t padded_pairs(const Frame& frame);
// The Jacobian in a format of 16 bits instead of single precision; numbers beyond fp16's are cut to its largest. tf32
// is kept in 32 bits: nothing changes.
void store_jacobian_as(linalg::Precision storage, NetworkFeatures& features);

class FeatureExtractor {
 public:
  // Follows the potential's present whitening; call again after it has changed.
  void use(const NeuralPotential& potential);
  // Format in which network() keeps Jacobians.
  void store_as(linalg::Precision storage) { storage_ = storage; }

  // (n, M)
  RowMajor<double**> invariants(const Frame& frame);
  // design: (3 n + 7, width ≥ species × M), overwritten; the other columns are cleared. Rows: FeatureOutput.
  void design_rows(const Frame& frame, const RowMajor<double**>& design);
  // x and J projected; with `design` (not empty) both in one pass.
  NetworkFeatures network(const Frame& frame, const RowMajor<double**>& design = {});
  // design_rows, and x (n, d).
  RowMajor<float**> design_and_components(const Frame& frame, const RowMajor<double**>& design);

 private:
  void run(const Frame& frame, const FeatureOutput& out);
  template <int L>
  void launch(const BlockInput& in, const FeatureOutput& out);

  linalg::Precision storage_ = linalg::Precision::fp32;
  DeviceModel model_;
  JacobianPlan plan_;
  BlockSchedule schedule_;
  BlockWorkspace workspace_;
};

}  // namespace locum::potential
