#include "surrogates/imaging/windows.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

// First pixels of as few windows as cover n pixels, evenly apart.
std::vector<int> starts(int n, int side, int border) {
  if (n <= side) return {0};
  const int stride = side - border, count = (n - side + stride - 1) / stride + 1;
  std::vector<int> first;
  for (int k = 0; k < count; ++k)
    first.push_back(static_cast<int>((static_cast<long>(n - side) * k + (count - 1) / 2) / (count - 1)));
  return first;
}

// Derivatives along the turned axes, from those along the axes before.
void turn_vector(int symmetry, float* vector) {
  const float x = symmetry & 1 ? -vector[0] : vector[0], y = symmetry & 2 ? -vector[1] : vector[1];
  vector[0] = symmetry & 4 ? y : x;
  vector[1] = symmetry & 4 ? x : y;
}

}  // namespace

std::vector<Window> WindowGrid::windows() const {
  if (side < 1 || border < 0 || 2 * border > side)
    throw ConfigError("windows of " + std::to_string(side) + " pixels that share " + std::to_string(border) +
                          ", at most half of a window was expected",
                      "imaging windows");
  std::vector<Window> all;
  for (int x : starts(nx, side, border))
    for (int y : starts(ny, side, border)) all.push_back({x, y});
  return all;
}

double WindowGrid::ramp(int at) const {
  const int inside = std::min(at, side - 1 - at);
  if (inside >= border) return 1.0;
  const double s = std::sin(0.5 * std::numbers::pi * (inside + 0.5) / border);
  return s * s;
}

Window turned(int symmetry, int side, int x, int y) {
  if (symmetry & 4) std::swap(x, y);
  return {symmetry & 1 ? side - 1 - x : x, symmetry & 2 ? side - 1 - y : y};
}

void cut_window(const std::vector<float>& canvas, int nx, int ny, int channels, const Window& window, int side,
                int symmetry, int vector_channel, float* out) {
  for (int x = 0; x < side; ++x)
    for (int y = 0; y < side; ++y, out += channels) {
      const Window from = turned(symmetry, side, x, y);
      const int cx = window.x + from.x, cy = window.y + from.y;
      if (cx < 0 || cy < 0 || cx >= nx || cy >= ny)
        std::fill_n(out, channels, 0.0f);
      else
        std::copy_n(canvas.data() + (static_cast<std::size_t>(cx) * ny + cy) * channels, channels, out);
      if (vector_channel >= 0) turn_vector(symmetry, out + vector_channel);
    }
}

void fold_window(const float* window, int side, int channels, int fold, float* out) {
  for (int x = 0; x < side; x += fold)
    for (int y = 0; y < side; y += fold)
      for (int u = 0; u < fold; ++u, out += fold * channels)
        std::copy_n(window + (static_cast<std::size_t>(x + u) * side + y) * channels, fold * channels, out);
}

void unfold_window(const float* folded, int side, int channels, int fold, float* out) {
  for (int x = 0; x < side; x += fold)
    for (int y = 0; y < side; y += fold)
      for (int u = 0; u < fold; ++u, folded += fold * channels)
        std::copy_n(folded, fold * channels, out + (static_cast<std::size_t>(x + u) * side + y) * channels);
}

std::vector<float> stitch(const WindowGrid& grid, int channels, const std::vector<float>& answers) {
  const std::size_t pixels = static_cast<std::size_t>(grid.nx) * grid.ny;
  std::vector<float> sum(pixels * channels, 0.0f), weights(pixels, 0.0f);
  std::vector<float> ramp;
  for (int at = 0; at < grid.side; ++at) ramp.push_back(static_cast<float>(grid.ramp(at)));
  const float* answer = answers.data();
  for (const Window& window : grid.windows())
    for (int x = 0; x < grid.side; ++x)
      for (int y = 0; y < grid.side; ++y, answer += channels) {
        const int cx = window.x + x, cy = window.y + y;
        if (cx >= grid.nx || cy >= grid.ny) continue;
        const std::size_t pixel = static_cast<std::size_t>(cx) * grid.ny + cy;
        const float weight = ramp[x] * ramp[y];
        weights[pixel] += weight;
        for (int c = 0; c < channels; ++c) sum[pixel * channels + c] += weight * answer[c];
      }
  for (std::size_t pixel = 0; pixel < pixels; ++pixel)
    for (int c = 0; c < channels; ++c) sum[pixel * channels + c] /= weights[pixel];
  return sum;
}

}  // namespace locum::imaging
