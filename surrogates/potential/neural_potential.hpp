// The neural potential: E = Σ_i [ b_z + w_z·q_i + mean over the committee of net_z,m(x_i) ] + ½ Σ_ij core(r_ij).
//
// q_i: two-, three- and four-body invariants of the neighbour density (invariants.hpp); x_i: soft-whitened principal
// components of q_i. z: species of the central atom. Invariants and adjoints: docs/theory/potential.md.
// Sources: Drautz, PRB 99, 014104 (2019); Fan et al., J. Chem. Phys. 157, 114801 (2022).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kokkos_kernels/base/field_tree.hpp"
#include "surrogates/potential/inference_config.hpp"
#include "surrogates/potential/invariants/device_model.hpp"
#include "surrogates/potential/invariants/invariants.hpp"
#include "surrogates/potential/potential_config.hpp"

namespace locum::potential {

// The parameters of one central species, row-major host arrays. M invariants, d components, h hidden, m members.
struct SpeciesParameters {
  double constant = 0.0;           // b_z, eV
  std::vector<double> linear;      // (M), eV per invariant
  std::vector<double> mean;        // (M), subtracted from q before the projection
  std::vector<double> projection;  // (M, d): x = projectionᵀ (q − mean)
  std::vector<double> scale;       // (M), invariants' standard deviation; the residual of the projection uses it
  // x measured in the training set: x̄ (d) and the inverse Cholesky factor (d, d) of its covariance.
  std::vector<double> center, metric;
  // The mean of x over a frame, measured over the frames of the training set: its mean (d), one over its deviation (d).
  std::vector<double> frame_center, frame_metric;
  std::vector<double> network;  // (m, network_size(d, h)); layout of nn::Committee
  // What stands for the committee's spread in a single network: log spread² = head_h + Σ_k head_k h2_k over its last
  // hidden layer; (h + 1), or empty: there is none. All species have one, or none has.
  std::vector<double> spread_head;
};

// s_i² = c0² + c1² spread_i² + c2² distance_i² + c3² (distance of the frame)², eV/Å.
struct ScoreParameters {
  double floor = 0.05, spread = 1.0, distance = 0.02, frame = 0.0;
};

class NeuralPotential {
 public:
  // elements: atomic numbers that the model knows, ascending, each once. Parameters start at zero.
  // kept: which of make_invariants()'s it has (keep_invariants()); empty: all.
  NeuralPotential(PotentialConfig config, std::vector<int> elements, std::vector<int> kept = {});

  const PotentialConfig& config() const { return config_; }
  const std::vector<int>& elements() const { return elements_; }
  const InvariantSet& invariants() const { return invariants_; }
  const std::vector<int>& kept_invariants() const { return kept_; }
  // Index of an element among elements(); throws ConfigError that lists the known ones.
  int species_of(int atomic_number) const;

  std::vector<SpeciesParameters>& species() { return species_; }
  const std::vector<SpeciesParameters>& species() const { return species_; }
  ScoreParameters score;
  double min_distance = 0.0;                  // Å, smallest of the training set
  double default_core = 0.0;                  // Å
  double min_energy = 0.0, max_energy = 0.0;  // eV/atom, of the training set
  bool use_network = false;
  Precision precision = Precision::fp64;          // in which a PotentialStep answers
  std::map<std::string, std::string> provenance;  // free words: program, dataset, date

  // Outer end of the core, Å: config().core_distance, or what the first fit set from its data.
  double core_outer() const { return config_.core_distance > 0.0 ? config_.core_distance : default_core; }
  double core_inner() const { return 0.6 * core_outer(); }

  // Makes the parameters above the ones that kernels use. Call after every change.
  void upload();
  const DeviceModel& device() const { return device_; }
  const DeviceModelOf<float>& device_single() const { return device_single_; }

  FieldTree record() const;
  // Throws ConfigError on a missing or misshapen field.
  static std::shared_ptr<NeuralPotential> from_record(const FieldTree& record);

 private:
  PotentialConfig config_;
  std::vector<int> elements_;
  std::vector<int> kept_;
  InvariantSet invariants_;
  std::vector<SpeciesParameters> species_;
  DeviceModel device_;
  DeviceModelOf<float> device_single_;  // the same, rounded
};

// Number of parameters of one member: d×h + h + h×h + h + h + 1.
int network_size(int components, int hidden);

}  // namespace locum::potential
