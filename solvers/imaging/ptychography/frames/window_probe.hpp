// The probe of a ptychogram: an electron lens's probe on the window of a frame, centred, in counts, in one mode or
// several.
//
// A partially coherent probe is a sum of modes with ⟨P_m|P_n⟩ = 0 for m ≠ n (Thibault and Menzel, Nature 494 (2013)
// 68). A source of finite size moves the probe: the modes are the eigenvectors of ∫ g(s) P(r − s) P*(r' − s) d²s, g
// the normal distribution of the source's image. Where occupations are given instead, the modes are the probe and its
// derivatives, made orthogonal in the order 1, x, y, xx, xy, yy …, what a small source or a vibration comes to.
#pragma once

#include <array>
#include <complex>
#include <span>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "solvers/api/ptychography.hpp"
#include "solvers/imaging/optics/probe.hpp"

namespace locum::imaging {

struct WindowProbeConfig {
  int modes = 1;
  double source_size = 0.0;        // Å, full width at half maximum; modes beyond `modes` are left out
  std::vector<double> occupation;  // share of each mode, instead of source_size; empty: all in the first
  double rim_share = 0.01;         // of the intensity, that the window's rim may hold

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// (modes, nx, ny), centred on pixel (nx/2, ny/2), Σ|P|² = counts. window: the grid of the window. Throws ConfigError as
// make_probe does, and where the window does not hold the probe: the message names the window, and the defocus, that
// would do.
std::vector<Ptychogram::Value> make_window_probe(const Context& context, const Grid& window, const ProbeConfig& lens,
                                                 const WindowProbeConfig& config, double counts);

// Share of the intensity Σ_m|P_m|² on the rim of the window, a sixteenth of its width on each side. probe: (modes, nx,
// ny).
double rim_share(std::span<const Ptychogram::Value> probe, int modes, int nx, int ny);

// Diameter, Å, of the disc around the centre of the intensity that holds `share` of it.
double probe_diameter(std::span<const Ptychogram::Value> probe, const Grid& window, int modes, double share = 0.9);

// Share of the intensity in each mode, in their order.
std::vector<double> mode_occupation(std::span<const Ptychogram::Value> probe, int modes);

// Fourier shift of every mode by (x, y) pixels, periodic in the window: for wrong starts and for tests.
std::vector<Ptychogram::Value> shifted_probe(std::span<const Ptychogram::Value> probe, int modes, int nx, int ny,
                                             std::array<double, 2> shift);

}  // namespace locum::imaging
