// Batched two-dimensional complex transforms by the vendor's library: FFTW on the CPU, cuFFT on the GPU.
//
// forward: exp(−2πi …), unnormalised; inverse: exp(+2πi …) with 1 / (nx ny). Both in place. Sums over the batch may run
// in any number: an object is planned for a largest batch and serves smaller ones too.
#pragma once

#include <memory>
#include <string>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::fft {

template <class T>
using Complex = Kokkos::complex<T>;

// Shape (batch, nx, ny), y fastest.
template <class T>
using Waves = Kokkos::View<Complex<T>***, Kokkos::LayoutRight, MemorySpace>;

// How long the library may look for a fast plan. Plans are kept for the process: the second of one kind costs nothing.
// A measured plan is the faster one, but which one it is depends on the clock, and with it the last digits of the
// answer: results that must be the same on every rank and after a restart take the estimate.
enum class Effort { estimate, measure };

template <class T>
class Transform2d {
 public:
  // Plans transforms of (≤ batch, nx, ny). Throws ConfigError unless all are at least 1, BackendError where the library
  // fails.
  Transform2d(const ExecutionSpace& space, int batch, int nx, int ny, Effort effort = Effort::estimate);
  ~Transform2d();
  Transform2d(Transform2d&&) noexcept;
  Transform2d& operator=(Transform2d&&) noexcept;

  // Of all waves of the view: (n ≤ batch, nx, ny). Throws ConfigError for another shape.
  void forward(const Waves<T>& waves) const;
  void inverse(const Waves<T>& waves) const;

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

// The smallest n' ≥ n that has no prime factor above 7 and is even: sizes that libraries transform fast.
int good_size(int n);

// Name and version of the library that is linked.
std::string library();

}  // namespace locum::fft
