// Where a file of diffraction frames keeps what ptychography needs, in which units, and what of a frame is taken.
//
// A key is a path inside the file ("/entry_1/data_1/data"), or FILE:/PATH for another HDF5 file (relative to the folder
// of the first). Empty: the standard places of CXI, NXcxi_ptycho, EMD and Locum's scan.h5 are searched. "none": what is
// optional is taken for absent, even if the file has it. A number given here goes before the file's.
#pragma once

#include <string>
#include <vector>

#include "kokkos_kernels/base/config.hpp"

namespace locum::io {

struct DiffractionKeys {
  std::string data;       // (frames, nx, ny), or (sx, sy, nx, ny) of a raster: the first two are the scan, sy fastest
  std::string positions;  // (frames, 3) or (frames, 2) or either transposed: CXI's translation (x, y[, z])
  std::string positions_x, positions_y;  // instead of it, one dataset for each of our axes: (frames), (sx, sy), or the
                                         // places of rows (sx) and columns (sy) of a raster
  std::string basis;                     // (2, 3) or (frames, 2, 3): CXI's basis_vectors of the detector
  std::string mask, background;          // (nx, ny)
  std::string probe, object;             // complex; modes first
  std::string energy, wavelength, distance, pixel_x, pixel_y;  // numbers; pixel_x is along our x: CXI's y_pixel_size

  // Units where the file says none or a wrong one; "" is: as the file says, else SI.
  std::string positions_unit, energy_unit, distance_unit, pixel_unit;

  std::string particle = "auto";   // photon, electron: what the energy belongs to
  double beam_energy = 0.0;        // keV
  double beam_wavelength = 0.0;    // Å
  double detector_distance = 0.0;  // m
  double detector_pixel = 0.0;     // µm
  double reciprocal_pixel = 0.0;   // Å⁻¹, of the detector
  double object_pixel = 0.0;       // Å, of frames as they are given
  std::vector<double> scan_step;   // Å: of rows and columns of a raster, instead of positions

  bool swap_axes = false;                     // positions: x and y change places,
  bool reverse_x = false, reverse_y = false;  // then directions,
  double rotation = 0.0;                      // then both are turned, degrees, from x to y

  std::string mask_is = "bad";      // what a pixel that is not 0 is: bad (CXI, NeXus), or good (PtyPy)
  std::string negative = "refuse";  // counts below 0: refuse, or zero (data from which a background was subtracted)
  double counts_scale = 1.0;        // counts for one unit of the file: electrons for "fraction of the beam"

  std::vector<double> centre;  // zero frequency in the file's frames, pixels along x and y; empty: see DiffractionFile
  std::int64_t crop = 0;       // side of the square around it that is taken, detector pixels; 0: as large as possible
  std::int64_t bin = 1;        // so many by so many detector pixels are added up
  bool oblong_pixels = false;  // let the object's pixel be longer on one side

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

}  // namespace locum::io
