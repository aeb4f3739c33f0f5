#include "io/cxi/cxi_numbers.hpp"

#include <H5Zpublic.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

constexpr double hc = 12.39841984332;        // keV Å, CODATA 2018
constexpr double electron_mass = 510.99895;  // keV, mc²

std::int64_t elements(const Hdf5File& file, const std::string& dataset, std::int64_t most) {
  std::int64_t all = 1;
  for (const auto extent : file.shape(dataset)) {
    if (extent > 0 && all > most / extent)
      throw IoError(fmt::format("{} has more than {} numbers, far fewer were expected", dataset, most), file.path());
    all *= extent;
  }
  return all;
}

Hdf5Handle type_of(const Hdf5File& file, const std::string& dataset) {
  const auto set = file.open_dataset(dataset);
  return {file.check(H5Dget_type(set.id()), "ask for the type of", dataset), H5Tclose};
}

// The names of the two members of a compound that is a complex number; empty for other types.
std::array<std::string, 2> complex_members(hid_t type) {
  if (H5Tget_class(type) != H5T_COMPOUND || H5Tget_nmembers(type) != 2) return {};
  std::array<std::string, 2> names;
  for (unsigned k = 0; k < 2; ++k) {
    char* name = H5Tget_member_name(type, k);
    if (name) names[k] = name;
    H5free_memory(name);
    if (H5Tget_member_class(type, k) != H5T_FLOAT) return {};
  }
  const auto is = [&](const char* a, const char* b) { return names[0] == a && names[1] == b; };
  return is("r", "i") || is("real", "imag") || is("re", "im") ? names : std::array<std::string, 2>{};
}

Hdf5Handle complex_type(const std::array<std::string, 2>& names) {
  Hdf5Handle type(H5Tcreate(H5T_COMPOUND, sizeof(std::complex<float>)), H5Tclose);
  H5Tinsert(type.id(), names[0].c_str(), 0, H5T_NATIVE_FLOAT);
  H5Tinsert(type.id(), names[1].c_str(), sizeof(float), H5T_NATIVE_FLOAT);
  return type;
}

// What people write for the unit, without brackets.
std::string plain(std::string unit) {
  if (unit.size() > 2 && unit.front() == '[' && unit.back() == ']') unit = unit.substr(1, unit.size() - 2);
  return unit;
}

double look_up(const std::map<std::string, double>& known, const std::string& unit) {
  const auto found = known.find(plain(unit));
  return found == known.end() ? 0.0 : found->second;
}

}  // namespace

bool holds_numbers(const Hdf5File& file, const std::string& dataset) {
  if (!file.has(dataset) || !file.is_dataset(dataset)) return false;
  const auto kind = H5Tget_class(type_of(file, dataset).id());
  return kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_ENUM;
}

bool holds_complex(const Hdf5File& file, const std::string& dataset) {
  return file.has(dataset) && file.is_dataset(dataset) && !complex_members(type_of(file, dataset).id())[0].empty();
}

