// The factor by which derivatives are multiplied before they pass through a format with few exponents, and its rule:
// an update whose gradient overflowed is left out and the factor halved; after many good ones it is doubled
// (Micikevicius et al., ICLR 2018, Sec. 3.2). Powers of two: scaling rounds nothing.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::train {

struct LossScale {
  static constexpr double smallest = 0x1p-20, largest = 0x1p24;
  double value = 0x1p14;
  int patience = 200;         // good updates before it grows
  std::int64_t good = 0;      // of them so far
  std::int64_t left_out = 0;  // updates that overflowed

  // Whether the update may be made. Throws NumericalError when no factor has helped.
  bool look(std::span<const double> gradient) {
    if (std::all_of(gradient.begin(), gradient.end(), [](double g) { return std::isfinite(g); })) {
      if (++good % patience == 0) value = std::min(2.0 * value, largest);
      return true;
    }
    good = 0;
    ++left_out;
    value *= 0.5;
    if (value < smallest)
      throw NumericalError("the gradient overflows whatever it is scaled by", "train::LossScale",
                           "training.precision = \"bf16\" has the exponents of single precision");
    return false;
  }
};

}  // namespace locum::train
