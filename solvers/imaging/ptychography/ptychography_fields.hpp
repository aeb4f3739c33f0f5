// What all engines share: object, probe, positions and frames of one reconstruction over the ranks, and the few
// operations that engines are made of.
//
// Frames are numbered by their place in the spatial order of those that take part (frame_batches.hpp): 0 … count − 1
// over all ranks, of which this rank owns first() … last() − 1. A rank's object is right inside the box of its windows.
#pragma once

#include <array>
#include <complex>
#include <memory>
#include <span>
#include <vector>

#include "kokkos_kernels/base/staged_list.hpp"
#include "solvers/api/ptychography.hpp"
#include "solvers/imaging/ptychography/frames/frame_kernels.hpp"
#include "solvers/imaging/ptychography/frames/frame_store.hpp"
#include "solvers/imaging/ptychography/frames/object_sum.hpp"
#include "solvers/imaging/ptychography/frames/probe_bank.hpp"
#include "solvers/imaging/ptychography/frames/update_kernels.hpp"
#include "solvers/imaging/ptychography/ptychography_config.hpp"

namespace locum::imaging {

// Bytes of a rank for frames, moved probes and waves: config.memory, or, where that is 0, 4 GiB on a CPU and half of
// what a GPU has free, dealt out among the ranks that share it. The same on every rank. Collective.
double memory_budget(const Communicator& comm, const PtychographyConfig& config);

// How a rank's memory is dealt out between what can do with less.
struct MemoryShare {
  double frames = 0.0;  // bytes for measured frames
  int probes = 0;       // moved probes that are kept
};

// What a reconstruction with a fixed probe and fixed positions leaves to the next one of the same data.
struct KeptFrames {
  FrameStore store;
  ProbeBank probe;
  std::vector<std::array<double, 2>> position;  // of the frames in the store
  Planes light, own_light;
  float largest_light = 0.0f;
};

class PtychographyFields {
 public:
  using Value = Ptychogram::Value;

  // which: frames that take part. batch: of an update over all ranks; waves: exit waves of a frame that an engine
  // keeps. kept: of an earlier reconstruction, which need not be made again if it is the same. Throws
  // ConfigError for frames that cannot be transformed and for what does not fit memory_budget(). Collective.
  PtychographyFields(const Ptychogram& input, std::vector<int> which, const PtychographyConfig& config, int batch,
                     int at_once, double waves, const KeptFrames* kept = nullptr);
  // For the next one; nothing where frames do not stay in memory, or where probe or positions may have moved.
  std::unique_ptr<KeptFrames> keep();

  const Ptychogram& input() const { return input_; }
  const PtychographyConfig& config() const { return config_; }
  const FrameLayout& layout() const { return kernels_.layout(); }
  const ExecutionSpace& space() const { return space_; }
  const Communicator& comm() const { return input_.comm; }
  int modes() const { return input_.modes; }
  Likelihood likelihood() const {
    return config_.likelihood == "poisson" ? Likelihood::poisson : Likelihood::amplitude;
  }
  int frames() const { return static_cast<int>(order_.size()); }
  int first() const { return share_.first; }
  int last() const { return share_.second; }
  int batch() const { return batch_; }          // of an update, over all ranks
  int own_batch() const { return own_batch_; }  // most that this rank holds at once
  int frame(int place) const { return order_[static_cast<std::size_t>(place)]; }

  // A batch of this rank's frames, with the probes and data that it needs: valid until the next one.
  struct Held {
    std::vector<int> places;
    PixelBox windows;  // the box of them
    std::vector<ProbeBank::Fraction> fractions;
    std::vector<int> probes;
    FrameBatch batch;
    int count() const { return batch.count; }
  };
  Held hold(std::span<const int> places);
  // Those of a batch over all ranks that are this rank's.
  std::vector<int> own(std::span<const int> places) const;
  // The box of these frames' windows.
  PixelBox windows(std::span<const int> places) const;
  // The same, in whole tiles, of each rank's frames of a batch over all ranks.
  std::vector<PixelBox> touched(std::span<const int> places) const;

