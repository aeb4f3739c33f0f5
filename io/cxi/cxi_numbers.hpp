// Numbers of any type from HDF5 files of others, and the units they come in.
#pragma once

#include <complex>
#include <string>
#include <vector>

#include "io/hdf5/hdf5.hpp"

namespace locum::io {

// A stack of complex images, (modes, nx, ny); empty: there is none.
struct ComplexImages {
  std::int64_t modes = 0, nx = 0, ny = 0;
  std::vector<std::complex<float>> values;
  bool empty() const { return values.empty(); }
};

// Integers, floats of any width and order, and h5py's bool (an enumeration).
bool holds_numbers(const Hdf5File& file, const std::string& dataset);
bool holds_complex(const Hdf5File& file, const std::string& dataset);  // h5py's compound of r and i
// All of it, row-major. IoError where it holds no numbers, or more than `most`.
std::vector<double> read_numbers(const Hdf5File& file, const std::string& dataset, std::int64_t most = 1 << 28);
// One number: a scalar, or an array of one element.
double read_number(const Hdf5File& file, const std::string& dataset);
// Complex images of the last two dimensions, all those before together being modes; real ones have no imaginary part.
ComplexImages read_complex(const Hdf5File& file, const std::string& dataset);
// A text: dataset of one, fixed or variable length; "" where it is none.
std::string read_word(const Hdf5File& file, const std::string& dataset);
// (modes, nx, ny), or (nx, ny) of one image that is no `stack`. complex64 as h5py writes it: a compound of r and i.
void write_complex(Hdf5File& file, const std::string& dataset, const std::string& unit, const ComplexImages& images,
                   bool stack);
void write_floats(Hdf5File& file, const std::string& dataset, const std::string& unit, const Shape& shape,
                  const std::vector<float>& values);
void write_word(Hdf5File& file, const std::string& dataset, const std::string& text);  // a scalar
// A dataset of doubles and its unit, in Locum's attribute and in NeXus'.
void write_reals(Hdf5File& file, const std::string& dataset, const std::string& unit, const Shape& shape,
                 const std::vector<double>& values);

// Throws IoError unless this HDF5 can take the dataset's compression apart; names the filter.
void check_filters(const Hdf5File& file, const std::string& dataset);

// NeXus' `units`, or Locum's `unit`, without EMD's brackets; "" where neither is there.
std::string unit_of(const Hdf5File& file, const std::string& dataset);
// How many Å, Å⁻¹, keV one of the unit has; 0 for one that is not known. "[nm]" is nm (EMD).
double in_angstrom(const std::string& unit);
double in_inverse_angstrom(const std::string& unit);
double in_kev(const std::string& unit);

double photon_wavelength(double kev);       // Å; λ = hc/E
double electron_wavelength(double kev);     // Å; λ = hc/√(E(E + 2mc²))
double photon_energy(double wavelength);    // keV
double electron_energy(double wavelength);  // keV, kinetic

}  // namespace locum::io
