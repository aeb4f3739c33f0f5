// Multislice: waves through a specimen, slice by slice (Cowley and Moodie, Acta Cryst. 10, 609 (1957); Kirkland,
// Advanced Computing in Electron Microscopy, 2nd ed., section 6.8):
//
//   ψ ← F⁻¹[ A(k) exp(−iπλΔz k² + 2πiΔz k·tan θ) F[ exp(iσv) ψ ] ]
//
// Waves are given by their plane waves' amplitudes, ψ(r) = Σ_k ψ(k) exp(2πi k·r), in the order of the transform: with
// Σ|ψ(k)|² = 1, |ψ(k)|² is the fraction of the beam that goes to k.
#pragma once

#include <array>
#include <vector>

#include "solvers/imaging/waves/slice_kernels.hpp"
#include "solvers/imaging/waves/slice_propagators.hpp"
#include "solvers/imaging/waves/transmission.hpp"

namespace locum::imaging {

// Waves that one pass takes at a time: a few on a CPU, whose transmission function is then read once for them while
// they stay in the cache; many on a GPU.
int default_batch(const Grid& grid);

template <class T>
class Multislice {
 public:
  // thickness: of each slice, Å. tilt: of the beam against the slices' normal, mrad. Throws ConfigError for a grid
  // whose points have a prime factor above 7.
  Multislice(const ExecutionSpace& space, const Grid& grid, double energy, const std::vector<double>& thickness,
             std::array<double, 2> tilt, int batch);

  int batch() const { return batch_; }
  const Grid& grid() const { return grid_; }
  int slices() const { return propagators_.slices(); }

  // One batch at a time: waves first … first + count − 1 of (n, nx, ny), count ≤ batch, in; through slices from … to −
  // 1; out. leave() may be called at any depth, and writes what is inside the band limit.
  void enter(const fft::Waves<T>& waves, int first, int count) const { kernels_.enter(space_, count, waves, first); }
  void pass(const Transmission<T>& transmission, int from, int to, int count) const;
  void leave(const fft::Waves<T>& waves, int first, int count) const { kernels_.leave(space_, count, waves, first); }

  // All waves of (n, nx, ny) through all slices, in place.
  void run(const Transmission<T>& transmission, const fft::Waves<T>& waves) const;

  // Bytes of the waves between slices.
  static double bytes(const Grid& grid, int batch);

 private:
  ExecutionSpace space_;
  Grid grid_;
  int batch_;
  SliceKernels<T> kernels_;
  SlicePropagators<T> propagators_;
};

}  // namespace locum::imaging
