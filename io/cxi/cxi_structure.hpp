// What data sets and results of ptychography have in common as CXI files: root, entry, instrument, positions.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "io/hdf5/hdf5.hpp"

namespace locum::io {

// A group with NeXus' class.
void make_class(Hdf5File& file, const std::string& group, const std::string& nexus_class);
void write_scalar(Hdf5File& file, const std::string& dataset, const std::string& unit, double value);
// Root and /entry_1 of an empty file.
void begin_cxi(Hdf5File& file, const std::string& title, const std::string& program_version,
               const std::string& default_group);

struct CxiInstrument {
  double wavelength = 0.0;  // Å; 0: not known
  bool electrons = false;
  double distance = 0.0;                  // m
  std::array<double, 2> pixel{0.0, 0.0};  // of the detector, m, along our x and y
};
// The detector's pixels that give `object_pixel` (Å) in frames of n pixels: λ · distance / (n · object_pixel).
CxiInstrument make_instrument(double wavelength, bool electrons, double distance,
                              const std::array<double, 2>& object_pixel, std::int64_t nx, std::int64_t ny);
void write_instrument(Hdf5File& file, const CxiInstrument& instrument);

// positions: (frames, 2), Å, ours. CXI's translation in metres: (frames, 3), or (3, frames) where `transposed`.
std::vector<double> translation_of(const std::vector<double>& positions, bool transposed);

}  // namespace locum::io
