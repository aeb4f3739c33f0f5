// Coefficients of scattering factors, hydrogen first. Internal to scattering.cpp, and to the test that compares them
// with the published files.
#pragma once

namespace locum::imaging {

inline constexpr int elements_with_coefficients = 103;

struct LobatoRow {
  double a[5], b[5];  // Å, Å²
};
struct KirklandRow {
  double a[3], b[3], c[3], d[3];  // Å⁻¹, Å⁻², Å, Å²
};

extern const LobatoRow lobato_table[elements_with_coefficients];
extern const KirklandRow kirkland_table[elements_with_coefficients];

}  // namespace locum::imaging
