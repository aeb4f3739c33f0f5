#include "apps/imaging/source_fold.hpp"

#include <algorithm>
#include <cmath>

namespace locum::apps {
namespace {

constexpr double smallest_weight = 1e-9;
constexpr int columns_at_a_time = 64;

}  // namespace

SourceFold::SourceFold(const imaging::ScanShape& scan, double sigma)
    : scan_(scan), sigma_(sigma), rows_(static_cast<std::size_t>(scan.nx)) {
  imaging::ScanShape along_x = scan;
  along_x.ny = 1;
  along_x.periodic_y = false;
  for (int first = 0; first < scan.nx; first += columns_at_a_time) {
    const int count = std::min(columns_at_a_time, scan.nx - first);
    std::vector<double> bright(static_cast<std::size_t>(scan.nx) * count, 0.0);
    for (int c = 0; c < count; ++c) bright[static_cast<std::size_t>(first + c) * count + c] = 1.0;
    imaging::blur_source<double>(bright, along_x, static_cast<std::size_t>(count), sigma);
    for (int ix = 0; ix < scan.nx; ++ix)
      for (int c = 0; c < count; ++c)
        if (const double w = bright[static_cast<std::size_t>(ix) * count + c]; std::abs(w) > smallest_weight)
          rows_[static_cast<std::size_t>(ix)].push_back({first + c, w});
  }
}

std::size_t SourceFold::widest() const {
  std::size_t most = 0;
  for (const auto& row : rows_) most = std::max(most, row.size());
  return most;
}

void SourceFold::along_y(std::span<double> values, std::size_t width) const {
  imaging::ScanShape along_y = scan_;
  along_y.nx = 1;
  along_y.periodic_x = false;
  imaging::blur_source<double>(values, along_y, width, sigma_);
}

}  // namespace locum::apps
