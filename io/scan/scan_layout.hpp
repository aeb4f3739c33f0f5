// What a scan leaves behind: images and diffraction cubes over a raster of probes, and what is said about them.
//
// Probe p = ix · ny + iy stands at (origin_x + ix · step_x, origin_y + iy · step_y), Å: x slow, y fast. A picture
// without a probe (HRTEM, an exit wave) is a scan whose probes are its pixels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace locum::io {

// How a number lies in the file. Counts of electrons are integers and stay so.
enum class Storage { float32 = 0, float64 = 1, uint16 = 2, uint32 = 3 };
std::uint64_t bytes_of(Storage storage);
std::string name_of(Storage storage);  // as HDF5 and numpy call it: "float32"

struct Quantity {
  std::string name, unit;
  double value = 0.0;
};

struct ScanLayout {
  // The third dimension of an image: rings of a detector, segments, the two components of a centre of mass. `labels`
  // are for channels that have names instead of places; then `places` is empty. Both empty: one channel, no dimension.
  struct Channels {
    std::string name, unit;
    std::vector<double> places;
    std::vector<std::string> labels;
    std::int64_t count() const;
    bool named() const { return !labels.empty(); }
  };
  struct Image {
    std::string name, unit;
    Storage storage = Storage::float32;
    Channels channels;
    std::vector<Quantity> detector;  // its angles, for NXdetector
    int plane = 0;                   // of a thickness series, 0 … 9999
    double depth = 0.0;              // of that plane below the entrance surface, Å
  };
  struct Cube {
    std::string name, unit;
    std::vector<double> qx, qy;  // Å⁻¹, ascending
    Storage storage = Storage::float32;
    int plane = 0;
    double depth = 0.0;
  };

  struct Axis {
    std::string name, unit;
  };

  int nx = 0, ny = 0;
  Axis axis_x = {"R_x", "Angstrom"}, axis_y = {"R_y", "Angstrom"};  // a line's and single points' are others
  double origin_x = 0.0, origin_y = 0.0;                            // Å
  double step_x = 0.0, step_y = 0.0;                                // Å, or of the axis's unit
  std::vector<double> positions;  // (probes, 2), Å: x and y of each; empty: not written
  std::vector<Image> images;
  std::vector<Cube> cubes;
  std::int64_t tiles = 0;  // pieces of work that are marked one by one

  std::int64_t probes() const { return std::int64_t{nx} * ny; }
  std::uint64_t data_bytes() const;  // of images, cubes and positions: the forecast of disk space
  void validate() const;             // ConfigError
};

// What is said in the file besides: EMD's and NeXus' metadata and Locum's provenance.
struct ScanMetadata {
  std::string title;
  std::string program_version;
  std::string input;        // as resolved, TOML
  std::string fingerprint;  // of everything that the numbers depend on; a restart must bring the same
  double energy = 0.0;      // keV
  std::string sample;       // a name or a formula
  std::vector<Quantity> probe, specimen;
  std::vector<Quantity> objective;  // the lens behind the specimen; empty: there is none
  // Attributes of Prismatic's group simulation_parameters, by Prismatic's short names (sa, df, C3, s, F, …).
  std::vector<Quantity> prismatic;
  double cell[3] = {0.0, 0.0, 0.0};  // lx, ly, lz, Å
};

// The group of an image or a cube in the file: Prismatic's NAME_depthPPPP, which HyperSpy stacks by the number.
std::string group_of(const ScanLayout::Image& image);
std::string group_of(const ScanLayout::Cube& cube);

}  // namespace locum::io
