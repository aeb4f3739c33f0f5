// The loops of the projected potential. Internal to projected_potential.
//
// Matrices of structure factors have four blocks, frequencies of one sign each: cos cos, cos sin; sin cos, sin sin.
#pragma once

#include <utility>

#include "kokkos_kernels/fft/transform.hpp"
#include "kokkos_kernels/linalg/dense.hpp"
#include "solvers/imaging/potential/projected_potential.hpp"
#include "solvers/imaging/potential/projected_potential_atoms.hpp"

namespace locum::imaging {

using linalg::Matrix;
using Rows = std::pair<int, int>;

// Columns m: cos(2π m s), columns n + m: sin, of s, the atoms' coordinate in units of the cell. The phase is reduced to
// half a turn in double, so that float has its accuracy at all frequencies.
template <class T>
void set_phases(const ExecutionSpace& space, const View<double*>& s, int atoms, int n, const Matrix<T>& phase);

// The share of the slice between `top` and `bottom` in atoms low … high − 1, times their phases along y.
template <class T>
void weigh(const ExecutionSpace& space, const DepthProfile& profile, const View<double*>& z, SliceRange slice,
           Rows rows, const Matrix<T>& phase, const View<T*>& weight, const Matrix<T>& weighted);

// total += part of the form factor × structure factor, on all four blocks (cos cos, cos sin; sin cos, sin sin).
template <class T>
void accumulate(const ExecutionSpace& space, const Slices<T>& part, int component, const Matrix<T>& structure,
                const Matrix<T>& total);

// The whole plane from the four blocks: cos and sin of a sum, and V(−k) = V(k)* of a real potential. Where two of the
// four points are one, both get the same number.
template <class T>
void spread(const ExecutionSpace& space, const Matrix<T>& total, int nx, int ny, int b, const fft::Waves<T>& waves);

template <class T>
void take_real(const ExecutionSpace& space, const fft::Waves<T>& waves, int count, const Slices<T>& out, int first);

}  // namespace locum::imaging
