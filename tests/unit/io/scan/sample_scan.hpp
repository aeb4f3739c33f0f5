// A small scan whose numbers are known: for scan_file_test.cpp and the writer that killed_scan_test.py kills.
#pragma once

#include "io/scan/scan_file.hpp"

namespace locum::io {

// 7 × 5 probes by default: an image of floats, one of two named channels, one of three rings at the second plane, a
// cube of counts and one of floats; tiles of four probes, the last one smaller.
inline ScanLayout sample_layout(int nx = 7, int ny = 5) {
  ScanLayout layout;
  layout.nx = nx, layout.ny = ny;
  layout.step_x = 0.25, layout.step_y = 0.5, layout.origin_x = 1.0;
  for (int k = 0; k < nx * ny; ++k)
    layout.positions.insert(layout.positions.end(), {1.0 + 0.25 * (k / ny), 0.5 * (k % ny)});
  layout.images.push_back(
      {"HAADF", "1", Storage::float32, {}, {{"inner_angle", "mrad", 60}, {"outer_angle", "mrad", 80}}});
  layout.images.push_back({"COM", "1/Angstrom", Storage::float64, {"component", "", {}, {"Q_x", "Q_y"}}, {}});
  layout.images.push_back({"rings", "1", Storage::float32, {"bin_outer_angle", "mrad", {10, 20, 30}, {}}, {}, 1, 12.5});
  layout.cubes.push_back({"CBED", "electrons", {-0.5, 0, 0.5}, {-1, -0.5, 0, 0.5}, Storage::uint16});
  layout.cubes.push_back({"mean_CBED", "1", {-0.5, 0, 0.5}, {-1, 1}, Storage::float32});
  layout.tiles = (layout.probes() + 3) / 4;
  return layout;
}

inline ScanMetadata sample_metadata(const std::string& fingerprint = "abc") {
  ScanMetadata metadata;
  metadata.title = "a sample";
  metadata.program_version = "0.1.0";
  metadata.input = "[scan]\nstep = 0.25\n";
  metadata.fingerprint = fingerprint;
  metadata.energy = 200;
  metadata.sample = "silicon";
  metadata.probe = {{"semiangle", "mrad", 20}, {"defocus", "Angstrom", -50}};
  metadata.specimen = {{"thickness", "Angstrom", 54.3}};
  metadata.prismatic = {{"sa", "mrad", 20}};
  metadata.cell[0] = 5.43, metadata.cell[1] = 5.43, metadata.cell[2] = 54.3;
  return metadata;
}

// The k-th number of a probe in the item of that number. Exact in every type of the sample.
inline double sample_number(int item, std::int64_t probe, std::size_t k) {
  return static_cast<double>((probe * 37 + static_cast<std::int64_t>(k) * 5 + item * 1001) % 60000);
}

template <class T>
std::vector<T> sample_numbers(int item, std::int64_t first, std::int64_t count, std::size_t each) {
  std::vector<T> values;
  for (std::int64_t p = first; p < first + count; ++p)
    for (std::size_t k = 0; k < each; ++k) values.push_back(static_cast<T>(sample_number(item, p, k)));
  return values;
}

// All numbers of a tile of sample_layout(), and its mark.
inline void write_sample_tile(ScanFile& file, const ScanLayout& layout, std::int64_t tile) {
  const std::int64_t first = tile * 4, count = std::min<std::int64_t>(4, layout.probes() - first);
  file.write_image<float>(0, first, sample_numbers<float>(0, first, count, 1));
  file.write_image<double>(1, first, sample_numbers<double>(1, first, count, 2));
  file.write_image<float>(2, first, sample_numbers<float>(2, first, count, 3));
  file.write_cube<std::uint16_t>(0, first, sample_numbers<std::uint16_t>(3, first, count, 12));
  for (std::int64_t p = first; p < first + count; ++p)  // in pieces
    file.write_cube<float>(1, p, sample_numbers<float>(4, p, 1, 6));
  file.mark_done(tile);
}

}  // namespace locum::io
