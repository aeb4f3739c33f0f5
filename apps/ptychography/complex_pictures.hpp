// Pictures of complex images: amplitude and phase of an object, modes of a probe.
#pragma once

#include <complex>
#include <span>
#include <string>
#include <vector>

#include "apps/imaging/report_page.hpp"
#include "solvers/api/ptychography.hpp"

namespace locum::apps {

struct ComplexImage {
  int nx = 0, ny = 0;
  double dx = 1.0, dy = 1.0;                    // Å
  std::span<const std::complex<float>> values;  // (nx, ny)
};

// The mean of a number of each frame over the frames that reach a pixel, weighed by their illumination of it; 0 where
// none does. Frames whose number is NaN take no part. (object_nx, object_ny).
std::vector<double> frames_map(const Ptychogram& input, std::span<const double> of_frame);

// The phase that the weighted sum of an image has, taken from it: arg Σ w O |O|. Where a picture begins to wrap is then
// as far from the mean as can be. weights: as the image, or empty.
std::vector<double> phase_about_mean(const ComplexImage& image, std::span<const float> weights);

// NAME_amplitude and NAME_phase, PNG and TIFF, of the box. The phase is about its mean, cyclic in colour where it spans
// more than half of the circle. One rank's work; the folder's file names come back in what is shown.
std::vector<ShownImage> draw_complex(const RunDirectory& directory, const std::string& name, const std::string& title,
                                     const ComplexImage& image, const PixelBox& box, std::span<const float> weights);

// NAME.png: phase as colour, amplitude as brightness.
ShownImage draw_wave(const RunDirectory& directory, const std::string& name, const std::string& title,
                     const ComplexImage& image);

// Counts of a frame, (nx, ny) in the centred order, logarithmic over five decades in the PNG.
ShownImage draw_frame(const RunDirectory& directory, const std::string& name, const std::string& title,
                      const Ptychogram& input, const std::vector<double>& counts);

// NAME.png and NAME.tif of numbers over the object, (object_nx, object_ny), in the box.
ShownImage draw_map(const RunDirectory& directory, const std::string& name, const std::string& title,
                    const std::string& unit, const Ptychogram& input, const PixelBox& box,
                    const std::vector<double>& values);

}  // namespace locum::apps
