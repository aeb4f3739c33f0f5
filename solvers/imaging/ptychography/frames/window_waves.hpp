// Windows of waves on their way to frames: the probe's modes, moved by each frame's fraction of a pixel, and the
// intensity in the far field. Internal to the frame models.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "solvers/imaging/optics/probe.hpp"
#include "solvers/imaging/ptychography/frames/frame_model.hpp"

namespace locum::imaging {

using Origins = Kokkos::View<int* [2], MemorySpace>;  // (batch, 2): pixel of the object under a window's first

class WindowWaves {
 public:
  // batch: 0 for a usual one.
  WindowWaves(const ExecutionSpace& space, const Ptychogram& input, int batch);
  IntensitiesShape shape() const { return {batch_, grid_.nx, grid_.ny}; }
  int modes() const { return static_cast<int>(spectrum_.size()); }
  const Origins& origin() const { return origin_; }
  const fft::Waves<double>& waves() const { return waves_; }  // (batch, nx, ny)

  // Which windows come next: whole pixels to origin(), fractions to probes(). Throws ConfigError for more than the
  // batch and for windows outside of an object of nx × ny pixels (0: there is no edge).
  void place(std::span<const std::array<double, 2>> position, int object_nx, int object_ny) const;
  // Mode m of the probe in real space for the first `count` windows, moved by their fractions: waves().
  const fft::Waves<double>& probes(int mode, int count) const;
  // counts(j, k) += |F[waves_j](k)|² / (nx ny); transforms the waves.
  void add_far_field(int count, const Intensities& counts) const;

 private:
  ExecutionSpace space_;
  Grid grid_;
  int batch_;
  std::vector<Wave<double>> spectrum_;  // of each mode
  ProbePlacer<double> placer_;
  mutable std::vector<Position> fraction_;  // Å
  Origins origin_;
  fft::Waves<double> waves_;
  fft::Transform2d<double> transform_;
};

}  // namespace locum::imaging