  // χ of the batch into change(); then what its sums say, which waits for it: adds to the errors, and to the Poisson
  // steps. What else the batch asks of a GPU is best begun between the two.
  void begin_change(const Held& held);
  void end_change(const Held& held, double& amplitude, double& amplitudes);
  void change_of(const Held& held, double& amplitude, double& amplitudes) {
    begin_change(held);
    end_change(held, amplitude, amplitudes);
  }
  const Planes& change() const { return change_; }
  // The sums of FourierError of this rank's batch.
  std::vector<FourierError> errors_of(const Held& held);
  // Both, χ by the amplitude's likelihood whatever the configuration says.
  std::vector<FourierError> change_and_errors_of(const Held& held);

  // Σ_j Σ_m |P_m|² of all frames, real part, over this rank's region; its largest over all ranks.
  const Planes& light();
  float largest_light();
  // The same where no lower rank's region is, 0 elsewhere: sums over it count every pixel once.
  const Planes& own_light();
  void forget_light() { light_known_ = false; }

  // ΔP of the batch, over all ranks: Σ_j O* χ, moved back, summed into sum (modes, nx, ny). Collective.
  void probe_sum(const Held& held, const Planes& waves, int first_wave, const fft::Waves<float>& sum);
  // The same without the other ranks, and they alone. sum_over_ranks is collective.
  void probe_sum_of_rank(const Held& held, const Planes& waves, int first_wave, const fft::Waves<float>& sum);
  void sum_over_ranks(const fft::Waves<float>& values);
  void sum_over_ranks(const View<float*>& values);

  std::vector<std::array<double, 2>>& positions() { return position_; }  // by place, the same on every rank
  const std::vector<std::array<double, 2>>& positions() const { return position_; }
  PixelPosition pixel(int place) const;
  // After positions have changed. Collective.
  void place_windows();

  void reset_poisson_steps();

  // Arrays of the object's shape, (object_nx, object_ny).
  void set_values(const Planes& array, const std::vector<Value>& values) const;
  std::vector<Value> values_of(const Planes& array) const;
  void set_object(const std::vector<Value>& object) { set_values(object_plane, object); }
  std::vector<Value> whole_object();  // the same on every rank. Collective.

  const ObjectSum& over_ranks() const { return over_ranks_; }
  ObjectSum& over_ranks() { return over_ranks_; }
  const PixelBox& region() const { return over_ranks_.region(); }
  FrameStore& store() { return store_; }
  const FrameStore& store() const { return store_; }
  const FrameKernels& kernels() const { return kernels_; }

 private:
  const Ptychogram& input_;
  PtychographyConfig config_;
  ExecutionSpace space_;
  std::vector<int> order_;
  std::pair<int, int> share_;
  int batch_, own_batch_;
  FrameKernels kernels_;
  MemoryShare budget_;
  FrameStore store_;

 public:
  Planes object_plane;  // O
  ProbeBank probe;
  std::vector<float> poisson_step;  // α of this rank's frames, by place − first()
  BatchSums slopes;                 // of the batch, while positions follow

 private:
  std::vector<FourierError> errors_from_sums(const Held& held) const;
  void share_light();
  void take_light(const KeptFrames* kept);

  Planes change_;
  Planes light_, own_light_;
  bool light_known_ = false;
  float largest_light_ = 0.0f;
  StagedList<FramePlace> places_{"ptychography::places"};
  fft::Waves<float> products_;
  std::vector<std::array<double, 2>> position_;
  ObjectSum over_ranks_;
  HostView<float*> summed_;  // on their way through the host
};

// What each frame says of the object as it is, in the order of their places, on every rank. Collective.
std::vector<FourierError> all_errors(PtychographyFields& fields);
// Each rank's errors, in the order of the ranks, on every rank. Collective.
std::vector<FourierError> on_all_ranks(const Communicator& comm, const std::vector<FourierError>& own);

}  // namespace locum::imaging
