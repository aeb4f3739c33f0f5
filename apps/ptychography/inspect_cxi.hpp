// `locum inspect` of a CXI file: diffraction frames, or the result of a reconstruction.
#pragma once

#include <string>

namespace locum::apps {

// Whether it is one (cxi_version at its root). One process. IoError for what is no HDF5 file.
bool is_cxi(const std::string& path);
void show_cxi(const std::string& path);

}  // namespace locum::apps
