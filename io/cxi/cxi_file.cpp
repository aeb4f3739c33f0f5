#include "io/cxi/cxi_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "io/cxi/cxi_order.hpp"
#include "io/scan/scan_structure.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

constexpr std::int64_t largest_side = 65536;

// Pixels that CXI's mask marks without calling them bad: in a peak (0x20), artefact corrected (0x800), has signal
// (0x1000). CXI 1.6, table of the mask's bits.
constexpr std::int64_t harmless = 0x20 | 0x800 | 0x1000;

}  // namespace

DiffractionFile::DiffractionFile(const std::string& path, const DiffractionKeys& keys)
    : keys_((keys.validate(), keys)), places_(path, keys) {
  find_frames();
  find_pixels();
  find_mask();
  find_background();
  find_images();
}

void DiffractionFile::find_frames() {
  const auto& [file, dataset] = places_.data();
  const std::string& path = file->path();
  check_filters(*file, dataset);
  if (file->has(scan_progress)) {
    const auto marks = read_numbers(*file, scan_progress);
    const auto open = std::count(marks.begin(), marks.end(), 0.0);
    if (open > 0)
      throw IoError(fmt::format("the scan is not finished: {} of {} tiles are open", open, marks.size()), path,
                    "go on with it by locum simulate --restart");
  }
  shape_ = file->shape(dataset);
  const std::size_t last = shape_.size();
  scan_.assign(shape_.begin(), shape_.end() - 2);
  frames_ = 1;
  for (const auto extent : scan_) {
    if (extent > 0 && frames_ > (std::int64_t{1} << 40) / extent)
      throw IoError(dataset + " has more than 2^40 frames", path);
    frames_ *= extent;
  }
  if (frames_ == 0) throw IoError(dataset + " has no frames", path, "was the scan ended before the first frame?");
  for (const std::size_t d : {last - 2, last - 1})
    if (shape_[d] < 2 || shape_[d] > largest_side)
      throw IoError(fmt::format("{} has frames of {} × {} pixels; 2 … {} a side were expected", dataset,
                                shape_[last - 2], shape_[last - 1], largest_side),
                    path);
  unit_ = unit_of(*file, dataset);
  open_data();
  const Hdf5Handle type(H5Dget_type(data_.id()), H5Tclose);
  const auto kind = H5Tget_class(type.id());
  const std::size_t stored = H5Tget_size(type.id());
  if (kind == H5T_FLOAT) {
    bytes_ = stored > 4 ? 8 : 4;
  } else if (kind == H5T_INTEGER) {
    number_ = Number::integer;
    signed_ = H5Tget_sign(type.id()) != H5T_SGN_NONE;
    bytes_ = stored <= 1 ? 1 : stored <= 2 ? 2 : stored <= 4 ? 4 : 8;
  } else {
    throw IoError(dataset + " holds neither integers nor floats", path);
  }
  notes_.push_back(fmt::format("frames: {} ({} of {} × {})", dataset, frames_, shape_[last - 2], shape_[last - 1]));
}

void DiffractionFile::find_pixels() {
  const std::string& path = places_.path();
  const auto sampling = find_sampling(places_, keys_, notes_);
  wavelength_ = sampling.wavelength, electrons_ = sampling.electrons;
  window_ = choose_window(shape_[shape_.size() - 2], shape_.back(), sampling.zero, keys_, path);
  nx_ = static_cast<int>(window_.nx), ny_ = static_cast<int>(window_.ny);
  const std::array<std::int64_t, 2> n{window_.nx, window_.ny};
  for (std::size_t d = 0; d < 2; ++d) {
    if (keys_.object_pixel > 0.0)
      object_pixel_[d] = keys_.object_pixel;
    else if (sampling.reciprocal[d] > 0.0)
      object_pixel_[d] = 1.0 / (static_cast<double>(n[d] * keys_.bin) * sampling.reciprocal[d]);
    else
      throw IoError(
          "found no sampling of the frames: neither wavelength (or energy), distance and pixel size of the "
          "detector, nor axes Q_x and Q_y in reciprocal units",
          path,
          "give reciprocal_pixel or object_pixel, or the keys energy, distance, pixel_x and pixel_y; " +
              std::string(wavelength_ > 0.0 ? "the wavelength is there" : "the wavelength is missing, too"));
    if (!(object_pixel_[d] > 1e-3 && object_pixel_[d] < 1e6))
      throw IoError(
          fmt::format("a pixel of the object has {:.4g} Å, 0.001 … 1000000 Å were expected", object_pixel_[d]), path,
          "check the units of distance, wavelength and detector pixel");
  }
  if (!keys_.oblong_pixels && std::abs(object_pixel_[0] / object_pixel_[1] - 1.0) > 2e-3)
    throw IoError(fmt::format("a pixel of the object has {:.6g} × {:.6g} Å (frames of {} × {}), a square was expected",
                              object_pixel_[0], object_pixel_[1], nx_, ny_),
                  path,
                  nx_ != ny_ ? "crop the frames to a square with crop, or allow it with oblong_pixels"
                             : "check the detector's pixel sizes, or allow it with oblong_pixels");
  auto positions = find_positions(places_, keys_, frames_, scan_, notes_);
  check_positions(positions, object_pixel_, std::max(nx_, ny_), path);
  positions_ = std::move(positions.values);
}

