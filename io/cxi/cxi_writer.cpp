#include "io/cxi/cxi_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "io/collective.hpp"
#include "io/cxi/cxi_structure.hpp"
#include "io/scan/scan_structure.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

const std::string detector = "/entry_1/instrument_1/detector_1", sample = "/entry_1/sample_1";

std::size_t product(std::int64_t a, std::int64_t b) {
  return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

void check_images(const char* what, const ComplexImages& images) {
  if (images.modes < 1 || images.nx < 1 || images.ny < 1 ||
      images.values.size() != product(images.modes, images.nx) * static_cast<std::size_t>(images.ny))
    throw ConfigError(fmt::format("{} has {} numbers for {} images of {} × {}", what, images.values.size(),
                                  images.modes, images.nx, images.ny),
                      "layout of the diffraction file");
}

void make_detector(Hdf5File& file, const DiffractionLayout& layout) {
  const Shape image{layout.nx, layout.ny};
  file.make_typed_dataset(detector + "/data", hdf5_type(layout.counts), layout.unit,
                          {layout.frames, layout.nx, layout.ny});
  file.write_attribute(detector + "/data", "units", layout.unit);
  file.write_attribute(detector + "/data", "axes", std::string("translation:y:x"));  // CXI's
  file.write_attribute(detector + "/data", "interpretation", std::string("image"));
  file.link(detector + "/data", detector + "/data_1");
  file.write_attribute(detector, "signal", std::string("data"));
  file.write_attribute(detector, "axes", std::vector<std::string>{".", "data"});
  write_reals(file, detector + "/translation", "m", {layout.frames, 3}, translation_of(layout.positions, false));
  file.write_attribute(detector + "/translation", "axes", std::string("translation:y:x"));
  file.write_attribute(detector + "/translation", "interpretation", std::string("image"));
  const auto instrument =
      make_instrument(layout.wavelength, layout.electrons, layout.distance, layout.object_pixel, layout.nx, layout.ny);
  write_scalar(file, detector + "/beam_center_x", "m", instrument.pixel[1] * static_cast<double>(layout.ny / 2));
  write_scalar(file, detector + "/beam_center_y", "m", instrument.pixel[0] * static_cast<double>(layout.nx / 2));
  if (!layout.mask.empty()) {
    std::vector<std::int64_t> bits;  // CXI: 0 is good, 1 is invalid
    for (const auto good : layout.mask) bits.push_back(good ? 0 : 1);
    file.make_typed_dataset(detector + "/mask", H5T_STD_U32LE, "1", image);
    file.write(detector + "/mask", bits);
  }
  if (!layout.background.empty()) write_floats(file, detector + "/dark", layout.unit, image, layout.background);
}

void make_sample(Hdf5File& file, const DiffractionLayout& layout) {
  make_class(file, sample, "NXsample");
  write_word(file, sample + "/name", layout.sample);
  make_class(file, sample + "/transformations", "NXtransformations");
  make_class(file, sample + "/geometry_1", "NXcollection");
  // NXcxi_ptycho links the translation of the detector here; PyNX reads three rows, and from nowhere else.
  write_reals(file, sample + "/geometry_1/translation", "m", {3, layout.frames},
              translation_of(layout.positions, true));
  const auto rows = translation_of(layout.positions, true);
  const auto n = static_cast<std::ptrdiff_t>(layout.frames);
  for (const auto& [name, row, vector] : {std::tuple{"x", 0, std::vector<double>{1, 0, 0}}, {"y", 1, {0, 1, 0}}}) {
    const std::string dataset = sample + "/transformations/" + name;
    write_reals(file, dataset, "m", {layout.frames}, {rows.begin() + row * n, rows.begin() + (row + 1) * n});
    file.write_attribute(dataset, "transformation_type", std::string("translation"));
    file.write_real_attribute(dataset, "vector", vector);
    file.write_attribute(dataset, "depends_on", std::string(row == 0 ? "y" : "."));
  }
}

void make_data(Hdf5File& file) {
  const std::string data = "/entry_1/data_1";
  make_class(file, data, "NXdata");
  file.link(detector + "/data", data + "/data");
  file.link(detector + "/translation", data + "/translation");
  for (const char* name : {"x", "y"}) {
    file.link(sample + "/transformations/" + name, data + "/" + name);
    file.write_attribute(data, std::string(name) + "_indices", std::int64_t{0});
  }
  file.write_attribute(data, "signal", std::string("data"));
  file.write_attribute(data, "axes", std::vector<std::string>{"x", ".", "."});
  file.write_attribute(data, "interpretation", std::string("image"));
}

void make_truth(Hdf5File& file, const DiffractionLayout& layout) {
  const auto& truth = layout.truth;
  const std::string top = "/entry_1/truth";
  if (truth.object.empty()) return;
  make_class(file, top, "NXcollection");
  write_complex(file, top + "/object", "1", truth.object, false);
  if (!truth.probe.empty()) write_complex(file, top + "/probe", layout.unit + "^0.5", truth.probe, true);
  write_reals(file, top + "/origin", "m", {2}, {1e-10 * truth.origin[0], 1e-10 * truth.origin[1]});
  write_reals(file, top + "/translation", "m", {layout.frames, 3},
              translation_of(truth.positions.empty() ? layout.positions : truth.positions, false));
}

void make_file(const std::string& path, const DiffractionLayout& layout) {
  auto file = Hdf5File::create(path);
  begin_cxi(file, layout.title, layout.program_version, "data_1");
  write_word(file, "/entry_1/definition", "NXcxi_ptycho");
  write_instrument(file, make_instrument(layout.wavelength, layout.electrons, layout.distance, layout.object_pixel,
                                         layout.nx, layout.ny));
  make_detector(file, layout);
  make_sample(file, layout);
  make_data(file);
  if (!layout.probe.empty()) {
    make_class(file, "/entry_1/probe", "NXdata");
    file.write_attribute("/entry_1/probe", "signal", std::string("data"));
    write_complex(file, "/entry_1/probe/data", layout.unit + "^0.5", layout.probe, true);
  }
  make_truth(file, layout);
  file.make_group("/locum");
  file.write_attribute("/locum", "version", layout.program_version);
  file.write_attribute("/locum", "input", layout.input);
  file.write_attribute("/locum", "fingerprint", layout.fingerprint);
  file.close();
}

template <class T>
T stored(float count) {
  return static_cast<T>(std::is_integral_v<T> ? std::round(count) : count);
}

}  // namespace

