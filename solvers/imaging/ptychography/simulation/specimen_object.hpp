// The object of a thin specimen: it multiplies the probe by O(r) = exp(iσ v(r)), v the potential projected along the
// beam (the phase object; Kirkland, Advanced Computing in Electron Microscopy, 2nd ed., section 5.1). Kept to the band
// limit of multislice, two thirds of the Nyquist frequency, so that one slice of multislice is this object exactly.
#pragma once

#include "kokkos_kernels/base/context.hpp"
#include "solvers/api/ptychography.hpp"
#include "solvers/imaging/potential/projected_potential.hpp"

namespace locum::imaging {

// The specimen's cell sampled so that pixels are `pixel` Å or a little smaller, in numbers that multislice takes (prime
// factors up to 7). Take dx and dy of a ptychogram from it: lx / nx, ly / ny.
Grid specimen_grid(const Specimen& specimen, double pixel);

// exp(iσ v), (object_nx, object_ny): pixel (ix, iy) of the object is point (ix mod nx, iy mod ny) of the cell's grid.
// energy: keV. Throws ConfigError as ProjectedPotential does.
ObjectFunction specimen_object(const Context& context, const Specimen& specimen, const Grid& cell, double energy,
                               const PotentialConfig& potential, int object_nx, int object_ny);

}  // namespace locum::imaging
