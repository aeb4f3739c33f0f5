// The image of a scan folded with that of the source, row by row of probes, so that a cube larger than memory can be
// folded from what the file holds: row ix of the result is Σ w(ix, ix') of the sharp rows ix', then folded along y.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "solvers/imaging/optics/coherence.hpp"

namespace locum::apps {

class SourceFold {
 public:
  struct Weight {
    int row = 0;
    double weight = 0.0;
  };

  // sigma: standard deviation of the source's image, Å. The weights are what imaging::blur_source makes of a single
  // bright row; those below 1e-9 are left out.
  SourceFold(const imaging::ScanShape& scan, double sigma);

  // The sharp rows that row `ix` is made of, ascending.
  const std::vector<Weight>& rows(int ix) const { return rows_[static_cast<std::size_t>(ix)]; }
  // Rows that one takes at most: what folding must read for each row that it writes.
  std::size_t widest() const;
  // values (ny, width), in place.
  void along_y(std::span<double> values, std::size_t width) const;

 private:
  imaging::ScanShape scan_;
  double sigma_;
  std::vector<std::vector<Weight>> rows_;
};

}  // namespace locum::apps
