// How frames would have their part of the object strained.
//
// A displacement u(r) of the object, together with a window that goes along with the object below its probe's centre c,
// changes the exit wave by P (u(c) − u(r))·∇O; of a field that is smooth over the probe this is
//   φ = Σ_ab s_ab φ_ab,   φ_ab = −P ∂_a O (r − c)_b,   s_ab = ∂u_a/∂x_b at c.
#pragma once

#include <array>
#include <vector>

#include "solvers/imaging/ptychography/frames/frame_kernels.hpp"

namespace locum::imaging {

// Of one frame, summed over modes; a, b: 0 along x, 1 along y.
struct StrainSums {
  std::array<double, 4> slope{};  // 2a + b: Re⟨φ_ab, χ⟩
  std::array<double, 9> size{};   // 3 (a + a') + (b + b'): Re⟨φ_ab, φ_a'b'⟩
};

// centre: pixel of an unmoved probe's window about which r is taken. object: one plane; probes: moved ones; change: χ,
// frame × modes + mode. Slopes are central differences. Waits for it.
std::vector<StrainSums> strain_sums(const ExecutionSpace& space, const FrameLayout& layout, int modes,
                                    const FrameBatch& batch, const std::array<double, 2>& centre, const Planes& object,
                                    const Planes& probes, const Planes& change);

}  // namespace locum::imaging