// The window of an image over the detector, (nx, ny) or (1, nx, ny) or of the window's own extents.
std::vector<double> DiffractionFile::window_of(const Place& place) const {
  Shape shape = place.file->shape(place.dataset);
  while (shape.size() > 2 && shape.front() == 1) shape.erase(shape.begin());
  const Shape frame{shape_[shape_.size() - 2], shape_.back()};
  if (shape != frame)
    throw IoError(fmt::format("{} has {} dimensions of {} × {} at the end, {} × {} as the frames was expected",
                              place.dataset, shape.size(), shape.size() > 1 ? shape[shape.size() - 2] : 1,
                              shape.empty() ? 1 : shape.back(), frame[0], frame[1]),
                  place.file->path(), "give another key, or \"none\"");
  const auto all = read_numbers(*place.file, place.dataset);
  std::vector<double> window;
  for (std::int64_t i = 0; i < window_.nx * keys_.bin; ++i)
    for (std::int64_t j = 0; j < window_.ny * keys_.bin; ++j)
      window.push_back(all[static_cast<std::size_t>((window_.x + i) * frame[1] + window_.y + j)]);
  return window;
}

void DiffractionFile::find_mask() {
  const std::int64_t bin = keys_.bin, side = window_.ny * bin;
  good_.assign(static_cast<std::size_t>(window_.nx * bin * side), 1);
  const Place place = places_.find(keys_.mask,
                                   {"{entry}/instrument_1/detector_1/mask", "{entry}/instrument/detector/pixel_mask",
                                    "{entry}/instrument_1/detector_1/pixel_mask"},
                                   holds_numbers);
  if (!place) return;
  const auto marks = window_of(place);
  for (std::size_t k = 0; k < good_.size(); ++k) {
    if (!std::isfinite(marks[k]) || std::abs(marks[k]) > 4.3e9)
      throw IoError(fmt::format("{} holds {}, bits of a mask were expected", place.dataset, marks[k]),
                    place.file->path());
    const auto bits = static_cast<std::int64_t>(marks[k]);
    good_[k] = keys_.mask_is == "good" ? marks[k] != 0.0 : (bits & ~harmless) == 0;
  }
  // A bin is good if all of it is.
  std::int64_t left = 0;
  for (std::int64_t i = 0; i < window_.nx; ++i)
    for (std::int64_t j = 0; j < window_.ny; ++j) {
      const auto at = [&](std::int64_t k) {
        return static_cast<std::size_t>((i * bin + k / bin) * side + j * bin + k % bin);
      };
      std::uint8_t all = 1;
      for (std::int64_t k = 0; k < bin * bin; ++k) all = all && good_[at(k)];
      for (std::int64_t k = 0; k < bin * bin; ++k) good_[at(k)] = all;
      left += all;
    }
  const std::string other = keys_.mask_is == "good" ? "bad" : "good";
  if (left == 0)
    throw IoError(fmt::format("the mask {} leaves none of {} × {} pixels", place.dataset, nx_, ny_), place.file->path(),
                  fmt::format("if what is not 0 is {} there, say so with mask_is = \"{}\"", other, other));
  notes_.push_back(fmt::format("mask: {} leaves {} of {} pixels{}", place.dataset, left, window_.nx * window_.ny,
                               10 * left < window_.nx * window_.ny ? "; is mask_is right?" : ""));
}

