// A data set of diffraction frames written as CXI 1.6 / NXcxi_ptycho, in blocks, by all ranks: for simulated data, with
// the truth beside it. DiffractionFile reads it back; so do PtyPy, PyNX and every reader of HDF5.
//
// As in a scan's file (io/scan/scan_file.hpp) the structure is made whole and its space allocated before the first
// frame, and ranks write their frames by pwrite(2). All goes to a temporary; the file has its name once every frame is
// there and on the disk. What a killed run leaves is never taken for a data set.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/atomic_file.hpp"
#include "io/cxi/cxi_numbers.hpp"
#include "io/cxi/cxi_order.hpp"
#include "io/scan/scan_layout.hpp"
#include "kokkos_kernels/base/communicator.hpp"

namespace locum::io {

struct DiffractionLayout {
  std::int64_t frames = 0;
  int nx = 0, ny = 0;
  Storage counts = Storage::uint32;  // uint16, uint32, or float32 for what is expected instead of counted
  std::string unit = "counts";
  std::vector<double> positions;                 // (frames, 2), Å, x and y; what the experimenter knows: may be wrong
  std::array<double, 2> object_pixel{0.0, 0.0};  // Å
  double wavelength = 0.0;                       // Å
  bool electrons = false;
  double distance = 1.0;           // m, of the detector; its pixel follows: λ · distance / (n · object_pixel)
  std::vector<std::uint8_t> mask;  // (nx, ny), centred order, 1 is good; empty: all are
  std::vector<float> background;   // (nx, ny), centred order, counts; empty: none
  ComplexImages probe;             // (modes, nx, ny), a start for reconstruction; empty: none

  struct Truth {
    ComplexImages object, probe;
    std::array<double, 2> origin{0.0, 0.0};  // Å: of the object's element [0][0], in the coordinates of positions
    std::vector<double> positions;           // (frames, 2), Å; empty: as above
  };
  Truth truth;  // an empty object: nothing is known

  std::string title, sample, program_version, input, fingerprint;  // input as resolved, TOML

  std::uint64_t data_bytes() const;
  void validate() const;  // throws ConfigError
};

class DiffractionWriter {
 public:
  // The layout of every rank must be the same; root's positions, images and texts are written. IoError where there is
  // no room (bytes needed and free) or no such folder. Collective.
  DiffractionWriter(const Communicator& comm, const std::string& path, const DiffractionLayout& layout);
  ~DiffractionWriter();  // without finish(): nothing is left
  DiffractionWriter(const DiffractionWriter&) = delete;
  DiffractionWriter& operator=(const DiffractionWriter&) = delete;

  // counts: (count, nx, ny) of the frames first … ; rounded to integers where the layout stores those. The calling rank
  // alone; two ranks never write one frame. NumericalError with frame and pixel for counts that are negative, not
  // finite or beyond the type; IoError for a full disk.
  void write(std::int64_t first, FrameOrder order, std::span<const float> counts);

  // Flush, check that every frame was written (else IoError, and nothing is left), rename. Collective: a rank that
  // failed before must say so first (kokkos_kernels/base/together.hpp), or the others wait here.
  void finish();

 private:
  template <class T>
  void write_as(std::int64_t first, FrameOrder order, std::span<const float> counts);
  void write_bytes(std::uint64_t offset, const void* data, std::size_t size) const;

  Communicator comm_;
  std::string path_;
  AtomicFile file_;
  std::int64_t frames_ = 0;
  int nx_ = 0, ny_ = 0;
  Storage storage_ = Storage::float32;
  std::uint64_t offset_ = 0;  // of the first count in the file
  int descriptor_ = -1;
  std::vector<int> written_;  // of each frame, how often by this rank
};

}  // namespace locum::io
