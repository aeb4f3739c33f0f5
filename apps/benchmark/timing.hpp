// What benchmarks time alike: medians, and the bare transforms that image solvers are held against.
#pragma once

#include <algorithm>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/fft/transform.hpp"

namespace locum::apps {

// Turns that are timed, after one that is not.
inline constexpr int timed_turns = 7;

// The upper one of the two in the middle where their number is even. values: not empty.
inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Two transforms of a wave of nx × ny and nothing else, by the library's measured plan, `batch` at a time: pairs/s.
template <class T>
double bare_transform_rate(const Context& context, int nx, int ny, int batch) {
  const fft::Waves<T> waves("waves", static_cast<std::size_t>(batch), static_cast<std::size_t>(nx),
                            static_cast<std::size_t>(ny));
  const fft::Transform2d<T> transform(context.space, batch, nx, ny, fft::Effort::measure);
  std::vector<double> seconds;
  for (int turn = 0; turn <= timed_turns; ++turn) {
    const Stopwatch watch;
    transform.forward(waves);
    transform.forward(waves);  // costs what an inverse one does, without the normalisation
    context.space.fence();
    if (turn > 0) seconds.push_back(watch.seconds());
  }
  return batch / median(seconds);
}

}  // namespace locum::apps
