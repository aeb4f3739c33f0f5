// What an answer of a potential costs: counted, which is the same everywhere, and measured.
#pragma once

#include <vector>

#include "surrogates/potential/frame.hpp"
#include "surrogates/potential/neural_potential.hpp"

namespace locum::potential {

// Multiplications and additions of an atom with `neighbors` neighbours and a timestep, from the lists of invariants:
// densities (2 a slot and pair), their derivatives contracted with the adjoint (6), invariants and adjoints,
// projection, networks.
double operations_per_atom(const InvariantSet& set, const PotentialConfig& config, double neighbors);
double operations_per_atom(const NeuralPotential& potential, double neighbors);

// Mean number of neighbours within the cut-off (Å) over at most `most` of the frames, evenly spread.
double neighbors_per_atom(const std::vector<FieldSet>& frames, double cutoff, int most = 8);

// Energy, forces, virial and score of the frame, again and again on this process: the median of five times, each of at
// least 20 ms. Lists of neighbours are not counted.
double microseconds_per_atom(const std::shared_ptr<const NeuralPotential>& potential, const FrameLabel& label);

}  // namespace locum::potential
