#include <algorithm>

#include "solvers/api/ptychography.hpp"

namespace locum {
namespace {

// With a pixel of nothing around it.
std::vector<float> framed(const std::vector<float>& map, int nx, int ny) {
  const auto row = static_cast<std::ptrdiff_t>(ny) + 2;
  std::vector<float> wide(static_cast<std::size_t>((nx + 2) * row), 0.0f);
  for (std::ptrdiff_t x = 0; x < nx; ++x) std::copy_n(map.begin() + x * ny, ny, wide.begin() + (x + 1) * row + 1);
  return wide;
}

}  // namespace

std::vector<float> spread(const Ptychogram& input, std::span<const float> numbers, int maps, int first, int last) {
  const std::vector<float> probe = framed(probe_intensity(input), input.nx, input.ny);
  const std::size_t row = static_cast<std::size_t>(input.ny) + 2, width = static_cast<std::size_t>(input.object_ny),
                    rows = static_cast<std::size_t>(last - first), frames = static_cast<std::size_t>(input.size());
  std::vector<float> sum(static_cast<std::size_t>(maps) * rows * width, 0.0f), between(row);
  for (std::size_t j = 0; j < frames; ++j) {
    const PixelBox window = input.window_of(static_cast<int>(j));
    const auto fx = static_cast<float>(input.position[j][0] - window.x0),
               fy = static_cast<float>(input.position[j][1] - window.y0);
    for (int x = std::max(first, window.x0); x < std::min(last, window.x1); ++x) {
      const float *before = probe.data() + static_cast<std::size_t>(x - window.x0) * row, *at = before + row;
      const float* light = at + 1;
      if (fx > 0.0f || fy > 0.0f) {  // the probe lies between the pixels: they share it
        for (int y = 0; y < window.ny(); ++y)
          between[y] = (1.0f - fx) * ((1.0f - fy) * at[y + 1] + fy * at[y]) +
                       fx * ((1.0f - fy) * before[y + 1] + fy * before[y]);
        light = between.data();
      }
      for (std::size_t map = 0; map < static_cast<std::size_t>(maps); ++map) {
        const float number = numbers[map * frames + j];
        float* to = sum.data() + (map * rows + static_cast<std::size_t>(x - first)) * width + window.y0;
        for (int y = 0; y < window.ny(); ++y) to[y] += number * light[y];
      }
    }
  }
  return sum;
}

std::vector<float> illumination(const Ptychogram& input) {
  return spread(input, std::vector<float>(static_cast<std::size_t>(input.size()), 1.0f), 1, 0, input.object_nx);
}

}  // namespace locum
