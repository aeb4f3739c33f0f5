// What both backends ask of their arguments.
#pragma once

#include <fmt/format.h>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/fft/transform.hpp"

namespace locum::fft {

inline void check_sizes(int batch, int nx, int ny) {
  if (batch < 1 || nx < 1 || ny < 1)
    throw ConfigError(
        fmt::format("a transform of {} waves of {} × {} points was asked for, 1 or more of each were expected", batch,
                    nx, ny),
        "fft");
}

template <class T>
void check_shape(const Waves<T>& waves, int batch, int nx, int ny) {
  if (waves.extent_int(0) > batch || waves.extent_int(1) != nx || waves.extent_int(2) != ny)
    throw ConfigError(fmt::format("waves of shape ({}, {}, {}) came to a transform planned for (≤ {}, {}, {})",
                                  waves.extent(0), waves.extent(1), waves.extent(2), batch, nx, ny),
                      "fft");
}

}  // namespace locum::fft
