// A small data set of diffraction frames whose numbers are known, and a result: for cxi_file_test.cpp,
// cxi_result_test.cpp, damaged files and the Python readers.
#pragma once

#include "io/cxi/cxi_result.hpp"
#include "io/cxi/cxi_writer.hpp"

namespace locum::io {

// Count of pixel (i, j), centred order. Exact in every type.
inline float sample_count(std::int64_t frame, std::int64_t i, std::int64_t j) {
  return static_cast<float>((frame * 101 + i * 17 + j * 5) % 60000);
}

inline ComplexImages sample_images(std::int64_t modes, std::int64_t nx, std::int64_t ny) {
  ComplexImages images{modes, nx, ny, {}};
  for (std::int64_t k = 0; k < modes * nx * ny; ++k)
    images.values.emplace_back(static_cast<float>(k % 7) - 3.0f, static_cast<float>(k % 5) / 4.0f);
  return images;
}

// Positions in rows of five, 3 Å apart along x and 2 Å along y, none of them round.
inline DiffractionLayout sample_frames(std::int64_t frames = 12, int nx = 8, int ny = 8) {
  DiffractionLayout layout;
  layout.frames = frames, layout.nx = nx, layout.ny = ny;
  for (std::int64_t j = 0; j < frames; ++j) {
    layout.positions.push_back(-7.1 + 3.0 * static_cast<double>(j / 5));
    layout.positions.push_back(4.7 + 2.0 * static_cast<double>(j % 5));
  }
  layout.object_pixel = {0.5, 0.5};
  layout.wavelength = 0.025;
  layout.electrons = true;
  layout.mask.assign(static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny), 1);
  layout.mask[1] = 0;
  layout.background.assign(layout.mask.size(), 0.25f);
  layout.probe = sample_images(2, nx, ny);
  layout.truth.object = sample_images(1, nx + 20, ny + 30);
  layout.truth.probe = sample_images(2, nx, ny);
  layout.truth.origin = {-7.5, 4.5};
  layout.title = "a sample", layout.sample = "silicon", layout.program_version = "0.1.0";
  layout.input = "[probe]\nenergy = 200\n", layout.fingerprint = "abc";
  return layout;
}

// The frames first … first + count − 1.
inline std::vector<float> sample_counts(const DiffractionLayout& layout, std::int64_t first, std::int64_t count,
                                        FrameOrder order = FrameOrder::centred) {
  std::vector<float> counts;
  const std::int64_t nx = layout.nx, ny = layout.ny;
  for (std::int64_t f = first; f < first + count; ++f)
    for (std::int64_t i = 0; i < nx; ++i)
      for (std::int64_t j = 0; j < ny; ++j)
        counts.push_back(order == FrameOrder::centred ? sample_count(f, i, j)
                                                      : sample_count(f, (i + nx / 2) % nx, (j + ny / 2) % ny));
  return counts;
}

// All of it, each rank its share, in blocks of three frames.
inline void write_sample_frames(const Communicator& comm, const std::string& path, const DiffractionLayout& layout,
                                FrameOrder order = FrameOrder::centred) {
  DiffractionWriter writer(comm, path, layout);
  const std::int64_t begin = layout.frames * comm.rank() / comm.size();
  const std::int64_t end = layout.frames * (comm.rank() + 1) / comm.size();
  for (std::int64_t first = begin; first < end; first += 3)
    writer.write(first, order, sample_counts(layout, first, std::min<std::int64_t>(3, end - first), order));
  writer.finish();
}

inline Reconstruction sample_result() {
  Reconstruction result;
  result.object = sample_images(1, 31, 29);
  result.pixel = {0.5, 0.5};
  result.origin = {-3.25, 1.5};
  result.probe = sample_images(3, 8, 8);
  for (int j = 0; j < 5; ++j)
    for (const double direction : {1.1, -1.0}) {
      result.positions.push_back(direction * j + 0.3);
      result.initial_positions.push_back(direction * j);
    }
  result.background.assign(64, 0.125f);
  result.frames = {{"fourier_error", "1", {0.1f, 0.2f, 0.3f, 0.4f, 0.5f}}, {"handed_back", "1", {0, 1, 0, 0, 1}}};
  result.curves = {{"r_factor", "1", "iteration", "1", {1, 2, 3}, {0.5, 0.25, 0.125}},
                   {"fourier_ring_correlation", "1", "frequency", "1/Angstrom", {0, 0.5, 1}, {1, 0.75, 0.25}}};
  result.maps = {{"uncertainty", "rad", "of the phase", std::vector<float>(31 * 29, 0.5f)},
                 {"who", "1", "0 network, 1 solver", std::vector<float>(31 * 29, 1.0f)}};
  result.wavelength = 0.025;
  result.electrons = true;
  result.title = "a result", result.program_version = "0.1.0", result.input = "[solver]\n";
  result.provenance = {{"git", "abc"}, {"seed", "7"}};
  return result;
}

}  // namespace locum::io
