// TIFF by libtiff, put together in memory and written at once.
//
// Fiji takes the size of a pixel from the resolution (pixels a unit) and the unit from ImageJ's description; nm,
// because the description is ASCII. Values of 16 bits are calibrated there: value = c0 + c1 · number.
#include <tiffio.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "io/atomic_file.hpp"
#include "io/picture/picture.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

// A file in memory, as libtiff wants it.
struct Memory {
  std::string bytes;
  std::size_t at = 0;
};

Memory& memory(thandle_t handle) { return *static_cast<Memory*>(handle); }

tmsize_t read(thandle_t handle, void* to, tmsize_t size) {
  auto& m = memory(handle);
  const std::size_t n = m.at < m.bytes.size() ? std::min(static_cast<std::size_t>(size), m.bytes.size() - m.at) : 0;
  if (n > 0) std::memcpy(to, m.bytes.data() + m.at, n);
  m.at += n;
  return static_cast<tmsize_t>(n);
}

tmsize_t write(thandle_t handle, void* from, tmsize_t size) {
  auto& m = memory(handle);
  const auto n = static_cast<std::size_t>(size);
  if (m.at + n > m.bytes.size()) m.bytes.resize(m.at + n);
  std::memcpy(m.bytes.data() + m.at, from, n);
  m.at += n;
  return size;
}

toff_t seek(thandle_t handle, toff_t offset, int whence) {
  auto& m = memory(handle);
  m.at = static_cast<std::size_t>(offset) + (whence == SEEK_CUR ? m.at : whence == SEEK_END ? m.bytes.size() : 0);
  return m.at;
}

toff_t size_of(thandle_t handle) { return memory(handle).bytes.size(); }
int close_nothing(thandle_t) { return 0; }
int map_nothing(thandle_t, void**, toff_t*) { return 0; }
void unmap_nothing(thandle_t, void*, toff_t) {}

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

struct Sample {
  std::uint16_t bits, format;
  std::string description;  // ImageJ's lines for the values
};

// `rows` from the top, each picture.nx numbers of T.
template <class T>
void write_rows(const std::string& path, const Picture& picture, const Sample& sample, std::vector<T>& rows) {
  Memory file;
  {
    const std::unique_ptr<TIFF, decltype(&TIFFClose)> tiff(
        TIFFClientOpen(path.c_str(), "wl", &file, read, write, seek, close_nothing, size_of, map_nothing,
                       unmap_nothing),
        TIFFClose);
    if (!tiff) throw IoError("libtiff cannot begin a picture", path);
    auto set = [&](std::uint32_t tag, auto value) {
      if (TIFFSetField(tiff.get(), tag, value) != 1) throw IoError("libtiff refused tag " + std::to_string(tag), path);
    };
    set(TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(picture.nx));
    set(TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(picture.ny));
    set(TIFFTAG_SAMPLESPERPIXEL, 1);
    set(TIFFTAG_BITSPERSAMPLE, static_cast<int>(sample.bits));
    set(TIFFTAG_SAMPLEFORMAT, static_cast<int>(sample.format));
    set(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    set(TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    set(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    set(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    set(TIFFTAG_ROWSPERSTRIP, static_cast<std::uint32_t>(picture.ny));
    set(TIFFTAG_RESOLUTIONUNIT, RESUNIT_NONE);
    set(TIFFTAG_XRESOLUTION, 10.0 / picture.dx);  // pixels a nanometre
    set(TIFFTAG_YRESOLUTION, 10.0 / picture.dy);
    set(TIFFTAG_SOFTWARE, "Locum");
    const std::string description = "ImageJ=1.53k\nunit=nm\n" + sample.description;
    set(TIFFTAG_IMAGEDESCRIPTION, description.c_str());
    const auto size = static_cast<tmsize_t>(rows.size() * sizeof(T));
    if (TIFFWriteEncodedStrip(tiff.get(), 0, rows.data(), size) != size || TIFFFlush(tiff.get()) != 1)
      throw IoError("libtiff cannot write " + std::to_string(size) + " bytes of pixels", path);
  }
  write_text(Communicator::self(), path, file.bytes);
}

// What `convert` makes of each value, from the top row down.
template <class T, class Convert>
std::vector<T> from_top(const Picture& picture, const Convert& convert) {
  std::vector<T> rows;
  rows.reserve(picture.values.size());
  for (int iy = picture.ny - 1; iy >= 0; --iy)
    for (int ix = 0; ix < picture.nx; ++ix)
      rows.push_back(convert(picture.values[static_cast<std::size_t>(ix) * static_cast<std::size_t>(picture.ny) +
                                            static_cast<std::size_t>(iy)]));
  return rows;
}

// A unit without line breaks or "=", which would end the line of the description.
std::string plain(std::string unit) {
  std::replace_if(
      unit.begin(), unit.end(), [](unsigned char c) { return c < ' ' || c > '~' || c == '='; }, '_');
  return unit.empty() ? "1" : unit;
}

}  // namespace

void write_tiff(const std::string& path, const Picture& picture) {
  check_picture(picture, path);
  auto rows = from_top<float>(picture, [](double v) { return static_cast<float>(v); });
  const auto [low, high] = std::minmax_element(rows.begin(), rows.end());
  const std::string range = "min=" + number(*low) + "\nmax=" + number(*high) + "\nvunit=" + plain(picture.unit) + "\n";
  write_rows(path, picture, {32, SAMPLEFORMAT_IEEEFP, range}, rows);
}

void write_tiff16(const std::string& path, const Picture& picture, const PictureConfig& config) {
  config.validate();
  check_picture(picture, path);
  const auto range = color_range(picture, config);
  const double step = range.high > range.low ? (range.high - range.low) / 65535.0 : 1.0;
  auto rows = from_top<std::uint16_t>(picture, [&](double v) {
    return static_cast<std::uint16_t>(std::lround(std::clamp((v - range.low) / step, 0.0, 65535.0)));
  });
  const std::string calibration = "cf=0\nc0=" + number(range.low) + "\nc1=" + number(step) +
                                  "\nvunit=" + plain(picture.unit) + "\nmin=0\nmax=65535\n";
  write_rows(path, picture, {16, SAMPLEFORMAT_UINT, calibration}, rows);
}

}  // namespace locum::io
