// Square windows that cover a canvas with overlap, what is cut from them and how their answers are put together.
//
// A pixel's answer is the mean over the windows that hold it, weighed by a ramp that falls to zero at a window's edge,
// where a convolution sees least of its surroundings: w(x) = sin²(π (x + ½) / 2b) within the border b, 1 further in.
#pragma once

#include <cstddef>
#include <vector>

namespace locum::imaging {

// First pixel along x and y.
struct Window {
  int x = 0, y = 0;
};

struct WindowGrid {
  int nx = 0, ny = 0;  // pixels of the canvas
  int side = 0;        // pixels of a window
  int border = 0;      // pixels that neighbours share, and over which weights rise

  // Every pixel is in one window at least. A canvas smaller than a window has one, which reaches beyond it. Throws
  // ConfigError unless 0 ≤ 2 border ≤ side.
  std::vector<Window> windows() const;
  // Weight of a window's pixel along one axis; never zero.
  double ramp(int at) const;
};

// The eight symmetries of a square: 0 is none, bit 0 mirrors x, bit 1 mirrors y, bit 2 exchanges x and y (last).
inline constexpr int symmetries = 8;

// Pixel of the window that pixel (x, y) of the turned one comes from.
Window turned(int symmetry, int side, int x, int y);

// A window of a canvas of (nx, ny, channels) numbers, turned: (side, side, channels). What lies beyond the canvas is 0.
// vector_channel: it and the next one are components of a vector along x and y, which turn too; −1: there is none.
void cut_window(const std::vector<float>& canvas, int nx, int ny, int channels, const Window& window, int side,
                int symmetry, int vector_channel, float* out);

// fold × fold pixels become one point with fold² times the channels, (side / fold, side / fold, fold² channels), and
// back.
void fold_window(const float* window, int side, int channels, int fold, float* out);
void unfold_window(const float* folded, int side, int channels, int fold, float* out);

// Puts the answers of all windows together: (windows, side, side, channels) in the order of grid.windows() to
// (nx, ny, channels).
std::vector<float> stitch(const WindowGrid& grid, int channels, const std::vector<float>& answers);

}  // namespace locum::imaging