void DiffractionFile::find_background() {
  const Place place = places_.find(
      keys_.background,
      {"{entry}/instrument_1/detector_1/background", "{entry}/instrument_1/detector_1/dark", "{entry}/background/data"},
      holds_numbers);
  if (!place) return;
  const auto values = window_of(place);
  background_.resize(values.size());
  for (std::size_t k = 0; k < background_.size(); ++k) {
    background_[k] = good_[k] ? static_cast<float>(keys_.counts_scale * values[k]) : 0.0f;
    if (!(background_[k] >= 0.0f) || !std::isfinite(background_[k]))
      throw IoError(fmt::format("the background {} is {} at pixel {} of the window, 0 or more was expected",
                                place.dataset, background_[k], k),
                    place.file->path(), "give another key for the background, or \"none\"");
  }
  notes_.push_back("background: " + place.dataset);
}

void DiffractionFile::find_images() {
  // Standard places hold many things that are called probe: only complex ones of the frames' extents are taken there.
  const bool is_named = !keys_.probe.empty();
  probe_ = places_.find(keys_.probe,
                        {"{entry}/instrument_1/source_1/probe", "{entry}/instrument_1/detector_1/probe",
                         "{entry}/instrument_1/source_1/illumination", "{entry}/probe/data", "/probe"},
                        [&](const Hdf5File& file, const std::string& name) {
                          if (!holds_complex(file, name) && !(is_named && holds_numbers(file, name))) return false;
                          const Shape shape = file.shape(name);
                          const bool fits = shape.size() >= 2 && shape[shape.size() - 2] == nx_ && shape.back() == ny_;
                          return fits || is_named;
                        });
  object_ = places_.find(keys_.object, {"{entry}/object/data", "{entry}/image_1/data", "/object"}, holds_complex);
  if (!probe_) return;
  const Shape shape = probe_.file->shape(probe_.dataset);
  if (shape.size() < 2 || shape[shape.size() - 2] != nx_ || shape.back() != ny_)
    throw IoError(
        fmt::format("the probe {} has {} × {} pixels, {} × {} as the frames was expected", probe_.dataset,
                    shape.size() < 2 ? 0 : shape[shape.size() - 2], shape.empty() ? 0 : shape.back(), nx_, ny_),
        probe_.file->path(), "crop and bin change the pixel of the object: give another probe, or \"none\"");
  notes_.push_back("probe: " + probe_.dataset);
}

ComplexImages DiffractionFile::probe() const {
  return probe_ ? read_complex(*probe_.file, probe_.dataset) : ComplexImages{};
}

ComplexImages DiffractionFile::object() const {
  return object_ ? read_complex(*object_.file, object_.dataset) : ComplexImages{};
}

std::vector<std::uint8_t> DiffractionFile::mask(FrameOrder order) const {
  const OrderMap x(nx_, keys_.bin, order), y(ny_, keys_.bin, order);
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(nx_) * static_cast<std::size_t>(ny_));
  for (std::size_t i = 0; i < x.to.size(); ++i)
    for (std::size_t j = 0; j < y.to.size(); ++j)
      mask[x.to[i] * static_cast<std::size_t>(ny_) + y.to[j]] = good_[i * y.to.size() + j];
  return mask;
}

std::vector<float> DiffractionFile::background(FrameOrder order) const {
  if (background_.empty()) return {};
  std::vector<float> all(static_cast<std::size_t>(nx_) * static_cast<std::size_t>(ny_), 0.0f);
  const OrderMap x(nx_, keys_.bin, order), y(ny_, keys_.bin, order);
  for (std::size_t i = 0; i < x.to.size(); ++i)
    for (std::size_t j = 0; j < y.to.size(); ++j)
      all[x.to[i] * static_cast<std::size_t>(ny_) + y.to[j]] += background_[i * y.to.size() + j];
  return all;
}

}  // namespace locum::io
