// What the network sees of a frame, and how a batch of frames is cut into them.
#pragma once

#include <cstdint>
#include <vector>

#include "kokkos_kernels/linalg/precision.hpp"
#include "surrogates/potential/frame_batch.hpp"
#include "surrogates/potential/invariants/feature_kernel.hpp"

namespace locum::potential {

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

// Of all frames of a batch, to be filled by a FeatureKernel and then cut into frames.
class BatchFeatures {
 public:
  BatchFeatures(const FrameBatch& batch, const ModelShape& model);
  void show(FeatureOutput& out) const;  // where the kernel shall write
  // After the kernel: of each frame, memory of its own; Jacobians in the format of `storage`.
  std::vector<NetworkFeatures> cut(linalg::Precision storage);

 private:
  void link_pairs();
  NetworkFeatures part(int frame) const;

  const FrameBatch& batch_;
  int components_, model_species_;
  std::vector<int> start_, species_, rank_;  // pair_start of the batch; of each atom
  std::vector<std::vector<int>> count_;      // of each frame's species
  NetworkFeatures all_;                      // its species, rank and species_count are not used
};

}  // namespace locum::potential
