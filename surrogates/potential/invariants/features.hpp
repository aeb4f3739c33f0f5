// Features of labelled frames: invariants, rows of the linear model, and what the network trains on.
//
// Frames are handed over in batches (frame_batch.hpp): on a GPU thousands of atoms are needed to keep it busy, on the
// CPU a batch makes larger matrix products of what follows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "surrogates/potential/invariants/block_schedule.hpp"
#include "surrogates/potential/invariants/network_features.hpp"
#include "surrogates/potential/neural_potential.hpp"

namespace locum::potential {

// Bytes that extraction may take: the workspaces of the blocks that run at once (at least one runs), and what a batch
// of frames shares (rows of the linear model, features before they are cut). On the CPU one block runs at a time, and a
// batch is one frame of some sixty atoms or several smaller ones: more would leave the cache.
struct ExtractionMemory {
  double workspace = device_is_host ? 0.0 : 4.0 * (1 << 30);
  double batch = device_is_host ? 4.0 * (1 << 20) : 1.0 * (1 << 30);
};

class FeatureExtractor {
 public:
  using Frames = std::span<const Frame* const>;

  // Follows the potential's present whitening; call again after it has changed.
  void use(const NeuralPotential& potential);
  // Format in which network() keeps Jacobians.
  void store_as(linalg::Precision storage) { storage_ = storage; }
  void use_memory(const ExtractionMemory& memory) { memory_ = memory; }
  // How many atoms a batch should have, with rows of `width` columns of the linear model.
  int atoms_at_once(int width) const;

  // Of all frames, one after the other. (Σ n, M)
  RowMajor<double**> invariants(Frames frames);
  // design: (Σ (3 n + 7), width ≥ species × M), overwritten; the other columns are cleared. Rows: FeatureOutput.
  void design_rows(Frames frames, const RowMajor<double**>& design);
  // x and J projected, of each frame; with `design` (not empty) both in one pass. components: x of all, (Σ n, d).
  std::vector<NetworkFeatures> network(Frames frames, const RowMajor<double**>& design = {},
                                       RowMajor<float**>* components = nullptr);
  // design_rows, and x (Σ n, d).
  RowMajor<float**> design_and_components(Frames frames, const RowMajor<double**>& design);

  // The same of one frame.
  RowMajor<double**> invariants(const Frame& frame);
  void design_rows(const Frame& frame, const RowMajor<double**>& design);
  NetworkFeatures network(const Frame& frame, const RowMajor<double**>& design = {});

 private:
  void run(const FrameBatch& batch, FeatureOutput& out);
  template <int L>
  void launch(const BlockInput& in, const FeatureOutput& out);

  linalg::Precision storage_ = linalg::Precision::fp32;
  ExtractionMemory memory_;
  DeviceModel model_;
  JacobianPlan plan_;
  BlockSchedule schedule_;
  BlockWorkspace workspace_;
};

// What the workspace of a block takes, about: values that invariants depend on are not counted but taken as so many
// for each invariant.
double block_bytes(int invariants, int species, int radials, int l_max, int components, double pairs);

}  // namespace locum::potential
