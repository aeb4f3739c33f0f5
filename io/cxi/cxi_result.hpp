// The result of ptychography, as CXI (image_1 …) with NeXus' attributes, and what is read back of one.
//
//   /cxi_version                     160
//   /entry_1                         NXentry, default image_1
//     image_1                        the object: data (complex64, nx, ny), amplitude, phase, x, y; data_type,
//     data_space,
//                                    is_fft_shifted, image_size, pixel sizes, basis_vectors
//     object, probe, positions       links to image_1, image_2 (the probe's modes) and result_3: where PyNX looks, as
//                                    in result_1 and result_2
//     background                     NXdata, counts, centred order
//     frames_1                       NXdata: what is known of each frame (fourier_error, …)
//     NAME                           NXdata: maps over the object, curves
//     instrument_1                   source_1 (energy, wavelength), beam_1, detector_1 (distance, pixel sizes)
//     process_1                      NXprocess: program, version, input; every other provenance as an attribute
//
// SI throughout, as CXI wants it; every dataset has its unit.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "io/cxi/cxi_numbers.hpp"
#include "kokkos_kernels/base/communicator.hpp"

namespace locum::io {

struct Reconstruction {
  struct Map {  // over the object: who computed which region, uncertainty, Fourier error
    std::string name, unit, title;
    std::vector<float> values;  // (nx, ny) of the object
  };
  struct PerFrame {  // "fourier_error", "handed_back"
    std::string name, unit;
    std::vector<float> values;  // (frames)
  };
  struct Curve {  // "r_factor" over iterations, "fourier_ring_correlation" over spatial frequency
    std::string name, unit, axis, axis_unit;
    std::vector<double> at, values;
  };

  ComplexImages object;                    // one mode
  std::array<double, 2> pixel{0.0, 0.0};   // Å, of object and probe
  std::array<double, 2> origin{0.0, 0.0};  // Å: of the object's element [0][0], in the coordinates of positions
  ComplexImages probe;                     // (modes, nx, ny), the middle at ⌊n/2⌋; Σ |P|² = counts of empty beam
  std::vector<double> positions;           // (frames, 2), Å, of the window's corner, after correction
  std::vector<double> initial_positions;   // (frames, 2), Å; empty: they were not corrected
  std::vector<float> background;           // (nx, ny) of a frame, centred order, counts; empty: none
  std::vector<PerFrame> frames;
  std::vector<Curve> curves;
  std::vector<Map> maps;
  double wavelength = 0.0;  // Å; 0: not known
  bool electrons = false;
  double distance = 1.0;  // m, of the detector: with it the detector's pixel is λ · distance / (n · pixel)

  std::string title, program_version, input;                    // as resolved, TOML
  std::vector<std::pair<std::string, std::string>> provenance;  // name and text, of process_1

  void validate() const;  // throws ConfigError: extents that do not match, numbers that are not finite
};

// Writes root's `result` whole or not at all (io/atomic_file.hpp). Collective.
void write_reconstruction(const Communicator& comm, const std::string& path, const Reconstruction& result);
// Object, probe, positions, pixel, origin, wavelength, frames, curves, maps of a file that write_reconstruction()
// wrote. One process. Errors: IoError.
Reconstruction read_reconstruction(const std::string& path);

}  // namespace locum::io
