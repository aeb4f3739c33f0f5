// The far-field model once more, by plain loops in double: what the solver is held against.
#pragma once

#include <array>
#include <complex>
#include <vector>

#include "solvers/api/ptychography.hpp"

namespace locum::imaging::plain {

using Complex = std::complex<double>;
using Field = std::vector<Complex>;  // (nx, ny)

// Unnormalised, sign −1 forward; of lines of any length.
Field transform(const Field& in, int nx, int ny, int sign);
// P moved by a fraction of a pixel, through reciprocal space.
Field moved(const Field& probe, int nx, int ny, double x, double y);

struct Setting {
  int nx = 8, ny = 8, object_nx = 16, object_ny = 16, modes = 1;
  double counts = 1e4;
  double radius = 0.3;  // of the probe, of the window
  double phase = 0.8;   // rad, largest of the object
  double dark = 0.2;    // largest absorption
  bool noise = false;   // Poisson, by a generator of fixed seed
  double background = 0.0;
  unsigned seed = 1;
};

struct Case {
  Ptychogram data;
  Field object;              // truth
  std::vector<Field> probe;  // truth, by mode
  std::vector<float> counts;
};

// Smooth random object, a probe that fills `radius` of the window, and exact frames at the positions.
Case make(const Setting& setting, std::vector<std::array<double, 2>> positions);
// A grid of positions with a step and a jitter, pixels; the object's size is set so that windows lie inside.
std::vector<std::array<double, 2>> grid(Setting& setting, int count_x, int count_y, double step, double jitter,
                                        bool fractional);

// Window of frame j: the nearest pixel, and P moved by the rest.
Field window(const Field& object, int object_ny, int nx, int ny, int x, int y);
std::vector<Field> probes_at(const Case& c, const std::vector<Field>& probe, int j);
std::array<int, 2> pixel_of(const Case& c, int j);
// χ of every mode for any object and probe: F⁻¹ (f − 1) F (P O) with f = √(I / M), or Poisson's with the step ½:
// f = ½ (1 + I / M), but 2 √(I / M) at most, M a thousandth of a count larger.
std::vector<Field> change(const Case& c, const Field& object, const std::vector<Field>& probe, int j,
                          bool poisson = false);

Field random_object(const Setting& setting, unsigned seed);
std::vector<std::complex<float>> narrow(const Field& f);
Field widen(const std::vector<std::complex<float>>& f);

// √(Σ w |a − c b|² / Σ w |a|²) with the best constant c.
double distance(const Field& truth, const Field& answer, const std::vector<double>& weight);
std::vector<double> light(const Case& c);

// RMS phase error, rad, weighed by the light where it is above a tenth of its largest, after phase and ramp were
// removed.
double phase_error(const Case& c, const Field& truth, const Field& answer);

}  // namespace locum::imaging::plain