std::uint64_t DiffractionLayout::data_bytes() const {
  const auto pixels = static_cast<std::uint64_t>(nx) * static_cast<std::uint64_t>(ny);
  return static_cast<std::uint64_t>(frames) * (pixels * bytes_of(counts) + 14 * 8) + pixels * 8 +
         8 * (probe.values.size() + truth.object.values.size() + truth.probe.values.size());
}

void DiffractionLayout::validate() const {
  const std::string where = "layout of the diffraction file";
  if (frames < 1 || nx < 2 || ny < 2 || nx > 65536 || ny > 65536)
    throw ConfigError(fmt::format("found {} frames of {} × {} pixels", frames, nx, ny), where);
  if (static_cast<std::uint64_t>(frames) > (std::uint64_t{1} << 62) / product(nx, ny) / 8)
    throw ConfigError(fmt::format("{} frames of {} × {} would take more than 2^62 bytes", frames, nx, ny), where);
  if (counts == Storage::float64)
    throw ConfigError("counts as float64 are not written", where, "float32 has all digits that a count has");
  for (const auto* list : {&positions, &truth.positions})
    if (static_cast<std::int64_t>(list->size()) != 2 * frames && !(list == &truth.positions && list->empty()))
      throw ConfigError(fmt::format("found {} positions for {} frames", list->size() / 2, frames), where);
  for (const double number : {object_pixel[0], object_pixel[1], wavelength, distance})
    if (!(number > 0.0) || !std::isfinite(number))
      throw ConfigError(fmt::format("found pixels of {} × {} Å, a wavelength of {} Å and a distance of {} m; positive "
                                    "ones were expected",
                                    object_pixel[0], object_pixel[1], wavelength, distance),
                        where);
  if (!mask.empty() && mask.size() != product(nx, ny))
    throw ConfigError(fmt::format("the mask has {} pixels, the frames {} × {}", mask.size(), nx, ny), where);
  if (!background.empty() && background.size() != product(nx, ny))
    throw ConfigError(fmt::format("the background has {} pixels, the frames {} × {}", background.size(), nx, ny),
                      where);
  if (!probe.empty()) check_images("the probe", probe);
  if (!truth.object.empty()) check_images("the true object", truth.object);
  if (!truth.probe.empty()) check_images("the true probe", truth.probe);
}

