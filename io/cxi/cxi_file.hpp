// Diffraction frames of ptychography, out of files of others: CXI and NXcxi_ptycho (cxidb.org, CXI 1.6; NeXus
// contributed definition NXcxi_ptycho), 4D-STEM cubes (EMD of Prismatic, py4DSTEM and Locum's own scan.h5), and any
// HDF5 file whose keys are given. One process; nothing larger than what is asked for is in memory.
//
// Axes. A frame (nx, ny) is as it lies in the file: x its slow axis (CXI's rows, y downwards), y its fast one.
// Positions are the probe's on the specimen along the same axes, Å. CXI gives the translation t of the specimen, in
// metres in the laboratory's frame, and basis vectors s (slow) and f (fast) of the detector; where the specimen goes,
// the probe goes the other way on it: x = −t·ŝ, y = −t·f̂. With CXI's own basis, s = (0, −1, 0), f = (−1, 0, 0), which
// is taken where the file has none: x = t[1], y = t[0]. Probes of a 4D-STEM raster stand where R_x (ours: x) and R_y
// say.
//
// Frames. The zero frequency lies at pixel (⌊nx/2⌋, ⌊ny/2⌋) of the centred order, in [0][0] of the FFT's. Where the
// file has it is `centre`, else where Q_x and Q_y of a cube are nearest to 0, else ⌊nx/2⌋, ⌊ny/2⌋ of the file's frames;
// what does not fit around it is cut off. Bins of even width have their centre up to half a pixel off: a ramp in the
// object's phase, smaller than one period over the frame.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/cxi/cxi_geometry.hpp"
#include "io/cxi/cxi_keys.hpp"
#include "io/cxi/cxi_numbers.hpp"
#include "io/cxi/cxi_order.hpp"
#include "io/cxi/cxi_places.hpp"
#include "io/hdf5/hdf5.hpp"

namespace locum::io {

class DiffractionFile {
 public:
  // Opens, finds everything and checks it, but no counts. IoError with the places that were tried, the units that would
  // be plausible, the filter that is missing; ConfigError for wrong keys.
  explicit DiffractionFile(const std::string& path, const DiffractionKeys& keys = {});

  std::int64_t frames() const { return frames_; }
  Shape scan() const { return scan_; }  // (sx, sy) of a raster in the file, else (frames)
  int nx() const { return nx_; }        // of frames as they are given: cropped and binned
  int ny() const { return ny_; }
  const std::string& unit() const { return unit_; }  // of the counts, as the file says; "" if it says none
  double wavelength() const { return wavelength_; }  // Å; 0: the file does not say
  bool electrons() const { return electrons_; }      // and not photons
  std::array<double, 2> object_pixel() const {
    return object_pixel_;
  }  // Å along x and y: 1/(n · sampling of the frame)
  const std::vector<double>& positions() const { return positions_; }  // (frames, 2), Å
  // Where each thing was found, and what a user should know: "positions: /entry_1/data_1/translation (m)".
  const std::vector<std::string>& notes() const { return notes_; }

  std::vector<std::uint8_t> mask(FrameOrder order) const;  // (nx, ny), 1 is good; all 1 without a mask
  std::vector<float> background(FrameOrder order) const;   // (nx, ny), counts; empty: there is none
  // (modes, nx, ny), the middle of the probe at ⌊n/2⌋; empty where the file has none of the frames' extents.
  ComplexImages probe() const;
  ComplexImages object() const;  // of an earlier result; empty: there is none. Its extents are its own

  // counts: (frames.size(), nx, ny). Frames in any order, repeated or not; each piece of the file is unpacked once. Bad
  // pixels are 0. IoError with frame and pixel for a count that is NaN, infinite or negative.
  void read(std::span<const std::int64_t> frames, FrameOrder order, std::span<float> counts) const;
  void read(std::int64_t first, std::int64_t count, FrameOrder order, std::span<float> counts) const;

 private:
  struct Run;  // neighbouring frames that are read at once, and where their counts go
  void find_frames();
  void open_data();
  void find_pixels();
  void find_mask();
  void find_background();
  void find_images();
  std::vector<double> window_of(const Place& place) const;
  std::vector<Run> runs(std::span<const std::int64_t> frames) const;
  template <class T>
  void read_runs(const std::vector<Run>& runs, hid_t type, FrameOrder order, std::span<float> counts) const;
  template <class T>
  void read_run(const Run& run, hid_t type, std::vector<T>& numbers) const;
  template <class T>
  [[noreturn]] void refuse(std::int64_t frame, const T* numbers) const;
  std::size_t box() const { return good_.size(); }  // detector pixels of a window

  DiffractionKeys keys_;
  DiffractionPlaces places_;
  Hdf5Handle data_;  // the dataset; behind places_, which holds its file
  Number number_ = Number::real;
  std::size_t bytes_ = 4;  // of a number in memory
  bool signed_ = true;
  Shape shape_, scan_;  // of the data; of the scan
  FrameWindow window_;
  std::int64_t frames_ = 0;
  int nx_ = 0, ny_ = 0;
  std::string unit_;
  double wavelength_ = 0.0;
  bool electrons_ = false;
  std::array<double, 2> object_pixel_{0.0, 0.0};
  std::vector<double> positions_;
  std::vector<std::uint8_t> good_;  // (bin · nx, bin · ny) of the window; all or none of a bin
  std::vector<float> background_;   // the same; empty: there is none
  Place probe_, object_;
  std::vector<std::string> notes_;
};

}  // namespace locum::io
