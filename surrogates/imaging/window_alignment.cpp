#include "surrogates/imaging/window_alignment.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace locum::imaging {
namespace {

// Two windows that share pixels: off = Σ w (answer of a − answer of b), shared = Σ w.
struct Seam {
  std::size_t a = 0, b = 0;
  double shared = 0.0, off = 0.0;
};

// Windows of one row of the grid are consecutive, and so are rows: who shares no pixels with `a` along an axis ends the
// search.
std::vector<Seam> overlapping(const WindowGrid& grid, const std::vector<Window>& windows) {
  std::vector<Seam> seams;
  const auto row = static_cast<std::size_t>(
      std::count_if(windows.begin(), windows.end(), [&](const Window& w) { return w.x == windows.front().x; }));
  for (std::size_t a = 0; a < windows.size(); ++a)
    for (std::size_t first = a - a % row; first < windows.size() && windows[first].x < windows[a].x + grid.side;
         first += row)
      for (std::size_t b = std::max(first, a + 1); b < first + row; ++b)
        if (std::abs(windows[b].y - windows[a].y) < grid.side) seams.push_back({a, b});
  return seams;
}

void measure(const WindowGrid& grid, const std::vector<Window>& windows, const std::vector<float>& weight, int channels,
             int channel, const std::vector<float>& answers, Seam& seam) {
  const Window a = windows[seam.a], b = windows[seam.b];
  const std::size_t size = static_cast<std::size_t>(grid.side) * grid.side * channels;
  const auto row_of = [&](std::size_t w, int x, int y) {
    return answers.data() + w * size +
           (static_cast<std::size_t>(x - windows[w].x) * grid.side + (y - windows[w].y)) * channels + channel;
  };
  const int x0 = std::max(a.x, b.x), x1 = std::min(std::min(a.x, b.x) + grid.side, grid.nx);
  const int y0 = std::max(a.y, b.y), y1 = std::min(std::min(a.y, b.y) + grid.side, grid.ny);
  for (int x = x0; x < x1; ++x) {
    const float *of_a = row_of(seam.a, x, y0), *of_b = row_of(seam.b, x, y0);
    const float* w = weight.data() + static_cast<std::size_t>(x) * grid.ny + y0;
    for (int k = 0; k < y1 - y0; ++k) {
      seam.shared += w[k];
      seam.off += static_cast<double>(w[k]) * (static_cast<double>(of_a[static_cast<std::ptrdiff_t>(k) * channels]) -
                                               of_b[static_cast<std::ptrdiff_t>(k) * channels]);
    }
  }
}

// Σ_seams shared (s_a − s_b)² / 2, as a matrix on s.
void apply(const std::vector<Seam>& seams, const std::vector<double>& s, std::vector<double>& out) {
  std::fill(out.begin(), out.end(), 0.0);
  for (const Seam& seam : seams) {
    const double pull = seam.shared * (s[seam.a] - s[seam.b]);
    out[seam.a] += pull;
    out[seam.b] -= pull;
  }
}

// The numbers that make the seams' differences small. The matrix knows no constant of windows that hang together, and
// neither does the right-hand side, so that the iteration never meets it.
std::vector<double> shifts(const std::vector<Seam>& seams, std::size_t count, int most_steps) {
  std::vector<double> shift(count, 0.0), residual(count, 0.0), scale(count, 0.0), direction(count), product(count);
  for (const Seam& seam : seams) {
    residual[seam.a] -= seam.off;
    residual[seam.b] += seam.off;
    scale[seam.a] += seam.shared;
    scale[seam.b] += seam.shared;
  }
  for (double& s : scale) s = s > 0.0 ? 1.0 / s : 0.0;
  const auto scaled_norm = [&] {
    double sum = 0.0;
    for (std::size_t k = 0; k < count; ++k) sum += scale[k] * residual[k] * residual[k];
    return sum;
  };
  for (std::size_t k = 0; k < count; ++k) direction[k] = scale[k] * residual[k];
  const double tolerance = 1e-18;  // of squares
  const double start = scaled_norm();
  double now = start;
  for (int step = 0; step < most_steps && now > tolerance * start; ++step) {
    apply(seams, direction, product);
    const double curvature = std::inner_product(direction.begin(), direction.end(), product.begin(), 0.0);
    if (!(curvature > 0.0)) break;
    const double length = now / curvature, before = now;
    for (std::size_t k = 0; k < count; ++k) {
      shift[k] += length * direction[k];
      residual[k] -= length * product[k];
    }
    now = scaled_norm();
    for (std::size_t k = 0; k < count; ++k) direction[k] = scale[k] * residual[k] + now / before * direction[k];
  }
  return shift;
}

}  // namespace

void align(const WindowGrid& grid, const std::vector<float>& weight, int channels, int channel,
           std::vector<float>& answers) {
  const std::vector<Window> windows = grid.windows();
  const std::size_t count = windows.size(), size = static_cast<std::size_t>(grid.side) * grid.side * channels;
  std::vector<Seam> seams = overlapping(grid, windows);
  for (Seam& seam : seams) measure(grid, windows, weight, channels, channel, answers, seam);
  // Steps grow as the longer row of windows, ten for each of them to 1e-9; unequal weights take more.
  const int most_steps = 100 + 40 * (std::max(grid.nx, grid.ny) / std::max(1, grid.side - grid.border) + 1);
  const std::vector<double> shift = shifts(seams, count, most_steps);
  const double mean = std::accumulate(shift.begin(), shift.end(), 0.0) / static_cast<double>(count);
  for (std::size_t a = 0; a < count; ++a)
    for (std::size_t k = static_cast<std::size_t>(channel); k < size; k += static_cast<std::size_t>(channels))
      answers[a * size + k] += static_cast<float>(shift[a] - mean);
}

}  // namespace locum::imaging
