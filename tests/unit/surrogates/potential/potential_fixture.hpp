// Small frames and a potential with made-up parameters, for the tests of surrogates/potential.
#pragma once

#include <memory>
#include <vector>

#include "surrogates/potential/frame.hpp"
#include "surrogates/potential/inference/potential_step.hpp"
#include "surrogates/potential/neural_potential.hpp"

namespace locum::potential::test {

// Diamond of 8 atoms in a sheared cell, every coordinate displaced by up to `displacement`, Å; with two elements every
// third is carbon.
FrameLabel disordered_diamond(bool two_elements, std::uint64_t seed = 7, int repeats = 1, double displacement = 0.25);

// Parameters drawn at random, of the size that a fit gives.
std::shared_ptr<NeuralPotential> random_potential(PotentialConfig config, std::vector<int> elements);

struct Answer {
  AtomisticResult result;
  std::vector<double> force;  // (n, 3)
  double score = 0.0;
};
Answer answer(const std::shared_ptr<NeuralPotential>& potential, const FrameLabel& label);

// Of one model twice: bit for bit on the host; on a GPU, whose atomics add in any order, to 1e-12 of the largest.
void expect_the_same_forces(const Answer& found, const Answer& expected);
void expect_the_same(const Answer& found, const Answer& expected);

// Frames of a few trajectories that a potential labels, each a disordered diamond of its own.
std::vector<FieldSet> labelled_frames(const std::shared_ptr<NeuralPotential>& teacher, bool two_elements,
                                      int trajectories, int frames_each, double displacement = 0.25);
FieldSet label_by(const std::shared_ptr<NeuralPotential>& teacher, FrameLabel label);

}  // namespace locum::potential::test
