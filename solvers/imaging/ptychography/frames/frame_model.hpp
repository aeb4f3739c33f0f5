// What counts a frame is expected to have, by a model that is exact and slow: the other side of reconstruction.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "solvers/api/ptychography.hpp"
#include "solvers/imaging/optics/probe.hpp"

namespace locum::imaging {

// Expected counts of frames, (batch, nx, ny), in the order of the transform.
using Intensities = Kokkos::View<double***, Kokkos::LayoutRight, MemorySpace>;

struct IntensitiesShape {
  int batch, nx, ny;  // frames at a time, and their pixels
};

class FrameModel {
 public:
  virtual ~FrameModel() = default;
  virtual IntensitiesShape shape() const = 0;
  // counts(j, ·, ·), of this shape, for the windows at position[j], pixels of the object, as Ptychogram has them;
  // background and noise are not in it. At most shape().batch of them. A frame does not depend on the others.
  virtual void expect(std::span<const std::array<double, 2>> position, const Intensities& counts) = 0;
  Intensities make_intensities() const;  // of this shape, to be filled
};

// The far field of a thin object: I(k) = Σ_m |F[P_m(r − s) O(r + ⌊r_j⌋)](k)|² / (nx ny), with s the fraction of r_j:
// the probe is moved by its fraction exactly, in reciprocal space. All in double. Sizes and probe are input's; object:
// on its whole grid. batch: 0 for a usual one. Throws ConfigError for an object of another size.
std::unique_ptr<FrameModel> far_field_frames(const ExecutionSpace& space, const Ptychogram& input,
                                             const ObjectFunction& object, int batch = 0);

}  // namespace locum::imaging
