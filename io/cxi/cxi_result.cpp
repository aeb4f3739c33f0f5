#include "io/cxi/cxi_result.hpp"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "io/atomic_file.hpp"
#include "io/collective.hpp"
#include "io/cxi/cxi_structure.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

constexpr double metre = 1e-10;  // of one Å
const std::string entry = "/entry_1";

// Names that this file gives to groups of the entry itself.
const std::set<std::string> taken{"title",     "program_name", "image_1",    "image_2",  "object",
                                  "probe",     "positions",    "background", "frames_1", "instrument_1",
                                  "process_1", "result_1",     "result_2",   "result_3", "data_1"};

std::int64_t pixels(const ComplexImages& images) { return images.nx * images.ny; }

void write_axes(Hdf5File& file, const std::string& group, const ComplexImages& images,
                const std::array<double, 2>& pixel, const std::array<double, 2>& origin) {
  std::vector<double> rows, columns;
  for (std::int64_t k = 0; k < images.nx; ++k) rows.push_back(metre * (origin[0] + static_cast<double>(k) * pixel[0]));
  for (std::int64_t k = 0; k < images.ny; ++k)
    columns.push_back(metre * (origin[1] + static_cast<double>(k) * pixel[1]));
  write_reals(file, group + "/row_coords", "m", {images.nx}, rows);
  write_reals(file, group + "/col_coords", "m", {images.ny}, columns);
}

void write_image(Hdf5File& file, const std::string& group, const ComplexImages& images, const std::string& unit,
                 const std::string& data_type, const std::string& title, const Reconstruction& result, bool stack) {
  const auto& pixel = result.pixel;
  make_class(file, group, "NXdata");
  write_word(file, group + "/title", title);
  write_complex(file, group + "/data", unit, images, stack);
  file.write_attribute(group + "/data", "interpretation", std::string("image"));
  write_word(file, group + "/data_type", data_type);
  write_word(file, group + "/data_space", "real");
  file.make_dataset(group + "/is_fft_shifted", Number::integer, "1", {});
  file.write(group + "/is_fft_shifted", std::vector<std::int64_t>{0});
  // CXI's order is x (horizontal: our y), y.
  write_reals(file, group + "/image_size", "m", {2},
              {metre * pixel[1] * static_cast<double>(images.ny), metre * pixel[0] * static_cast<double>(images.nx)});
  write_scalar(file, group + "/x_pixel_size", "m", metre * pixel[1]);
  write_scalar(file, group + "/y_pixel_size", "m", metre * pixel[0]);
  write_reals(file, group + "/basis_vectors", "m", {2, 3}, {0.0, -metre * pixel[0], 0.0, -metre * pixel[1], 0.0, 0.0});
  std::vector<float> amplitude, phase;
  for (const auto& value : images.values) amplitude.push_back(std::abs(value)), phase.push_back(std::arg(value));
  Shape shape{images.nx, images.ny};
  if (stack) shape.insert(shape.begin(), images.modes);
  write_floats(file, group + "/amplitude", unit, shape, amplitude);
  write_floats(file, group + "/phase", "rad", shape, phase);
  const std::array<double, 2> middle{-static_cast<double>(images.nx / 2) * pixel[0],
                                     -static_cast<double>(images.ny / 2) * pixel[1]};
  write_axes(file, group, images, pixel, stack ? middle : result.origin);
  // Viewers plot real numbers: the phase of the object, the amplitude of the probe.
  file.write_attribute(group, "signal", std::string(stack ? "amplitude" : "phase"));
  file.write_attribute(group, "auxiliary_signals", std::vector<std::string>{stack ? "phase" : "amplitude"});
  std::vector<std::string> axes{"row_coords", "col_coords"};
  if (stack) axes.insert(axes.begin(), ".");
  file.write_attribute(group, "axes", axes);
}

