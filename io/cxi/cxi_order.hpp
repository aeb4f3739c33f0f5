// Where a detector pixel's counts go along one axis: to its bin, in the centred order (zero frequency at ⌊n/2⌋) or the
// FFT's (at 0).
#pragma once

#include <cstdint>
#include <vector>

namespace locum::io {

enum class FrameOrder { centred, fft };

struct OrderMap {
  OrderMap(std::int64_t n, std::int64_t bin, FrameOrder order) {
    for (std::int64_t k = 0; k < n * bin; ++k)
      to.push_back(static_cast<std::size_t>(order == FrameOrder::centred ? k / bin : (k / bin + n - n / 2) % n));
  }
  std::vector<std::size_t> to;
};

}  // namespace locum::io
