#include "solvers/imaging/waves/multislice.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {

int default_batch(const Grid& grid) {
  const double points = static_cast<double>(grid.nx) * grid.ny;
  if (device_is_host) return 4;
  return static_cast<int>(std::clamp(6.7e7 / points, 8.0, 1024.0));  // some 64 M points: launches of a millisecond
}

template <class T>
Multislice<T>::Multislice(const ExecutionSpace& space, const Grid& grid, double energy,
                          const std::vector<double>& thickness, std::array<double, 2> tilt, int batch)
    : space_(space),
      grid_(grid),
      batch_(batch),
      kernels_(space, grid, batch),
      propagators_(grid, kernels_.layout, energy, thickness, tilt) {}

template <class T>
void Multislice<T>::pass(const Transmission<T>& transmission, int from, int to, int count) const {
  for (int slice = from; slice < to; ++slice) {
    kernels_.transmit(space_, count, transmission.slice(slice));
    kernels_.propagate(space_, count, propagators_[slice]);
  }
}

template <class T>
void Multislice<T>::run(const Transmission<T>& transmission, const fft::Waves<T>& waves) const {
  const int n = waves.extent_int(0);
  for (int first = 0; first < n; first += batch_) {
    const int count = std::min(batch_, n - first);
    enter(waves, first, count);
    pass(transmission, 0, slices(), count);
    leave(waves, first, count);
  }
}

template <class T>
double Multislice<T>::bytes(const Grid& grid, int batch) {
  return static_cast<double>(WaveLayout<T>(grid).size()) * sizeof(T) * batch;
}

template class Multislice<float>;
template class Multislice<double>;

}  // namespace locum::imaging
