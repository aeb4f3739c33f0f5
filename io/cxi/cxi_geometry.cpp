#include "io/cxi/cxi_geometry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "io/cxi/cxi_numbers.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

// A number with its unit, from the file.
struct Measured {
  double value = 0.0;
  std::string unit, place;
};

std::optional<Measured> measure(DiffractionPlaces& places, const std::string& key,
                                const std::vector<std::string>& standard, const std::string& unit,
                                const std::string& si) {
  const Place place = places.find(key, standard, holds_numbers);
  if (!place) return std::nullopt;
  const auto values = read_numbers(*place.file, place.dataset);
  if (values.empty()) throw IoError(place.dataset + " is empty, a number was expected", place.file->path());
  for (const double value : values)  // one for each frame is allowed as long as they are equal
    if (!(std::abs(value - values[0]) <= 1e-3 * std::abs(values[0])))
      throw IoError(
          fmt::format("{} changes from {} to {}; data of one value were expected", place.dataset, values[0], value),
          place.file->path());
  const std::string given = unit_of(*place.file, place.dataset);
  return Measured{values[0], !unit.empty() ? unit : !given.empty() ? given : si, place.dataset};
}

double converted(const Measured& measured, double factor, const std::string& path, const std::string& key) {
  if (factor == 0.0)
    throw IoError(fmt::format("{} is in the unit '{}', which is not known here", measured.place, measured.unit), path,
                  fmt::format("give it with the key {}", key));
  const double value = measured.value * factor;
  if (!(value > 0.0) || !std::isfinite(value))
    throw IoError(
        fmt::format("{} is {} {}, a positive number was expected", measured.place, measured.value, measured.unit),
        path);
  return value;
}

bool is_electron(DiffractionPlaces& places, const DiffractionKeys& keys) {
  if (keys.particle != "auto") return keys.particle == "electron";
  const auto is_text = [](const Hdf5File& file, const std::string& name) { return !read_word(file, name).empty(); };
  const Place place =
      places.find("", {"{entry}/instrument_1/source_1/probe", "{entry}/instrument/source/probe"}, is_text);
  if (place) return read_word(*place.file, place.dataset).find("lectron") != std::string::npos;
  return !places.cube_axis(2).dataset.empty();  // a 4D-STEM cube
}

constexpr double shortest = 2e-3, longest = 1e3;  // Å: electrons of a few MeV … extreme ultraviolet

bool is_plausible(double wavelength) { return wavelength >= shortest && wavelength <= longest; }

void find_wavelength(DiffractionPlaces& places, const DiffractionKeys& keys, FrameSampling& sampling,
                     std::vector<std::string>& notes) {
  const auto of_energy = [&](double kev) {
    return sampling.electrons ? electron_wavelength(kev) : photon_wavelength(kev);
  };
  if (keys.beam_wavelength > 0.0) {
    sampling.wavelength = keys.beam_wavelength;
  } else if (keys.beam_energy > 0.0) {
    sampling.wavelength = of_energy(keys.beam_energy);
  } else if (const auto length =
                 measure(places, keys.wavelength,
                         {"{entry}/instrument_1/source_1/wavelength", "{entry}/instrument_1/beam_1/incident_wavelength",
                          "{entry}/instrument/probe/wavelength", "{entry}/instrument/beam/incident_wavelength"},
                         "", "m")) {
    sampling.wavelength = converted(*length, in_angstrom(length->unit), places.path(), "beam_wavelength");
    notes.push_back(fmt::format("wavelength: {}", length->place));
  } else if (const auto energy =
                 measure(places, keys.energy,
                         {"{entry}/instrument_1/beam_1/incident_beam_energy", "{entry}/instrument_1/beam_1/energy",
                          "{entry}/instrument_1/source_1/energy", "{entry}/instrument/beam/incident_energy",
                          "{entry}/instrument/source/energy"},
                         keys.energy_unit, "J")) {
    sampling.wavelength = of_energy(converted(*energy, in_kev(energy->unit), places.path(), "energy_unit"));
    notes.push_back(fmt::format("energy: {} ({})", energy->place, energy->unit));
    if (!is_plausible(sampling.wavelength)) {
      std::string better;
      for (const char* unit : {"J", "eV", "keV"})
        if (is_plausible(of_energy(energy->value * in_kev(unit))))
          better += (better.empty() ? "" : " or ") + std::string(unit);
      throw IoError(fmt::format("{} is {} {}: a wavelength of {:.4g} Å, {} … {} Å was expected", energy->place,
                                energy->value, energy->unit, sampling.wavelength, shortest, longest),
                    places.path(),
                    better.empty() ? "give beam_energy" : "is it in " + better + "? Say so with energy_unit");
    }
  }
  if (sampling.wavelength > 0.0 && !is_plausible(sampling.wavelength))
    throw IoError(
        fmt::format("the wavelength is {:.4g} Å, {} … {} Å was expected", sampling.wavelength, shortest, longest),
        places.path(), "check its unit, or give beam_wavelength");
}

// Q_x and Q_y of a cube: sampling and the place of 0.
void find_cube_sampling(DiffractionPlaces& places, FrameSampling& sampling, std::vector<std::string>& notes) {
  for (std::size_t d = 0; d < 2; ++d) {
    const CubeAxis axis = places.cube_axis(2 + d);
    const double factor = in_inverse_angstrom(axis.unit);
    if (axis.places.size() < 2 || factor == 0.0) continue;
    const double step = (axis.places.back() - axis.places.front()) / static_cast<double>(axis.places.size() - 1);
    if (!(step > 0.0) || !std::isfinite(step))
      throw IoError(fmt::format("{} does not ascend", axis.dataset), places.path());
    sampling.reciprocal[d] = step * factor;
    const double zero = -axis.places.front() / step;
    if (zero > -0.5 && zero < static_cast<double>(axis.places.size()) - 0.5) sampling.zero[d] = zero;
    notes.push_back(fmt::format("sampling along {}: {} ({} {})", d ? "y" : "x", axis.dataset, step, axis.unit));
  }
}

