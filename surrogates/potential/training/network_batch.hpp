// The frames of a batch as one list of atoms and one of pairs, and the numbers that kernels over them share.
//
// Features stay where they are: a slot of the table points to its frame's. Kernels read the table from device memory
// and are launched over capacities, so that one recording of them (a CUDA graph) serves every batch.
#pragma once

#include <memory>
#include <vector>

#include "surrogates/potential/invariants/features.hpp"

namespace locum::potential {

// A frame with what the linear model and the core leave of its label.
struct NetworkSample {
  NetworkFeatures features;
  View<float* [3]> force;  // (n, 3), eV/Å
  double energy = 0.0;     // eV
  double virial[6] = {};   // eV: xx, yy, zz, xy, xz, yz
  bool has_energy = true, has_virial = true;
  double weight = 1.0, energy_weight = 1.0, force_weight = 1.0, virial_weight = 1.0;  // FrameLabel::weight …
};

// A frame in the batch. Strides are in elements: device arrays may lie the other way round.
struct BatchSlot {
  const float *x = nullptr, *jacobian = nullptr, *pair_vector = nullptr, *target = nullptr;
  const std::uint16_t* jacobian16 = nullptr;
  const int *pair_start = nullptr, *pair_owner = nullptr, *pair_center = nullptr, *pair_reverse = nullptr;
  const int *species = nullptr, *rank = nullptr;
  linalg::Precision storage = linalg::Precision::fp32;
  int pair_strides[2] = {}, target_strides[2] = {};
  int atoms = 0, pairs = 0;            // padded pairs
  int first_atom = 0, first_pair = 0;  // in the batch
  int base[largest_species] = {};      // first row of this frame's atoms of a species
  float energy_weight = 0.0f, force_weight = 0.0f, virial_weight = 0.0f;  // squares; 0 where there is no label
  float norm = 0.0f;                                                      // weight / (3 atoms · frames of the batch)
  double energy = 0.0;
  float virial[6] = {};
  bool has_energy = true;
};

// What holds for the whole batch; in device memory too.
struct BatchTotals {
  int slots = 0, atoms = 0, pairs = 0;
  float loss_scale = 1.0f;
};

// The lengths that arrays and launches are made for.
struct BatchCapacity {
  int slots = 0, atoms = 0, pairs = 0;
  int rows[largest_species] = {};  // of each species
  bool operator==(const BatchCapacity&) const = default;
};

struct LossWeights {
  double energy, force, virial;
};

class NetworkBatch {
 public:
  using Samples = std::vector<std::shared_ptr<const NetworkSample>>;
  // Fills the table; null samples are left out. frames: by which losses are divided. On a GPU capacities only
  // grow, by an eighth more than is needed; on the CPU they are what the batch needs. Keeps the samples until the next
  // call.
  void set(const Samples& samples, int species, int frames, const LossWeights& weights);
  void set_loss_scale(double scale) { totals_host_.loss_scale = static_cast<float>(scale); }
  void upload(const ExecutionSpace& space);

  const BatchCapacity& capacity() const { return capacity_; }
  const BatchTotals& totals() const { return totals_host_; }
  const std::vector<BatchSlot>& slots() const { return slots_host_; }
  View<const BatchSlot*> device_slots() const { return slots_; }
  View<const BatchTotals> device_totals() const { return totals_; }

 private:
  Samples samples_;
  std::vector<BatchSlot> slots_host_;
  BatchTotals totals_host_;
  BatchCapacity capacity_;
  View<BatchSlot*> slots_;
  View<BatchTotals> totals_;
};

}  // namespace locum::potential