DiffractionWriter::DiffractionWriter(const Communicator& comm, const std::string& path, const DiffractionLayout& layout)
    : comm_(comm),
      path_(path),
      file_(comm, path),
      frames_(layout.frames),
      nx_(layout.nx),
      ny_(layout.ny),
      storage_(layout.counts) {
  together(comm_, [&] { layout.validate(); });
  file_.reserve(layout.data_bytes() + structure_bytes(64));
  on_root(comm_, [&] {
    make_file(file_.temporary(), layout);
    offset_ = Hdf5File::open(file_.temporary()).offset(detector + "/data");
  });
  comm_.broadcast(offset_);
  written_.assign(static_cast<std::size_t>(frames_), 0);
  together(comm_, [&] {
    descriptor_ = ::open(file_.temporary().c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0)
      throw IoError(fmt::format("cannot open on rank {}: {}", comm_.rank(), std::strerror(errno)), file_.temporary(),
                    "every rank must see the same folder");
  });
}

DiffractionWriter::~DiffractionWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void DiffractionWriter::write_bytes(std::uint64_t offset, const void* data, std::size_t size) const {
  const auto* from = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::pwrite(descriptor_, from, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      throw IoError(fmt::format("cannot write {} bytes at offset {} (rank {}): {}", size, offset, comm_.rank(),
                                std::strerror(n < 0 ? errno : ENOSPC)),
                    path_, "free some space or give another --output");
    from += n, offset += static_cast<std::uint64_t>(n), size -= static_cast<std::size_t>(n);
  }
}

template <class T>
void DiffractionWriter::write_as(std::int64_t first, FrameOrder order, std::span<const float> counts) {
  const OrderMap x(nx_, 1, order), y(ny_, 1, order);
  const std::size_t size = product(nx_, ny_), side = static_cast<std::size_t>(ny_);
  const auto most = std::is_integral_v<T> ? static_cast<double>(std::numeric_limits<T>::max())
                                          : static_cast<double>(std::numeric_limits<float>::max());
  std::vector<T> block(counts.size());
  for (std::size_t f = 0; f < counts.size() / size; ++f)
    for (std::size_t i = 0; i < x.to.size(); ++i)
      for (std::size_t j = 0; j < side; ++j) {
        const float count = counts[f * size + x.to[i] * side + y.to[j]];
        if (!(count >= 0.0f) || static_cast<double>(count) > most)
          throw NumericalError(fmt::format("frame {} has the count {} at pixel ({}, {}) of the centred order; 0 … {:g} "
                                           "was expected",
                                           first + static_cast<std::int64_t>(f), count, i, j, most),
                               path_, "a larger type of numbers holds more");
        block[f * size + i * side + j] = stored<T>(count);
      }
  write_bytes(offset_ + static_cast<std::uint64_t>(first) * size * sizeof(T), block.data(), block.size() * sizeof(T));
}

void DiffractionWriter::write(std::int64_t first, FrameOrder order, std::span<const float> counts) {
  const std::size_t size = product(nx_, ny_);
  const auto count = static_cast<std::int64_t>(counts.size() / size);
  if (counts.size() % size != 0 || first < 0 || first > frames_ || count > frames_ - first)
    throw ConfigError(fmt::format("found {} counts from frame {} on, the file has {} frames of {} × {}", counts.size(),
                                  first, frames_, nx_, ny_),
                      path_);
  if (storage_ == Storage::uint16) write_as<std::uint16_t>(first, order, counts);
  if (storage_ == Storage::uint32) write_as<std::uint32_t>(first, order, counts);
  if (storage_ == Storage::float32) write_as<float>(first, order, counts);
  for (std::int64_t k = first; k < first + count; ++k) ++written_[static_cast<std::size_t>(k)];
}

void DiffractionWriter::finish() {
  together(comm_, [&] {
    if (::fdatasync(descriptor_) != 0)
      throw IoError(fmt::format("cannot flush to the disk: {}", std::strerror(errno)), path_);
    ::close(std::exchange(descriptor_, -1));
  });
  constexpr std::size_t piece = std::size_t{1} << 24;
  for (std::size_t at = 0; at < written_.size(); at += piece)
    comm_.sum(std::span<int>(written_.data() + at, std::min(piece, written_.size() - at)));
  const auto missing = std::count(written_.begin(), written_.end(), 0);
  if (missing > 0)
    throw IoError(fmt::format("{} of {} frames were not written, the first is {}", missing, frames_,
                              std::find(written_.begin(), written_.end(), 0) - written_.begin()),
                  path_);
  file_.commit();
}

}  // namespace locum::io
