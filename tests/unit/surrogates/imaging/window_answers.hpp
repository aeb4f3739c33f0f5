// What a network would answer, window by window, whose answer is known on the whole canvas.
#pragma once

#include <vector>

#include "surrogates/imaging/windows.hpp"

namespace locum::imaging::testing {

inline std::vector<float> answers_from(const std::vector<float>& canvas, const WindowGrid& grid, int channels) {
  std::vector<float> answers;
  for (const Window& w : grid.windows()) {
    std::vector<float> one(static_cast<std::size_t>(grid.side) * grid.side * channels);
    cut_window(canvas, grid.nx, grid.ny, channels, w, grid.side, 0, -1, one.data());
    answers.insert(answers.end(), one.begin(), one.end());
  }
  return answers;
}

}  // namespace locum::imaging::testing
