#include "solvers/imaging/ptychography/simulation/specimen_object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/potential/slices.hpp"
#include "solvers/imaging/ptychography/frames/image_transform.hpp"

namespace locum::imaging {
namespace {

// The multislice grid's own sizes have no prime factor above 7, and are even.
int points_for(double length, double pixel) {
  return fft::good_size(static_cast<int>(std::ceil(length / pixel - 1e-6)));
}

// exp(iσ v) kept to the band limit, of the cell.
Image transmission_of(const Grid& cell, double sigma, const Slices<double>& v) {
  const auto host = host_copy(v);
  Image wave(static_cast<std::size_t>(cell.nx) * static_cast<std::size_t>(cell.ny));
  for (std::size_t k = 0; k < wave.size(); ++k) wave[k] = std::polar(1.0, sigma * host.data()[k]);
  const ImageTransform transform(cell.nx, cell.ny);
  transform.forward(wave);
  const double limit = cell.band_limit();
  for (int ix = 0; ix < cell.nx; ++ix)
    for (int iy = 0; iy < cell.ny; ++iy)
      if (std::hypot(cell.kx(ix), cell.ky(iy)) > limit) wave[static_cast<std::size_t>(ix) * cell.ny + iy] = 0.0;
  transform.inverse(wave);
  return wave;
}

}  // namespace

Grid specimen_grid(const Specimen& specimen, double pixel) {
  if (!(pixel > 0.0) || !(specimen.lx > 0.0 && specimen.ly > 0.0) || specimen.lx / pixel > 1e5 ||
      specimen.ly / pixel > 1e5)
    throw ConfigError(fmt::format("a cell of {} × {} Å was to be sampled at {} Å", specimen.lx, specimen.ly, pixel),
                      "specimen_grid", "sizes above 0 and at most 1e5 pixels along a side were expected");
  return {points_for(specimen.lx, pixel), points_for(specimen.ly, pixel), specimen.lx, specimen.ly};
}

ObjectFunction specimen_object(const Context& context, const Specimen& specimen, const Grid& cell, double energy,
                               const PotentialConfig& potential, int object_nx, int object_ny) {
  const double sigma = interaction_parameter(energy);
  PotentialConfig whole = potential;
  whole.projection = "infinite";  // one slice holds all of every atom
  ProjectedPotential<double> projected(context, cell, {0.0, std::max(specimen.lz, 1e-3)}, whole, species_of(specimen));
  const Slices<double> v("imaging::projected_potential", 1, static_cast<std::size_t>(cell.nx),
                         static_cast<std::size_t>(cell.ny));
  projected.evaluate(specimen, 0, 1, v);
  context.space.fence();
  const Image t = transmission_of(cell, sigma, v);
  ObjectFunction object;
  for (int ix = 0; ix < object_nx; ++ix)
    for (int iy = 0; iy < object_ny; ++iy)
      object.value.push_back(Ptychogram::Value(t[static_cast<std::size_t>(ix % cell.nx) * cell.ny + iy % cell.ny]));
  return object;
}

}  // namespace locum::imaging