// PyNX's result_5: x, y of the specimen's translation and their changes, as rows.
void write_positions(Hdf5File& file, const Reconstruction& result) {
  const auto n = static_cast<std::int64_t>(result.positions.size() / 2);
  const std::string group = entry + "/result_3";
  const auto now = translation_of(result.positions, true);
  auto before = result.initial_positions.empty() ? now : translation_of(result.initial_positions, true);
  std::vector<double> rows(now.begin(), now.begin() + 2 * n);
  for (std::int64_t k = 0; k < 2 * n; ++k)
    rows.push_back(now[static_cast<std::size_t>(k)] - before[static_cast<std::size_t>(k)]);
  make_class(file, group, "NXdata");
  write_word(file, group + "/title", "x, y of the specimen's translation, and by how much they were corrected");
  write_reals(file, group + "/data", "m", {4, n}, rows);
  file.write_attribute(group, "signal", std::string("data"));
  file.link(group, entry + "/positions");
}

void write_frames(Hdf5File& file, const Reconstruction& result) {
  const std::string group = entry + "/frames_1";
  make_class(file, group, "NXdata");
  if (result.frames.empty()) return;
  std::vector<std::string> others;
  for (const auto& item : result.frames) {
    write_floats(file, group + "/" + item.name, item.unit, {static_cast<std::int64_t>(item.values.size())},
                 item.values);
    if (&item != &result.frames.front()) others.push_back(item.name);
  }
  file.write_attribute(group, "signal", result.frames.front().name);
  if (!others.empty()) file.write_attribute(group, "auxiliary_signals", others);
}

void write_curves_and_maps(Hdf5File& file, const Reconstruction& result) {
  for (const auto& curve : result.curves) {
    const std::string group = entry + "/" + curve.name;
    make_class(file, group, "NXdata");
    file.write_attribute(group, "locum_kind", std::string("curve"));
    const auto n = static_cast<std::int64_t>(curve.values.size());
    write_reals(file, group + "/data", curve.unit, {n}, curve.values);
    write_reals(file, group + "/" + curve.axis, curve.axis_unit, {n}, curve.at);
    file.write_attribute(group, "signal", std::string("data"));
    file.write_attribute(group, "axes", std::vector<std::string>{curve.axis});
  }
  for (const auto& map : result.maps) {
    const std::string group = entry + "/" + map.name;
    make_class(file, group, "NXdata");
    file.write_attribute(group, "locum_kind", std::string("map"));
    write_word(file, group + "/title", map.title);
    write_floats(file, group + "/data", map.unit, {result.object.nx, result.object.ny}, map.values);
    file.link(entry + "/image_1/row_coords", group + "/row_coords");
    file.link(entry + "/image_1/col_coords", group + "/col_coords");
    file.write_attribute(group, "signal", std::string("data"));
    file.write_attribute(group, "axes", std::vector<std::string>{"row_coords", "col_coords"});
  }
}

void write_process(Hdf5File& file, const Reconstruction& result) {
  const std::string group = entry + "/process_1";
  make_class(file, group, "NXprocess");
  write_word(file, group + "/program", "Locum");
  write_word(file, group + "/version", result.program_version);
  file.write_attribute(group, "input", result.input);
  for (const auto& [name, text] : result.provenance) file.write_attribute(group, name, text);
}

void write_all(const std::string& path, const Reconstruction& result) {
  auto file = Hdf5File::create(path);
  begin_cxi(file, result.title, result.program_version, "image_1");
  write_image(file, entry + "/image_1", result.object, "1", "transmission function", "object", result, false);
  for (const char* name : {"/object", "/result_1"}) file.link(entry + "/image_1", entry + name);
  if (!result.probe.empty()) {
    write_image(file, entry + "/image_2", result.probe, "counts^0.5", "amplitude", "modes of the probe", result, true);
    for (const char* name : {"/probe", "/result_2"}) file.link(entry + "/image_2", entry + name);
    write_instrument(file, make_instrument(result.wavelength, result.electrons, result.distance, result.pixel,
                                           result.probe.nx, result.probe.ny));
  }
  make_class(file, entry + "/data_1", "NXdata");  // CXI: the main data of the entry
  file.link(entry + "/image_1/data", entry + "/data_1/data");
  file.write_attribute(entry + "/data_1", "signal", std::string("data"));
  if (!result.positions.empty()) write_positions(file, result);
  if (!result.background.empty()) {
    make_class(file, entry + "/background", "NXdata");
    file.write_attribute(entry + "/background", "signal", std::string("data"));
    write_floats(file, entry + "/background/data", "counts", {result.probe.nx, result.probe.ny}, result.background);
  }
  write_frames(file, result);
  write_curves_and_maps(file, result);
  write_process(file, result);
  file.close();
}

}  // namespace

