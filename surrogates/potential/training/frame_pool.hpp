// The labelled frames of a learner, dealt to the ranks, and how well the potential answers them.
//
// Labels and geometries of this rank's frames stay in memory while there is room; what does not is read or built again
// each time it is asked for.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "surrogates/potential/frame.hpp"
#include "surrogates/potential/inference/potential_step.hpp"
#include "surrogates/potential/training/frame_source.hpp"
#include "surrogates/potential/training/memory_room.hpp"
#include "surrogates/potential/training/network_objective.hpp"
#include "surrogates/potential/training/ridge.hpp"
#include "surrogates/train/learner.hpp"

namespace locum::potential {

// calibration: new labels that are held out. Of what a given model was trained on: replay, trained on again;
// old_domain, held out.
enum class Use { train, validation, test, calibration, replay, old_domain };

struct PoolFrame {
  FrameFacts facts;
  std::int64_t group = 0;  // FrameLabel::group
  Use use = Use::train;
  std::shared_ptr<const FrameSource> source;  // of the label; null: the label is here to stay, on every rank
  std::int64_t index = 0;                     // in the source
  // On the rank that holds the frame, as long as there is room.
  std::shared_ptr<const FrameLabel> label;
  std::shared_ptr<const Frame> geometry;
  std::shared_ptr<NetworkSample> sample;  // while the network needs it
};

// How the potential answered a frame.
struct FrameError {
  double score, largest, rmse;  // eV/Å: of the worst atom; largest |ΔF| of an atom; of force components
};

class FramePool {
 public:
  FramePool(Context context, double cutoff);

  int size() const { return static_cast<int>(frames_.size()); }
  PoolFrame& at(int k) { return frames_[k]; }
  const PoolFrame& at(int k) const { return frames_[k]; }
  // A label that every rank has, and that stays.
  void add(FrameLabel label, Use use, const NeuralPotential& potential);
  // Frame `index` of a source.
  void add(std::shared_ptr<const FrameSource> source, std::int64_t index, std::int64_t group, Use use);
  void truncate(int size);
  bool mine(int k) const { return k % context_.comm.size() == context_.comm.rank(); }
  // What may be held of labels (of sources that do not hold them anyway) and of geometries; without limit at first.
  MemoryRoom& label_room() { return label_room_; }
  MemoryRoom& geometry_room() { return geometry_room_; }
  // Reads every label of this rank once, and keeps what there is room for: a bad one is told before work begins.
  // Collective.
  void read_labels();
  std::vector<int> with(Use use) const;
  // Of this rank's frames.
  std::shared_ptr<const FrameLabel> label(int k);
  std::shared_ptr<const Frame> geometry(int k);

  // Smallest distance and energies per atom of the given frames. Collective.
  struct Ranges {
    double min_distance, min_energy, max_energy;
  };
  Ranges ranges(const std::vector<int>& frames);

  // Answer of a potential for frame k of this rank.
  struct Answer {
    double energy = 0.0, score = 0.0;
    std::vector<double> force, atom_score;
    Mat3 virial;
  };
  Answer answer(PotentialStep& step, int k, bool with_score);

  // label − answer, with the offset that labels of this size have taken out.
  struct Residual {
    double energy;
    std::vector<double> force;
    double virial[6];
  };
  Residual residual(PotentialStep& step, int k, const Ridge& ridge);

  // force_rmse_eV_per_A, energy_rmse_meV_per_atom, virial_rmse_meV_per_atom, with the prefix. Collective.
  void add_metrics(PotentialStep& step, const std::vector<int>& frames, const Ridge& ridge, const std::string& prefix,
                   std::map<std::string, double>& metrics);
  // Score and true |ΔF| of every atom of the frames, on every rank. Collective.
  std::vector<train::CalibrationPair> atom_pairs(PotentialStep& step, const std::vector<int>& frames);
  // In the order of `frames`, on every rank: the score, and the truth. Collective.
  std::vector<FrameError> frame_errors(PotentialStep& step, const std::vector<int>& frames);
  // The same as the gate calibrates with: score and largest error.
  std::vector<train::CalibrationPair> calibration(PotentialStep& step, const std::vector<int>& frames);

 private:
  Context context_;
  Communicator self_;
  double cutoff_;
  std::vector<PoolFrame> frames_;
  MemoryRoom label_room_, geometry_room_;
};

}  // namespace locum::potential
