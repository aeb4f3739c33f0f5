#include "apps/ptychography/complex_pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "io/picture/picture.hpp"

namespace locum::apps {
namespace {

constexpr double faintest = 0.01;  // of the strongest illumination
constexpr double decades = 5.0;    // of a frame's logarithmic grey

std::vector<double> cut(const std::vector<double>& values, int ny, const PixelBox& box) {
  std::vector<double> part;
  part.reserve(static_cast<std::size_t>(box.nx()) * static_cast<std::size_t>(box.ny()));
  for (int ix = box.x0; ix < box.x1; ++ix)
    for (int iy = box.y0; iy < box.y1; ++iy)
      part.push_back(
          values[static_cast<std::size_t>(ix) * static_cast<std::size_t>(ny) + static_cast<std::size_t>(iy)]);
  return part;
}

// Σ_j f_j Σ_m |P_m(r − r_j)|² at the nearest pixel, over the frames whose f is a number; f = 1 where `count`.
std::vector<double> illumination_sum(const Ptychogram& input, std::span<const double> of_frame, bool count) {
  const std::size_t window = input.window();
  std::vector<double> intensity(window, 0.0), sum(input.object_size(), 0.0);
  for (std::size_t k = 0; k < window * static_cast<std::size_t>(input.modes); ++k)
    intensity[k % window] += std::norm(input.probe[k]);
  for (std::size_t j = 0; j < input.position.size(); ++j) {
    const int x0 = static_cast<int>(std::lround(input.position[j][0]));
    const int y0 = static_cast<int>(std::lround(input.position[j][1]));
    const PixelBox box = intersection({x0, y0, x0 + input.nx, y0 + input.ny}, input.whole());
    if (std::isnan(of_frame[j])) continue;
    const double factor = count ? 1.0 : of_frame[j];
    for (int ix = box.x0; ix < box.x1; ++ix) {
      const double* from = intensity.data() + static_cast<std::ptrdiff_t>(ix - x0) * input.ny - y0;
      double* to = sum.data() + static_cast<std::ptrdiff_t>(ix) * input.object_ny;
      for (int iy = box.y0; iy < box.y1; ++iy) to[iy] += factor * from[iy];
    }
  }
  return sum;
}

ShownImage draw(const RunDirectory& directory, const std::string& name, const std::string& title,
                const io::Picture& picture, const io::PictureConfig& config) {
  ShownImage shown;
  shown.title = title;
  shown.unit = picture.unit;
  take_range(shown, picture.values);
  io::write_png(directory.file(name + ".png"), picture, config);
  io::write_tiff(directory.file(name + ".tif"), picture);
  shown.file = name + ".png";
  return shown;
}

}  // namespace

std::vector<double> frames_map(const Ptychogram& input, std::span<const double> of_frame) {
  std::vector<double> sum = illumination_sum(input, of_frame, false);
  const std::vector<double> weight = illumination_sum(input, of_frame, true);
  const double least = faintest * *std::max_element(weight.begin(), weight.end());
  for (std::size_t k = 0; k < sum.size(); ++k) sum[k] = weight[k] > least ? sum[k] / weight[k] : 0.0;
  return sum;
}

std::vector<double> phase_about_mean(const ComplexImage& image, std::span<const float> weights) {
  std::complex<double> mean = 0.0;
  for (std::size_t k = 0; k < image.values.size(); ++k) {
    const std::complex<double> value = image.values[k];
    mean += (weights.empty() ? 1.0 : static_cast<double>(weights[k])) * value * std::abs(value);
  }
  const std::complex<double> turn = std::abs(mean) > 0.0 ? std::conj(mean) / std::abs(mean) : 1.0;
  std::vector<double> phase(image.values.size());
  for (std::size_t k = 0; k < phase.size(); ++k) phase[k] = std::arg(turn * std::complex<double>(image.values[k]));
  return phase;
}

std::vector<ShownImage> draw_complex(const RunDirectory& directory, const std::string& name, const std::string& title,
                                     const ComplexImage& image, const PixelBox& box, std::span<const float> weights) {
  std::vector<double> amplitude(image.values.size());
  for (std::size_t k = 0; k < amplitude.size(); ++k) amplitude[k] = std::abs(image.values[k]);
  io::PictureConfig grey;
  grey.clip = 0.1;
  std::vector<ShownImage> shown;
  shown.push_back(draw(directory, name + "_amplitude", title + ", amplitude",
                       {box.nx(), box.ny(), image.dx, image.dy, cut(amplitude, image.ny, box), "", {}}, grey));
  shown.back().caption = "1 where nothing is";
  io::Picture phase{box.nx(), box.ny(), image.dx, image.dy, cut(phase_about_mean(image, weights), image.ny, box),
                    "rad",    {}};
  const auto [low, high] = std::minmax_element(phase.values.begin(), phase.values.end());
  io::PictureConfig config = grey;
  const bool wraps = *high - *low > 1.6 * std::numbers::pi;
  if (wraps) {
    config = {};
    config.colors = "phase";
    config.low = -std::numbers::pi;
    config.high = std::numbers::pi;
  }
  shown.push_back(draw(directory, name + "_phase", title + ", phase", phase, config));
  shown.back().caption = wraps ? "cyclic colours: the phase wraps" : "about its mean";
  return shown;
}

ShownImage draw_wave(const RunDirectory& directory, const std::string& name, const std::string& title,
                     const ComplexImage& image) {
  io::Picture picture{image.nx, image.ny, image.dx, image.dy, phase_about_mean(image, {}), "rad", {}};
  double most = 0.0;
  for (const auto& value : image.values) most = std::max(most, static_cast<double>(std::abs(value)));
  for (const auto& value : image.values) picture.brightness.push_back(most > 0.0 ? std::abs(value) / most : 0.0);
  io::PictureConfig config;
  config.colors = "phase";
  config.low = -std::numbers::pi;
  config.high = std::numbers::pi;
  ShownImage shown = draw(directory, name, title, picture, config);
  shown.caption = "colour is the phase, brightness the amplitude";
  return shown;
}

ShownImage draw_frame(const RunDirectory& directory, const std::string& name, const std::string& title,
                      const Ptychogram& input, const std::vector<double>& counts) {
  const double qx = 1.0 / (input.nx * input.dx), qy = 1.0 / (input.ny * input.dy);
  io::Picture picture{input.nx, input.ny, qx, qy, counts, "counts", {}};
  ShownImage shown;
  shown.title = title;
  shown.unit = picture.unit;
  shown.caption = fmt::format("counts, logarithmic over {:g} decades", decades);
  take_range(shown, counts);
  io::write_tiff(directory.file(name + ".tif"), picture);
  const double floor = std::max(shown.high, 1e-300) * std::pow(10.0, -decades);
  for (double& value : picture.values) value = std::log10(std::max(value, floor));
  io::PictureConfig config;
  config.colors = "inferno";
  config.scale_bar = false;  // lengths are 1/Å here
  io::write_png(directory.file(name + ".png"), picture, config);
  shown.file = name + ".png";
  return shown;
}

ShownImage draw_map(const RunDirectory& directory, const std::string& name, const std::string& title,
                    const std::string& unit, const Ptychogram& input, const PixelBox& box,
                    const std::vector<double>& values) {
  io::PictureConfig config;
  config.colors = "viridis";
  return draw(directory, name, title,
              {box.nx(), box.ny(), input.dx, input.dy, cut(values, input.object_ny, box), unit, {}}, config);
}

}  // namespace locum::apps