void find_detector_sampling(DiffractionPlaces& places, const DiffractionKeys& keys, FrameSampling& sampling,
                            std::vector<std::string>& notes) {
  const auto distance = measure(places, keys.distance,
                                {"{entry}/instrument_1/detector_1/distance", "{entry}/instrument/detector/distance",
                                 "{entry}/detector_1/distance"},
                                keys.distance_unit, "m");
  double z = keys.detector_distance * 1e10;
  if (z == 0.0 && distance) {
    z = converted(*distance, in_angstrom(distance->unit), places.path(), "distance_unit");
    notes.push_back(fmt::format("distance: {} ({} {})", distance->place, distance->value, distance->unit));
  }
  const std::array<std::string, 2> key{keys.pixel_x, keys.pixel_y};
  for (std::size_t d = 0; d < 2; ++d) {
    const std::string name = d == 0 ? "y_pixel_size" : "x_pixel_size";  // CXI's x is horizontal: our fast axis
    double pixel = keys.detector_pixel * 1e4;
    if (pixel == 0.0) {
      const auto size = measure(places, key[d],
                                {"{entry}/instrument_1/detector_1/" + name, "{entry}/instrument/detector/" + name,
                                 "{entry}/detector_1/" + name},
                                keys.pixel_unit, "m");
      if (!size) continue;
      pixel = converted(*size, in_angstrom(size->unit), places.path(), "pixel_unit");
      notes.push_back(fmt::format("pixel along {}: {} ({} {})", d ? "y" : "x", size->place, size->value, size->unit));
    }
    if (z > 0.0 && sampling.wavelength > 0.0) sampling.reciprocal[d] = pixel / (z * sampling.wavelength);
  }
}

}  // namespace

FrameSampling find_sampling(DiffractionPlaces& places, const DiffractionKeys& keys, std::vector<std::string>& notes) {
  FrameSampling sampling;
  const Shape shape = places.data().file->shape(places.data().dataset);
  for (std::size_t d = 0; d < 2; ++d) sampling.zero[d] = static_cast<double>(shape[shape.size() - 2 + d] / 2);
  sampling.electrons = is_electron(places, keys);
  find_wavelength(places, keys, sampling, notes);
  find_cube_sampling(places, sampling, notes);
  if (sampling.reciprocal[0] == 0.0 || sampling.reciprocal[1] == 0.0 || keys.detector_distance > 0.0 ||
      keys.detector_pixel > 0.0)
    find_detector_sampling(places, keys, sampling, notes);
  if (keys.reciprocal_pixel > 0.0) sampling.reciprocal = {keys.reciprocal_pixel, keys.reciprocal_pixel};
  if (!keys.centre.empty()) sampling.zero = {keys.centre[0], keys.centre[1]};
  return sampling;
}

FrameWindow choose_window(std::int64_t nx, std::int64_t ny, const std::array<double, 2>& zero,
                          const DiffractionKeys& keys, const std::string& path) {
  const std::array<std::int64_t, 2> extent{nx, ny};
  std::array<std::int64_t, 2> first{}, count{};
  const std::int64_t before = keys.bin % 2 ? keys.bin / 2 : 0;  // detector pixels of the zero's bin before it
  const auto start = [&](std::size_t d, std::int64_t n) { return std::llround(zero[d]) - n / 2 * keys.bin - before; };
  const auto fits = [&](std::size_t d, std::int64_t n) {
    return start(d, n) >= 0 && start(d, n) + n * keys.bin <= extent[d];
  };
  for (std::size_t d = 0; d < 2; ++d) {
    if (!(zero[d] > -0.5) || !(zero[d] < static_cast<double>(extent[d]) - 0.5))
      throw IoError(fmt::format("the zero frequency is at pixel {} along {}, the frames have {}", zero[d],
                                d ? "y" : "x", extent[d]),
                    path, "check the key centre");
    count[d] = extent[d] / keys.bin;
    while (count[d] > 0 && !fits(d, count[d])) --count[d];
  }
  if (nx == ny) count[0] = count[1] = std::min(count[0], count[1]);
  if (keys.crop > 0) {
    const std::int64_t n = keys.crop / keys.bin;
    for (std::size_t d = 0; d < 2; ++d)
      if (!fits(d, n))
        throw IoError(
            fmt::format("crop = {} does not fit around the zero frequency at pixel {:.0f} along {} of frames of "
                        "{} × {} pixels",
                        keys.crop, zero[d], d ? "y" : "x", nx, ny),
            path, fmt::format("the largest that fits is {}", std::min(count[0], count[1]) * keys.bin));
    count = {n, n};
  }
  if (count[0] < 2 || count[1] < 2)
    throw IoError(fmt::format("of frames of {} × {} pixels {} × {} are left; at least 2 × 2 were expected", nx, ny,
                              count[0], count[1]),
                  path, "check centre and bin");
  for (std::size_t d = 0; d < 2; ++d) first[d] = start(d, count[d]);
  return {first[0], first[1], count[0], count[1]};
}

}  // namespace locum::io