std::vector<double> read_numbers(const Hdf5File& file, const std::string& dataset, std::int64_t most) {
  if (!holds_numbers(file, dataset))
    throw IoError(dataset + " is no dataset of numbers; integers or floats were expected", file.path());
  check_filters(file, dataset);
  std::vector<double> values(static_cast<std::size_t>(elements(file, dataset, most)));
  if (values.empty()) return values;
  const auto set = file.open_dataset(dataset);
  file.check(H5Dread(set.id(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "read", dataset);
  return values;
}

double read_number(const Hdf5File& file, const std::string& dataset) {
  const auto values = read_numbers(file, dataset);
  if (values.size() != 1)
    throw IoError(fmt::format("{} has {} numbers, one was expected", dataset, values.size()), file.path());
  return values[0];
}

ComplexImages read_complex(const Hdf5File& file, const std::string& dataset) {
  const auto stored = type_of(file, dataset);
  const auto members = complex_members(stored.id());
  const Shape shape = file.shape(dataset);
  if (shape.size() < 2)
    throw IoError(
        fmt::format("{} has {} dimensions; images (nx, ny) or (modes, nx, ny) were expected", dataset, shape.size()),
        file.path());
  ComplexImages images;
  images.nx = shape[shape.size() - 2], images.ny = shape.back(), images.modes = 1;
  const auto count = elements(file, dataset, std::int64_t{1} << 31);
  for (std::size_t k = 0; k + 2 < shape.size(); ++k) images.modes *= shape[k];
  if (members[0].empty()) {
    for (const double value : read_numbers(file, dataset)) images.values.emplace_back(static_cast<float>(value));
  } else {
    check_filters(file, dataset);
    images.values.resize(static_cast<std::size_t>(count));
    const auto set = file.open_dataset(dataset);
    const auto type = complex_type(members);
    if (count > 0)
      file.check(H5Dread(set.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, images.values.data()), "read", dataset);
  }
  for (std::size_t k = 0; k < images.values.size(); ++k)
    if (!std::isfinite(images.values[k].real()) || !std::isfinite(images.values[k].imag()))
      throw IoError(fmt::format("{} has a number that is not finite: the {}th", dataset, k), file.path());
  return images;
}

std::string read_word(const Hdf5File& file, const std::string& dataset) {
  if (!file.has(dataset) || !file.is_dataset(dataset)) return "";
  const auto set = file.open_dataset(dataset);
  const Hdf5Handle type(H5Dget_type(set.id()), H5Tclose), space(H5Dget_space(set.id()), H5Sclose);
  if (H5Tget_class(type.id()) != H5T_STRING || H5Sget_simple_extent_npoints(space.id()) != 1) return "";
  if (H5Tis_variable_str(type.id()) > 0) {
    char* data = nullptr;
    file.check(H5Dread(set.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, static_cast<void*>(&data)), "read", dataset);
    const std::string text = data ? data : "";
    H5free_memory(data);
    return text;
  }
  std::string text(H5Tget_size(type.id()) + 1, '\0');
  file.check(H5Dread(set.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()), "read", dataset);
  return text.c_str();  // padding cut off
}

void write_complex(Hdf5File& file, const std::string& dataset, const std::string& unit, const ComplexImages& images,
                   bool stack) {
  const auto type = complex_type({"r", "i"});
  Shape shape{images.nx, images.ny};
  if (stack || images.modes != 1) shape.insert(shape.begin(), images.modes);
  file.make_typed_dataset(dataset, type.id(), unit, shape);
  file.write_attribute(dataset, "units", unit);
  const auto set = file.open_dataset(dataset);
  file.check(H5Dwrite(set.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, images.values.data()), "write", dataset);
}

void write_floats(Hdf5File& file, const std::string& dataset, const std::string& unit, const Shape& shape,
                  const std::vector<float>& values) {
  file.make_typed_dataset(dataset, H5T_IEEE_F32LE, unit, shape);
  file.write_attribute(dataset, "units", unit);
  const auto set = file.open_dataset(dataset);
  file.check(H5Dwrite(set.id(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "write", dataset);
}

void write_reals(Hdf5File& file, const std::string& dataset, const std::string& unit, const Shape& shape,
                 const std::vector<double>& values) {
  file.make_dataset(dataset, Number::real, unit, shape);
  file.write(dataset, values);
  file.write_attribute(dataset, "units", unit);
}

void write_word(Hdf5File& file, const std::string& dataset, const std::string& text) {
  // Of one length: texts of variable length lie in a heap without checksums.
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), std::max<std::size_t>(text.size(), 1));
  H5Tset_strpad(type.id(), H5T_STR_NULLPAD);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  file.make_typed_dataset(dataset, type.id(), "", {});
  const auto set = file.open_dataset(dataset);
  const std::string padded = text.empty() ? std::string(1, '\0') : text;
  file.check(H5Dwrite(set.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, padded.data()), "write", dataset);
}

void check_filters(const Hdf5File& file, const std::string& dataset) {
  // Numbers and names registered with the HDF Group.
  static const std::map<int, std::string> names{
      {1, "gzip (deflate)"}, {4, "szip"},     {32000, "lzf"}, {32001, "blosc"},   {32004, "lz4"}, {32008, "bitshuffle"},
      {32013, "zfp"},        {32015, "zstd"}, {32017, "sz"},  {32022, "jpeg-xl"}, {32024, "sz3"}, {32026, "blosc2"}};
  const auto set = file.open_dataset(dataset);
  const Hdf5Handle creation(file.check(H5Dget_create_plist(set.id()), "ask for the layout of", dataset), H5Pclose);
  const int count = H5Pget_nfilters(creation.id());
  for (int k = 0; k < count; ++k) {
    unsigned flags = 0, settings = 0;
    std::size_t numbers = 0;
    std::array<char, 64> own{};
    const H5Z_filter_t id = H5Pget_filter2(creation.id(), static_cast<unsigned>(k), &flags, &numbers, nullptr,
                                           own.size() - 1, own.data(), &settings);
    if (id < 0 || H5Zfilter_avail(id) > 0) continue;
    const auto known = names.find(id);
    const std::string name = known != names.end() ? known->second : own[0] ? own.data() : "unknown";
    throw IoError(
        fmt::format("{} is compressed with the filter {} (number {}), which this HDF5 does not have", dataset, name,
                    id),
        file.path(),
        "unpack it where it was made (h5repack -f GZIP=4 IN OUT, or h5py's compression=\"gzip\"), or name the "
        "folder of the filter's plug-in in HDF5_PLUGIN_PATH");
  }
}

std::string unit_of(const Hdf5File& file, const std::string& dataset) {
  for (const char* name : {"units", "unit", "Units"})
    if (file.has_attribute(dataset, name)) {
      const std::string unit = file.text_attribute(dataset, name);
      if (!unit.empty()) return plain(unit);
    }
  return "";
}

double in_angstrom(const std::string& unit) {
  static const std::map<std::string, double> known{
      {"m", 1e10},         {"meter", 1e10},   {"meters", 1e10},    {"metre", 1e10},     {"metres", 1e10},
      {"cm", 1e8},         {"mm", 1e7},       {"millimeter", 1e7}, {"um", 1e4},         {"µm", 1e4},
      {"μm", 1e4},         {"micron", 1e4},   {"microns", 1e4},    {"micrometer", 1e4}, {"nm", 10.0},
      {"nanometer", 10.0}, {"Angstrom", 1.0}, {"angstrom", 1.0},   {"Å", 1.0},          {"Å", 1.0},
      {"A", 1.0},          {"n_m", 10.0},     {"pm", 1e-2},        {"fm", 1e-5}};
  return look_up(known, unit);
}

double in_inverse_angstrom(const std::string& unit) {
  static const std::map<std::string, double> known{
      {"1/Angstrom", 1.0}, {"1/angstrom", 1.0}, {"Å^-1", 1.0},  {"A^-1", 1.0},  {"Å⁻¹", 1.0},
      {"1/Å", 1.0},        {"1/A", 1.0},        {"1/nm", 0.1},  {"nm^-1", 0.1}, {"n_m^-1", 0.1},
      {"1/um", 1e-4},      {"1/m", 1e-10},      {"m^-1", 1e-10}};
  return look_up(known, unit);
}

double in_kev(const std::string& unit) {
  static const std::map<std::string, double> known{{"J", 1.0 / 1.602176634e-16},
                                                   {"joule", 1.0 / 1.602176634e-16},
                                                   {"eV", 1e-3},
                                                   {"ev", 1e-3},
                                                   {"keV", 1.0},
                                                   {"kev", 1.0},
                                                   {"kV", 1.0},
                                                   {"V", 1e-3},
                                                   {"MeV", 1e3},
                                                   {"GeV", 1e6}};
  return look_up(known, unit);
}

double photon_wavelength(double kev) { return hc / kev; }
double electron_wavelength(double kev) { return hc / std::sqrt(kev * (kev + 2.0 * electron_mass)); }
double photon_energy(double wavelength) { return hc / wavelength; }
double electron_energy(double wavelength) { return std::hypot(hc / wavelength, electron_mass) - electron_mass; }

}  // namespace locum::io
