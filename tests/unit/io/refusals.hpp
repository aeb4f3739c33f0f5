// What files of diffraction frames answer when something is wrong with them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "io/cxi/cxi_file.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {

inline std::vector<float> all_counts(const DiffractionFile& file, FrameOrder order) {
  std::vector<float> counts(static_cast<std::size_t>(file.frames() * file.nx() * file.ny()));
  file.read(0, file.frames(), order, counts);
  return counts;
}

// What a wrong file or a wrong key brings: the text of the error.
inline std::string refusal(const std::string& path, const DiffractionKeys& keys = {}, bool read = false) {
  try {
    const DiffractionFile file(path, keys);
    if (read) all_counts(file, FrameOrder::centred);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

inline bool says(const std::string& text, const std::vector<std::string>& words) {
  return std::all_of(words.begin(), words.end(),
                     [&](const auto& word) { return text.find(word) != std::string::npos; });
}
#define EXPECT_SAYS(text, ...) EXPECT_TRUE(says(text, {__VA_ARGS__})) << (text)

}  // namespace locum::io
