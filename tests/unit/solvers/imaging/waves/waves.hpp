// Waves, potentials and a plain multislice for the tests: transforms by the library, products point by point in double.
#pragma once

#include <complex>
#include <vector>

#include "kokkos_kernels/fft/transform.hpp"
#include "solvers/imaging/grid.hpp"
#include "solvers/imaging/waves/transmission.hpp"

namespace locum::imaging::testing {

using Wave = std::vector<std::complex<double>>;  // (nx, ny), reciprocal, in the order of the transform

// Probe of `angle` mrad at (x, y) Å without aberrations, Σ|ψ|² = 1.
Wave make_probe(const Grid& grid, double energy, double angle, double x, double y);
// Potentials of `atoms` Gaussian atoms at random places of each slice, V·Å: (slices, nx, ny).
std::vector<std::vector<double>> random_potentials(const Grid& grid, int slices, int atoms, double strength);
// ψ ← propagation(transmission(ψ)) for every slice, as the textbook has it, at the band limit of the grid.
Wave plain_multislice(const Grid& grid, double energy, const std::vector<double>& thickness, std::array<double, 2> tilt,
                      const std::vector<std::vector<double>>& potentials, Wave wave);

template <class T>
Transmission<T> transmission_of(const Grid& grid, double energy, const std::vector<std::vector<double>>& potentials);
template <class T>
fft::Waves<T> to_device(const Grid& grid, const std::vector<Wave>& waves);
template <class T>
std::vector<Wave> to_host(const fft::Waves<T>& waves);

double norm(const Wave& wave);                  // Σ|ψ|²
double distance(const Wave& a, const Wave& b);  // √(Σ|a − b|² / Σ|b|²)

}  // namespace locum::imaging::testing
