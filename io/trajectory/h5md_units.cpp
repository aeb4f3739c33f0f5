#include "io/trajectory/h5md_units.hpp"

#include <charconv>
#include <cmath>
#include <map>
#include <sstream>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {

double h5md_unit(const std::string& unit, const std::string& where) {
  // CODATA 2018; "mol" counts particles, so that kJ mol-1 is an energy.
  static const std::map<std::string, double> known = {
      {"1", 1.0},
      {"Angstrom", 1.0},
      {"angstrom", 1.0},
      {"A", 1.0},
      {"nm", 10.0},
      {"pm", 0.01},
      {"fm", 1e-5},
      {"m", 1e10},
      {"fs", 1.0},
      {"ps", 1e3},
      {"ns", 1e6},
      {"s", 1e15},
      {"eV", 1.0},
      {"K", 1.0},
      {"u", 1.0},
      {"e", 1.0},
      {"GPa", 1.0},
      {"J", 1.0 / 1.602176634e-19},
      {"N", 1e-10 / 1.602176634e-19},
      {"kJ", 1e3 / 1.602176634e-19},
      {"kcal", 4184.0 / 1.602176634e-19},
      {"mol", 6.02214076e23},
  };
  double value = 1.0;
  std::istringstream factors(unit);
  for (std::string factor; factors >> factor;) {
    auto end = factor.size();
    while (end > 1 && (std::isdigit(static_cast<unsigned char>(factor[end - 1])) || factor[end - 1] == '-' ||
                       factor[end - 1] == '+'))
      --end;
    int power = 1;
    if (end < factor.size()) {
      const auto from = end + (factor[end] == '+');
      std::from_chars(factor.data() + from, factor.data() + factor.size(), power);
    }
    const auto found = known.find(factor.substr(0, end));
    if (found == known.end())
      throw IoError("the unit '" + unit + "' is not known", where, "units are written like \"Angstrom fs-1\"");
    value *= std::pow(found->second, power);
  }
  return value;
}

}  // namespace locum::io
