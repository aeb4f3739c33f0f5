#include "io/cxi/cxi_keys.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {

void DiffractionKeys::visit(ConfigVisitor& v) {
  v.value({"data", "", "dataset of the frames; empty: the standard places"}, data);
  v.value({"positions", "", "dataset of CXI's translation: x, y and perhaps z of each frame"}, positions);
  v.value({"positions_x", "", "dataset of positions along the frames' slow axis, instead of positions"}, positions_x);
  v.value({"positions_y", "", "dataset of positions along the frames' fast axis"}, positions_y);
  v.value({"basis", "", "dataset of CXI's basis_vectors"}, basis);
  v.value({"mask", "", "dataset of the detector's mask"}, mask);
  v.value({"background", "", "dataset of the background, counts"}, background);
  v.value({"probe", "", "dataset of the probe's modes, complex"}, probe);
  v.value({"object", "", "dataset of the object of an earlier result, complex"}, object);
  v.value({"energy", "", "dataset of the beam's energy"}, energy);
  v.value({"wavelength", "", "dataset of the wavelength"}, wavelength);
  v.value({"distance", "", "dataset of the distance from specimen to detector"}, distance);
  v.value({"pixel_x", "", "dataset of the detector's pixel along the slow axis"}, pixel_x);
  v.value({"pixel_y", "", "dataset of the detector's pixel along the fast axis"}, pixel_y);
  v.value({"positions_unit", "", "of positions, where the file says none or a wrong one"}, positions_unit);
  v.value({"energy_unit", "", "of the energy"}, energy_unit);
  v.value({"distance_unit", "", "of the distance"}, distance_unit);
  v.value({"pixel_unit", "", "of the detector's pixel"}, pixel_unit);
  v.value({"particle", "", "what the energy belongs to", {}, {"auto", "photon", "electron"}}, particle);
  v.value({"beam_energy", "keV", "0: as in the file", {0.0, 1e6}}, beam_energy);
  v.value({"beam_wavelength", "Angstrom", "0: as in the file", {0.0, 1e4}}, beam_wavelength);
  v.value({"detector_distance", "m", "0: as in the file", {0.0, 1e4}}, detector_distance);
  v.value({"detector_pixel", "um", "0: as in the file", {0.0, 1e5}}, detector_pixel);
  v.value({"reciprocal_pixel", "1/Angstrom", "of the detector; 0: from distance and pixel", {0.0, 1e3}},
          reciprocal_pixel);
  v.value({"object_pixel", "Angstrom", "0: from the sampling of the frames", {0.0, 1e7}}, object_pixel);
  v.value({"scan_step", "Angstrom", "of rows and columns of a raster, instead of positions", {-1e7, 1e7}}, scan_step);
  v.value({"swap_axes", "", "let x and y of the positions change places"}, swap_axes);
  v.value({"reverse_x", "", "reverse the positions along x (the frames' slow axis)"}, reverse_x);
  v.value({"reverse_y", "", "reverse the positions along y (the frames' fast axis)"}, reverse_y);
  v.value({"rotation", "degree", "of the positions, from x to y", {-360.0, 360.0}}, rotation);
  v.value({"mask_is", "", "what pixels are where the mask is not 0", {}, {"bad", "good"}}, mask_is);
  v.value({"negative", "", "what to do with counts below 0", {}, {"refuse", "zero"}}, negative);
  v.value({"counts_scale", "", "counts for one unit of the file", {0.0, 1e30}}, counts_scale);
  v.value({"centre", "", "zero frequency in the frames, pixels along x and y; empty: as the file says"}, centre);
  v.value({"crop", "", "side of the square of detector pixels that is taken; 0: as large as possible", {0, 65536}},
          crop);
  v.value({"bin", "", "so many by so many detector pixels are added up", {1, 64}}, bin);
  v.value({"oblong_pixels", "", "let the object's pixel be longer on one side"}, oblong_pixels);
}

void DiffractionKeys::validate() const {
  const std::string where = "keys of the diffraction file";
  const auto one_of = [&](const char* key, const std::string& word, const std::string& a, const std::string& b) {
    if (word != a && word != b)
      throw ConfigError(fmt::format("{} is '{}', '{}' or '{}' was expected", key, word, a, b), where);
  };
  if (particle != "auto") one_of("particle", particle, "photon", "electron");
  one_of("mask_is", mask_is, "bad", "good");
  one_of("negative", negative, "refuse", "zero");
  for (const auto& [key, value] : {std::pair{"beam_energy", beam_energy},
                                   {"beam_wavelength", beam_wavelength},
                                   {"detector_distance", detector_distance},
                                   {"detector_pixel", detector_pixel},
                                   {"reciprocal_pixel", reciprocal_pixel},
                                   {"object_pixel", object_pixel}})
    if (!(value >= 0.0) || !std::isfinite(value))
      throw ConfigError(fmt::format("{} is {}, 0 (as in the file) or more was expected", key, value), where);
  if (!(counts_scale > 0.0) || !std::isfinite(counts_scale))
    throw ConfigError(fmt::format("counts_scale is {}, above 0 was expected", counts_scale), where);
  if (!std::isfinite(rotation)) throw ConfigError(fmt::format("rotation is {}°", rotation), where);
  for (const auto& [key, list] : {std::pair{"scan_step", scan_step}, {"centre", centre}})
    if (!list.empty() && (list.size() != 2 || !std::isfinite(list[0] + list[1])))
      throw ConfigError(fmt::format("{} has {} numbers, two were expected: along x and y", key, list.size()), where);
  if (!scan_step.empty() && (scan_step[0] == 0.0 || scan_step[1] == 0.0))
    throw ConfigError("scan_step has a 0", where, "rows and columns need a distance");
  if (bin < 1 || bin > 64) throw ConfigError(fmt::format("bin is {}, 1 … 64 was expected", bin), where);
  if (crop < 0 || crop == 1) throw ConfigError(fmt::format("crop is {}, 0 or at least 2 was expected", crop), where);
  if (crop % bin != 0)
    throw ConfigError(fmt::format("crop is {}, a multiple of bin = {} was expected", crop, bin), where);
  if (positions_x.empty() != positions_y.empty())
    throw ConfigError("only one of positions_x and positions_y is given", where, "give both, or positions");
}

}  // namespace locum::io