void Reconstruction::validate() const {
  const std::string where = "result of ptychography";
  const auto finite = [](const auto& values) {
    for (const auto value : values)
      if (!std::isfinite(std::abs(value))) return false;
    return true;
  };
  if (object.modes != 1 || pixels(object) < 1 || static_cast<std::int64_t>(object.values.size()) != pixels(object))
    throw ConfigError(fmt::format("the object has {} numbers for {} × {} × {}", object.values.size(), object.modes,
                                  object.nx, object.ny),
                      where);
  if (static_cast<std::int64_t>(probe.values.size()) != probe.modes * pixels(probe))
    throw ConfigError(fmt::format("the probe has {} numbers for {} modes of {} × {}", probe.values.size(), probe.modes,
                                  probe.nx, probe.ny),
                      where);
  if (!finite(object.values) || !finite(probe.values) || !finite(positions))
    throw NumericalError("object, probe or positions hold numbers that are not finite", where);
  if (!(pixel[0] > 0.0) || !(pixel[1] > 0.0))
    throw ConfigError(fmt::format("a pixel has {} × {} Å", pixel[0], pixel[1]), where);
  if (!initial_positions.empty() && initial_positions.size() != positions.size())
    throw ConfigError(
        fmt::format("found {} initial positions for {}", initial_positions.size() / 2, positions.size() / 2), where);
  if (!background.empty() && static_cast<std::int64_t>(background.size()) != pixels(probe))
    throw ConfigError("the background has other extents than the probe", where);
  std::set<std::string> names = taken;
  const auto check = [&](const std::string& name, bool fits) {
    if (name.empty() || name.find('/') != std::string::npos || !names.insert(name).second)
      throw ConfigError(fmt::format("'{}' cannot name a curve or a map: it is empty, has a slash or is taken", name),
                        where);
    if (!fits) throw ConfigError(fmt::format("'{}' has not as many numbers as it should have", name), where);
  };
  for (const auto& curve : curves) check(curve.name, curve.at.size() == curve.values.size() && !curve.axis.empty());
  for (const auto& map : maps) check(map.name, static_cast<std::int64_t>(map.values.size()) == pixels(object));
  std::set<std::string> per_frame;
  for (const auto& item : frames)
    if (item.values.size() != positions.size() / 2 || item.name.empty() || !per_frame.insert(item.name).second)
      throw ConfigError(fmt::format("'{}' of the frames has {} numbers for {} frames, or its name is taken", item.name,
                                    item.values.size(), positions.size() / 2),
                        where);
}

void write_reconstruction(const Communicator& comm, const std::string& path, const Reconstruction& result) {
  on_root(comm, [&] { result.validate(); });
  AtomicFile file(comm, path);
  std::uint64_t bytes = structure_bytes(64 + result.frames.size() + 3 * (result.curves.size() + result.maps.size()));
  bytes += 16 * (result.object.values.size() + result.probe.values.size()) + 40 * result.positions.size() +
           4 * (result.maps.size() * result.object.values.size() + result.background.size());
  for (const auto& curve : result.curves) bytes += 16 * curve.values.size();
  file.reserve(comm.max(bytes));
  on_root(comm, [&] { write_all(file.temporary(), result); });
  file.commit();
}

}  // namespace locum::io
