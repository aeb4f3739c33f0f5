// The smooth part of what positions are off by: drift, scale, shear and rotation of the scan.
//
// A smooth displacement u of all positions, with the object displaced alike, O(r) → O(r − u(r)), changes the exit waves
// by the gradient of u times the probe's size only (strain_sums.hpp): moves of single frames and updates of pixels go
// along such a valley for hundreds of sweeps. Here a few amplitudes of polynomials u = Σ_k a_k u_k take one step of
// Gauss and Newton by themselves, as multigrid's coarse space does:
//   A a = b,   A_kl = ½ Σ_j Re⟨φ_jk, φ_jl⟩,   b_k = Σ_j Re⟨φ_jk, χ_j⟩,
// ½ since of a change of an exit wave amplitudes see on average half. Positions move by u, and the object is displaced
// by it. Measured a few times only, whenever the number of sweeps has doubled.
//
// A scan's scale is what frames say least well of, for three reasons. The more pixels they light, the more of the noise
// the object fits: each of an object's two numbers takes ¼ from Σ(√I − √M)², so that the fit is drawn to a wider scan
// by
//   β_k = ¼ N_lit ⟨div u_k⟩_j,   N_lit = (Σ L)² / Σ L² lit pixels.
// √I is less than √M on average where counts are few, at high angles: with χ of the amplitudes' likelihood frames seem
// too narrow, and the scan too small. And an object that was found so is too dark there itself, which has the opposite
// effect on χ of Poisson's. So b lies between Poisson's and the amplitudes', or by as much as β below:
//   b − sβ,   −max(0, d) ≤ s ≤ 1 + max(0, −d),   d = βᵀA⁻¹(b_amplitude − b) / βᵀA⁻¹β;
// of these that with the shortest step, least bᵀA⁻¹b, is taken.
#pragma once

#include <vector>

#include "solvers/imaging/ptychography/engines/object_warp.hpp"
#include "solvers/imaging/ptychography/ptychography_fields.hpp"

namespace locum::imaging {

// Whether the drift is measured after this sweep: 10, 20, 40 … sweeps after positions.from.
bool drift_is_due(const PtychographyConfig& config, int sweep);

// Normal equations of n unknowns: A symmetrical (n, n), the rest (n).
struct DriftEquations {
  std::vector<double> a, poisson, amplitude, feigned;  // A, b, b_amplitude, β
};
// Their solution for the best b − sβ.
std::vector<double> drift_step(const DriftEquations& equations);

// u, of mean 0 over the frames: displacement that frames ask of object and positions together. 0 for fewer frames than
// twice the unknowns of its order, which is then lowered. Collective. Overwrites fields.change().
SmoothField find_drift(PtychographyFields& fields);

// Displaces the object, and positions as far as they may move. Collective.
void displace(PtychographyFields& fields, SmoothField field);

}  // namespace locum::imaging
