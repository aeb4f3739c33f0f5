// The run of a reconstruction: the object from all frames, then from either half of them where the resolution is asked
// for; checkpoints between sweeps, and the way back from any end.
//
// A stage that is done is kept in stage_NAME.h5, the one at work in checkpoint.h5; both are written whole or not at
// all.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/imaging/forecast.hpp"
#include "apps/ptychography/diffraction_data.hpp"
#include "apps/run_directory.hpp"
#include "apps/training_events.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "solvers/imaging/ptychography/reconstruction.hpp"

namespace locum::apps {

struct StageResult {
  ObjectFunction object;
  std::vector<Ptychogram::Value> probe;         // (modes, nx, ny)
  std::vector<std::array<double, 2>> position;  // pixels, of all frames
  std::vector<int> frames;                      // that took part, ascending
  std::vector<FourierError> errors;             // of these, in this order
  std::vector<imaging::SweepRecord> history;
  bool converged = false;
  double seconds = 0.0;  // of sweeping, slowest rank, all sessions

  // Frames and what is known of each, in the order in which a solver has them, are put into that of the data.
  void take_frames(const std::vector<int>& which, const std::vector<FourierError>& error);
  FieldSet state() const;
  static StageResult from_state(const FieldSet& state);
};

struct ReconstructionAccount {
  double setup = 0.0, sweeps = 0.0, write = 0.0, wall = 0.0;  // s, of the slowest rank, this session
  std::int64_t sweeps_here = 0;
  double frame_sweeps = 0.0;                                                  // frames visited
  double rate() const { return sweeps > 0.0 ? frame_sweeps / sweeps : 0.0; }  // frames·sweeps/s of all ranks
  Forecast forecast;
};

// What a reconstruction of `frames` frames takes, before anything is taken: bytes of each rank while it sweeps and
// writes a checkpoint. The measured frames stay in memory as far as imaging::memory_budget() goes. Collective.
double reconstruction_bytes(const Ptychogram& input, const imaging::PtychographyConfig& config, int frames);
// The same of the rank that compares the results afterwards, with each other and with the truth.
double comparison_bytes(const Ptychogram& input, bool halves, bool truth);

class ReconstructionJob {
 public:
  ReconstructionJob(const Context& context, const RunDirectory& directory, const ReconstructionConfig& config,
                    const DiffractionData& data);

  // False when a signal asked to stop; what is needed to go on is written. ConfigError for what does not fit the memory
  // or the disk, and for a checkpoint of other data. Collective.
  bool run(bool restart);
  // Takes checkpoint and stages away, after the results have been written.
  void clear() const;

  const StageResult& whole() const { return stages_.front(); }
  bool has_halves() const { return stages_.size() == 3; }
  const StageResult& half(int k) const { return stages_.at(static_cast<std::size_t>(1 + k)); }
  const ReconstructionAccount& account() const { return account_; }

 private:
  bool run_stage(std::size_t stage);
  bool sweep(imaging::Reconstruction& reconstruction, std::size_t stage, double before);
  void forecast();
  void save(imaging::Reconstruction& reconstruction, std::size_t stage, double seconds);
  double take_up(imaging::Reconstruction& reconstruction, std::size_t stage);
  void finish(imaging::Reconstruction& reconstruction, std::size_t stage, double seconds);

  const Context& context_;
  const RunDirectory& directory_;
  const ReconstructionConfig& config_;
  const DiffractionData& data_;
  bool restart_ = false;
  std::vector<std::string> names_;
  std::vector<StageResult> stages_;
  std::unique_ptr<TrainingEvents> events_;
  ReconstructionAccount account_;
};

}  // namespace locum::apps
