// A labelled configuration as training uses it: whole on one rank, with its periodic images as ghosts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kokkos_kernels/base/field_set.hpp"
#include "solvers/api/atomistic.hpp"

namespace locum::potential {

struct FrameLabel {
  Cell cell;
  std::vector<double> position, force;  // (n, 3), Å and eV/Å
  std::vector<int> atomic_number;       // (n)
  double energy = 0.0;                  // eV
  Mat3 virial;                          // eV
  bool has_energy = true, has_virial = true;
  // Factors on the frame's part of the loss: 2 counts as the frame twice. Of everything, and of one kind of label more.
  double weight = 1.0, energy_weight = 1.0, force_weight = 1.0, virial_weight = 1.0;
  std::int64_t group = 0;        // labels of one group share their level of energy (TrainingConfig::offsets)
  std::int64_t trajectory = -1;  // −1: production
  int atoms() const { return static_cast<int>(atomic_number.size()); }
  std::uint64_t bytes() const { return sizeof *this + 52 * static_cast<std::uint64_t>(atoms()); }
};

// From the fields of Atomistic::label (+ "trajectory", "weight", "energy_weight", "force_weight", "virial_weight";
// MACE's "config_weight", "config_energy_weight", "config_forces_weight", "config_virials_weight",
// "config_stress_weight" mean the same). Energy and virial may be missing: absent, without rows, or marked by an
// integer "has_energy" of 0. Throws ConfigError on another missing field or a number that is not finite, naming `where`
// ("frame 3 of si.xyz").
FrameLabel read_label(const FieldSet& fields, const std::string& where);
FrameLabel read_label(const FieldSet& fields, std::int64_t index);
double frame_weight(const FieldSet& fields, const std::string& where);  // FrameLabel::weight alone
FieldSet write_label(const FrameLabel& label);

// A configuration of one process: owned atoms, images within the cut-off as ghosts, full neighbour list.
class Frame {
 public:
  Frame(const Communicator& self, const FrameLabel& label, double cutoff);
  const Configuration& configuration() const { return configuration_; }
  // Owner of each atom, ghost or not: (n_local + n_ghost).
  const View<int*>& owner() const { return owner_view_; }
  double min_distance() const { return min_distance_; }  // Å; the cut-off when there are no pairs
  std::uint64_t bytes() const;                           // that it holds

 private:
  Configuration configuration_;
  View<int*> owner_view_;
  std::shared_ptr<GhostExchange> ghosts_;
  double min_distance_ = 0.0;
};

}  // namespace locum::potential
