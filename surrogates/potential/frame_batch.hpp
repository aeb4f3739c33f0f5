// Several frames as one batch of atoms: a GPU wants thousands of atoms in a launch, a frame has some sixty.
#pragma once

#include <span>
#include <vector>

#include "surrogates/potential/frame.hpp"

namespace locum::potential {

// Where an atom's frame begins, in the batch.
struct AtomPlace {
  int first_atom;  // of its frame
  int first_row;   // of its frame, of the design matrix: 3 n of forces, six of the virial, one of the energy
  int last_row;    // one past the energy's
};

struct FrameBatch {
  // Owned atoms of all frames, frame by frame, then the ghosts of all; the neighbour lists lead to no other frame.
  // Positions, elements and lists only: no cell, no ids.
  Configuration configuration;
  View<int*> owner;                // (n_local + n_ghost), in the batch
  View<AtomPlace*> place;          // (n_local)
  std::vector<int> first_atom{0};  // of each frame, and one past the last
  std::vector<int> first_row{0};
  int frames() const { return static_cast<int>(first_atom.size()) - 1; }
};

// 3 n + 7 a frame.
int design_rows_of(int atoms);
FrameBatch join(std::span<const Frame* const> frames);

}  // namespace locum::potential
