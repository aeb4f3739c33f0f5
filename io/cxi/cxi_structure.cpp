#include "io/cxi/cxi_structure.hpp"

#include "io/cxi/cxi_numbers.hpp"

namespace locum::io {
namespace {

constexpr double metre = 1e-10;            // of one Å
constexpr double joule = 1.602176634e-16;  // of one keV

}  // namespace

void make_class(Hdf5File& file, const std::string& group, const std::string& nexus_class) {
  file.make_group(group);
  file.write_attribute(group, "NX_class", nexus_class);
}

void write_scalar(Hdf5File& file, const std::string& dataset, const std::string& unit, double value) {
  write_reals(file, dataset, unit, {}, {value});
}

void begin_cxi(Hdf5File& file, const std::string& title, const std::string& program_version,
               const std::string& default_group) {
  file.write_attribute("/", "NX_class", std::string("NXroot"));
  file.write_attribute("/", "default", std::string("entry_1"));
  file.write_attribute("/", "creator", std::string("Locum"));
  file.make_dataset("/cxi_version", Number::integer, "1", {});
  file.write("/cxi_version", std::vector<std::int64_t>{160});
  make_class(file, "/entry_1", "NXentry");
  file.write_attribute("/entry_1", "default", default_group);
  write_word(file, "/entry_1/title", title);
  write_word(file, "/entry_1/program_name", "Locum " + program_version);
}

CxiInstrument make_instrument(double wavelength, bool electrons, double distance,
                              const std::array<double, 2>& object_pixel, std::int64_t nx, std::int64_t ny) {
  CxiInstrument instrument{wavelength, electrons, distance, {0.0, 0.0}};
  if (wavelength > 0.0)
    instrument.pixel = {wavelength * distance / (static_cast<double>(nx) * object_pixel[0]),
                        wavelength * distance / (static_cast<double>(ny) * object_pixel[1])};
  return instrument;
}

void write_instrument(Hdf5File& file, const CxiInstrument& instrument) {
  const std::string top = "/entry_1/instrument_1", source = top + "/source_1", beam = top + "/beam_1",
                    detector = top + "/detector_1";
  make_class(file, top, "NXinstrument");
  make_class(file, source, "NXsource");
  make_class(file, beam, "NXbeam");
  make_class(file, detector, "NXdetector");
  write_word(file, top + "/name", "Locum");
  write_word(file, source + "/name", "simulation");
  write_word(file, source + "/probe", instrument.electrons ? "electron" : "x-ray");
  write_word(file, source + "/type", instrument.electrons ? "Electron Source" : "Synchrotron X-ray Source");
  if (!(instrument.wavelength > 0.0)) return;
  const double energy =
      joule * (instrument.electrons ? electron_energy(instrument.wavelength) : photon_energy(instrument.wavelength));
  // CXI's energy is that of a particle of the beam; NeXus' would be the machine's.
  write_scalar(file, source + "/energy", "J", energy);
  write_scalar(file, source + "/wavelength", "m", metre * instrument.wavelength);
  write_scalar(file, beam + "/energy", "J", energy);
  write_scalar(file, beam + "/incident_beam_energy", "J", energy);
  write_scalar(file, beam + "/incident_wavelength", "m", metre * instrument.wavelength);
  write_scalar(file, detector + "/distance", "m", instrument.distance);
  write_scalar(file, detector + "/x_pixel_size", "m", instrument.pixel[1]);  // CXI's x is horizontal, our y
  write_scalar(file, detector + "/y_pixel_size", "m", instrument.pixel[0]);
  // Rows go down, columns to the right as seen from the specimen: CXI's own orientation.
  write_reals(file, detector + "/basis_vectors", "m", {2, 3},
              {0.0, -instrument.pixel[0], 0.0, -instrument.pixel[1], 0.0, 0.0});
}

std::vector<double> translation_of(const std::vector<double>& positions, bool transposed) {
  const std::size_t n = positions.size() / 2;
  std::vector<double> translation(3 * n, 0.0);
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t k = 0; k < 2; ++k)  // the specimen's x is our y
      translation[transposed ? k * n + j : 3 * j + k] = metre * positions[2 * j + 1 - k];
  return translation;
}

}  // namespace locum::io
