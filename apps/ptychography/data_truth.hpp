// What a simulation wrote beside its frames (io::DiffractionWriter): the object, the probe and the positions as they
// were.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "io/cxi/cxi_numbers.hpp"

namespace locum::apps {

struct DataTruth {
  io::ComplexImages object;  // empty: the file knows nothing
  io::ComplexImages probe;
  std::array<double, 2> origin{0.0, 0.0};  // Å: of the object's element [0][0], in the coordinates of positions
  std::vector<double> positions;           // (frames, 2), Å
};

// One process. Throws IoError for a damaged file.
DataTruth read_truth(const std::string& path);

}  // namespace locum::apps
