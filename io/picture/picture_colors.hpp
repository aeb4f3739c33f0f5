// Colour maps: a number of 0 … 1 to red, green and blue of 0 … 1.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace locum::io {

using Color = std::array<double, 3>;

const std::vector<std::string>& color_maps();
// `t` beyond 0 … 1 is clamped; for "phase" it is periodic. An unknown map: ConfigError.
Color color(const std::string& map, double t);

}  // namespace locum::io
