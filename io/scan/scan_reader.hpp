// Reads a scan's file back, finished or not: for tools, pictures and tests. One process; nothing larger than what is
// asked for is in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/hdf5/hdf5.hpp"

namespace locum::io {

class ScanReader {
 public:
  explicit ScanReader(const std::string& path);  // IoError unless it is a scan of Locum or of Prismatic

  // Names of groups as they stand in the file ("HAADF_depth0000"), sorted. Where one is asked for, "HAADF" will do for
  // plane 0; a name that is not there: ConfigError with the names that are.
  std::vector<std::string> images() const { return hdf5_.names(folder(false)); }
  std::vector<std::string> cubes() const { return hdf5_.names(folder(true)); }

  Shape image_shape(const std::string& name) const;  // (nx, ny) or (nx, ny, channels)
  Shape cube_shape(const std::string& name) const;   // (nx, ny, nqx, nqy)
  std::string unit(const std::string& image) const;
  // The places of dimension d = 1 … of an image or a cube: R_x, R_y in Å, Q_x, Q_y in Å⁻¹.
  std::vector<double> image_axis(const std::string& name, int d) const;
  std::vector<double> cube_axis(const std::string& name, int d) const;

  std::vector<double> image(const std::string& name) const;  // all of it, row-major
  // A box of either; numbers in the order of the box. Integers stay integers (Values).
  Values image_region(const std::string& name, const Slab& box) const;
  Values cube_region(const std::string& name, const Slab& box) const;

  // Locum's: "" in a file of Prismatic's.
  std::string input() const { return text("input"); }
  std::string fingerprint() const { return text("fingerprint"); }
  // Of all tiles how many are marked done; {0, 0} in a file of Prismatic's.
  struct Progress {
    std::int64_t done = 0, tiles = 0;
  };
  Progress progress() const;

 private:
  static std::string folder(bool cubes);
  std::string group(const std::string& name, bool cube) const;
  std::string text(const std::string& attribute) const;
  std::vector<double> axis(const std::string& group, int d) const;

  Hdf5File hdf5_;
};

}  // namespace locum::io
