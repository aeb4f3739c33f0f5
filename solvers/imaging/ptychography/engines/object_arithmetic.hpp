// Arithmetic of whole objects, weighed by the illumination.
#pragma once

#include <complex>

#include "solvers/imaging/ptychography/ptychography_fields.hpp"

namespace locum::imaging {

// a ← a + share (a − before), before ← a as it was: Nesterov's step beyond the last one.
void extrapolate(PtychographyFields& fields, float share, const Planes& before, const Planes& a);

// O ← factor · O where there is light.
void scale_object(PtychographyFields& fields, float factor);

// ΔO ← sum / √(L² + damp²) over the box, in place.
void precondition(const ExecutionSpace& space, const PixelBox& box, const Planes& light, float damp,
                  const Planes& direction);

// O += step ΔO over the box.
void add_direction(const ExecutionSpace& space, const PixelBox& box, float step, const Planes& direction,
                   const Planes& object);

// ‖a − c b‖ / ‖a‖ over all ranks, weighed by the light, c the constant of size 1 that makes it least. Collective.
double relative_change(PtychographyFields& fields, const Planes& a, const Planes& b);

}  // namespace locum::imaging
