// The convergent probe and the plane wave, in reciprocal space.
//
//   ψ0(k) = A(k) exp(−iχ(k)) exp(−2πi k·r),   Σ|ψ0(k)|² = 1 over the grid's frequencies
//
// (Kirkland, Advanced Computing in Electron Microscopy, 2nd ed., equation 5.45.) Arrays are in the order of the fast
// Fourier transform, (nx, ny), y fastest.
#pragma once

#include <complex>
#include <string>
#include <vector>

#include "kokkos_kernels/fft/transform.hpp"
#include "solvers/imaging/grid.hpp"
#include "solvers/imaging/optics/aberrations.hpp"

namespace locum::imaging {

struct ProbeConfig {
  double energy = 200.0;      // keV
  double convergence = 20.0;  // mrad, semi-angle of the aperture
  // Of the aperture: "soft" weighs the amplitude of a pixel at the rim by the share of it, along the radius, that lies
  // inside, as abTEM does, so that the probe changes smoothly with the angle; "hard" takes pixels by their centre.
  std::string edge = "soft";
  std::vector<double> tilt = {0.0, 0.0};  // mrad along x and y: of the whole cone; detectors stay on the axis
  AberrationsConfig aberrations;

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// A point across the beam, Å.
struct Position {
  double x, y;
};

template <class T>
using Wave = Kokkos::View<fft::Complex<T>**, Kokkos::LayoutRight, MemorySpace>;  // (nx, ny)

// How far from its centre the probe's rays go at `depth` Å below the entrance surface, Å: the largest |∇χ|/2π within
// the aperture after propagation by `depth`. Diffraction adds some 0.61 λ/α.
double geometric_radius(const ProbeConfig& config, double depth = 0.0);

// Throws ConfigError where the grid cannot hold the probe: the cone beyond the band limit, the aperture of fewer than
// three pixels across, rays at the entrance surface beyond half of the cell. The message has the sampling or the cell
// that would do.
void check_probe(const Grid& grid, const ProbeConfig& config);

// ψ0 of a probe at r = 0, row-major (nx, ny), checked as above. focus: Å, added to the defocus (a term of a sum over
// the focal spread).
std::vector<std::complex<double>> make_probe(const Grid& grid, const ProbeConfig& config, double focus = 0.0);

// The plane wave exp(2πi k0·r) of unit norm: one at frequency k0 and 0 elsewhere. tilt: mrad; only frequencies of the
// grid are periodic, so the nearest is taken; `nearest_tilt` says which that is. Throws ConfigError for a tilt beyond
// the band limit.
std::vector<std::complex<double>> make_plane_wave(const Grid& grid, double energy, Position tilt = {0.0, 0.0});
Position nearest_tilt(const Grid& grid, double energy, Position tilt);  // mrad

// A wave made on the host, row-major, as a View of the device in the precision T. T: float, double.
template <class T>
Wave<T> to_device(const Grid& grid, const std::vector<std::complex<double>>& wave, const std::string& label);

// Copies one wave to many places: waves(b, ix, iy) = probe(ix, iy) exp(−2πi k·position[b]), for b below the number of
// positions. The ramp factorises, so a wave costs one pass over memory. Holds the ramps of its largest batch.
template <class T>
class ProbePlacer {
 public:
  ProbePlacer(const Grid& grid, int batch);
  // waves: (≥ positions, nx, ny). Throws ConfigError for more positions than the batch or another shape. Does not
  // wait for the space.
  void place(const ExecutionSpace& space, const Wave<T>& probe, const std::vector<Position>& positions,
             const fft::Waves<T>& waves) const;

 private:
  Grid grid_;
  int batch_;
  Wave<T> ramp_x_, ramp_y_;  // (batch, nx), (batch, ny)
};

}  // namespace locum::imaging
