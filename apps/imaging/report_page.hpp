// Parts of report.html of an imaging run. Self-contained: pictures are inside.
#pragma once

#include <string>
#include <vector>

#include "apps/run_directory.hpp"

namespace locum::apps {

// An image as it is shown: of the file's numbers, or of one of a detector's.
struct ShownImage {
  std::string file;  // NAME.png in the run's folder; "" where there is no picture
  std::string title, caption;
  double low = 0.0, mean = 0.0, high = 0.0;  // of the values
  // Standard error of the mean over the configurations, averaged over the pixels, in the image's unit. Without counting
  // noise and before the source's size. Below 0: not known.
  double error = -1.0;
  std::string unit;
};

// Fills low, mean and high.
void take_range(ShownImage& shown, const std::vector<double>& values);

// Text of cells is HTML already.
std::string table_row(const std::string& name, const std::string& value);
std::string table(const std::string& title, const std::string& rows);
std::string numbers_table(const std::vector<ShownImage>& images);

// Title, notes (sentences that a reader must see, HTML), the pictures, what they say in numbers, then `body`. Throws
// IoError where a picture cannot be read back.
std::string imaging_page(const RunDirectory& directory, const std::string& title, const std::vector<std::string>& notes,
                         const std::vector<ShownImage>& images, const std::string& body);

}  // namespace locum::apps
