// Frames as a detector would give them: expected counts of a FrameModel, with background, counting noise, readout noise
// and pixels that do not work.
//
// A count is a pure function of (seed, frame, pixel): the same on any number of ranks, in any order, and each time that
// it is asked for. SimulatedFrames makes frames when they are read and keeps none, so that a data set may be larger
// than memory; kept_frames() makes each once and holds them where the ranks of a node can see them.
#pragma once

#include <memory>

#include "kokkos_kernels/base/config.hpp"
#include "solvers/imaging/ptychography/frames/frame_model.hpp"

namespace locum::imaging {

struct FrameNoiseConfig {
  bool poisson = true;       // counts are Poisson numbers; false: the expected counts
  double background = 0.0;   // counts a pixel and frame, expected, uniform; subject to counting noise too
  double readout = 0.0;      // counts, standard deviation of normal noise that is added to each pixel; cut at 0
  double dead_pixels = 0.0;  // share of the detector's pixels that read 0 always, at random places
  double beam_stop = 0.0;    // pixels, radius of a disc around the axis that is masked
  std::int64_t seed = 1;

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// 1 where a detector pixel counts and 0 where it does not, (nx, ny) in the order of the transform; empty where all do.
std::vector<float> detector_mask(const FrameNoiseConfig& config, int nx, int ny);
// Counts of the background, (nx, ny); empty where there is none.
std::vector<float> detector_background(const FrameNoiseConfig& config, int nx, int ny);

class SimulatedFrames final : public FrameSource {
 public:
  // position: where the windows really lie, (frames, 2) pixels of the object. index: of the data set in a series, whose
  // noise is its own; dead pixels are the same for all.
  SimulatedFrames(const ExecutionSpace& space, std::unique_ptr<FrameModel> model,
                  std::vector<std::array<double, 2>> position, const FrameNoiseConfig& noise, std::int64_t index = 0);
  ~SimulatedFrames() override;
  int frames() const override;
  // Throws ConfigError for a frame that is not there and for room of another size.
  void read(std::span<const int> which, std::span<float> counts) const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A seed for each data set of a series, below 2⁵²; data set 0 keeps `seed`.
std::int64_t data_set_seed(std::int64_t seed, std::int64_t index);

// The frames of `source`, of `pixels` each, made once: the ranks of a node share the work and hold all of them together
// (on a GPU each rank has its own, on the host). Collective over `comm`, as is the end of the last copy.
std::shared_ptr<const FrameSource> kept_frames(const Communicator& comm, const FrameSource& source, int pixels);

}  // namespace locum::imaging
