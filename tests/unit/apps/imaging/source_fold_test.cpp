#include "apps/imaging/source_fold.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace locum::apps {
namespace {

// Row by row through the weights, against the whole image at once.
TEST(SourceFold, RowsAddUpToTheBlurOfTheWholeScan) {
  for (const bool periodic : {false, true})
    for (const double sigma : {0.3, 1.1}) {
      const imaging::ScanShape scan{70, 5, 0.5, 0.4, periodic, periodic};
      std::vector<double> image(70 * 5 * 2);
      for (std::size_t k = 0; k < image.size(); ++k) image[k] = std::sin(0.9 * k) + 0.01 * k;
      std::vector<double> expected = image;
      imaging::blur_source<double>(expected, scan, 2, sigma);
      const SourceFold fold(scan, sigma);
      for (int ix = 0; ix < scan.nx; ++ix) {
        std::vector<double> row(10, 0.0);
        for (const auto& [from, weight] : fold.rows(ix))
          for (std::size_t k = 0; k < 10; ++k) row[k] += weight * image[from * 10 + k];
        fold.along_y(row, 2);
        // 70 weights below 1e-9 are left out, of numbers up to 8.
        for (std::size_t k = 0; k < 10; ++k) EXPECT_NEAR(row[k], expected[ix * 10 + k], 1e-6);
      }
    }
}

TEST(SourceFold, ANarrowSourceReadsFewRows) {
  const imaging::ScanShape scan{200, 1, 0.5, 1.0, false, false};
  EXPECT_LE(SourceFold(scan, 0.5).widest(), 15u);  // ± 6.5 standard deviations hold 1e-9
}

}  // namespace
}  // namespace locum::apps
