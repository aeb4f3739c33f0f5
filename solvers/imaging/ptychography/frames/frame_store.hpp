// What was measured, arranged for the kernels: in the device's memory while it fits a budget, else read batch by batch.
#pragma once

#include <span>
#include <vector>

#include "solvers/api/ptychography.hpp"
#include "solvers/imaging/ptychography/frames/frame_kernels.hpp"

namespace locum::imaging {

class FrameStore {
 public:
  struct Totals {
    double counts = 0.0, amplitudes = 0.0;  // Σ I and Σ √I over valid pixels
  };

  // frames: this rank's, as the source numbers them. budget: bytes of the device's memory for them. batch: how many are
  // asked for at once, at most. All are read once here. Throws NumericalError for counts that are negative or not
  // finite where the mask lets them count. Not collective.
  FrameStore(const ExecutionSpace& space, const Ptychogram& input, const FrameLayout& layout, std::vector<int> frames,
             double budget, int batch);

  // Whether it holds exactly these frames of the data set, all of them. Copies share what they hold.
  bool holds(const Ptychogram& input, const std::vector<int>& frames) const;

  // Data of the frames at these places of the list are there until the next call; returns each one's index.
  std::vector<int> hold(std::span<const int> places);
  const FrameData& data() const { return data_; }
  const Totals& totals(int place) const { return totals_[static_cast<std::size_t>(place)]; }
  bool resident() const { return resident_; }
  static double bytes_of_frame(const FrameLayout& layout) { return sizeof(float) * static_cast<double>(layout.data()); }

 private:
  void read(std::span<const int> places, int first_slot);
  void check(std::span<const int> places);

  ExecutionSpace space_;
  std::shared_ptr<const FrameSource> source_;
  std::vector<float> mask_, background_;  // as given
  FrameLayout layout_;
  std::vector<int> frames_;
  bool resident_;
  FrameData data_;
  std::vector<Totals> totals_;
  View<float*> raw_;         // counts, as read
  HostView<float*> counts_;  // the same on the host
  View<double* [3]> sums_;   // Σ I, Σ √I, pixels that cannot be counts
};

}  // namespace locum::imaging
