// What is known of an object beforehand, imposed after every sweep.
//
//   largest amplitude     |O| ≤ a
//   smoothness            O += s ∇²O, one step of descent of ½ Σ |∇O|² (the quadratic prior of Thibault and
//                         Guizar-Sicairos, New J. Phys. 14 (2012) 063004)
//   total variation       O += ε t div(∇O / |∇O|_ε), one step of descent of Σ |∇O| (Rudin, Osher and Fatemi, Physica D
//   60
//                         (1992) 259), |∇O|_ε² = |∇O|² + ε², ε = 0.01
#pragma once

#include "solvers/imaging/ptychography/ptychography_fields.hpp"

namespace locum::imaging {

void regularise(PtychographyFields& fields);

}  // namespace locum::imaging
