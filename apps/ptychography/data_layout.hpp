// A simulated data set as io writes it, and orders of frames.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "apps/ptychography/data_source.hpp"
#include "io/cxi/cxi_writer.hpp"

namespace locum::apps {

// The file's layout, with the truth beside the data. input: as resolved, TOML.
io::DiffractionLayout data_layout(const imaging::SimulatedPtychogram& set, const PtychographyDataConfig& config,
                                  const std::string& input, const DataSource& source);

// From the order of the fast Fourier transform to the centred one, zero frequency at (⌊nx/2⌋, ⌊ny/2⌋). (nx, ny).
std::vector<double> centred(std::span<const double> image, int nx, int ny);
std::vector<float> centred(std::span<const float> image, int nx, int ny);

// (frames, 2), Å, of positions in pixels.
std::vector<double> in_angstrom(const std::vector<std::array<double, 2>>& position, double dx, double dy);

// Mean distance of a frame to its nearest neighbour, Å; 0 for a single frame.
double neighbour_distance(const Ptychogram& input);

}  // namespace locum::apps
