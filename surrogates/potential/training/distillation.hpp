// One network instead of a committee: a student that answers as its teacher does, and knows how much the teacher's
// members would have disagreed. Hinton, Vinyals, Dean, arXiv:1503.02531 (2015); labels for rattled copies of the frames
// cost nothing but the teacher's inference.
//
//   auto student = student_of(*teacher, distill);
//   PotentialLearner learner(context, student->config(), training, distillation_frames(…), student->kept_invariants());
//   learner.adopt(*student);
//   learner.fit();                                                  // stops by the teacher's answers on held-out
//   frames fit_spread_head(context, teacher, learner.potential(), frames);
//
// A learner of the original frames that adopts the result then calibrates it, on true labels.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/base/field_set.hpp"
#include "surrogates/potential/neural_potential.hpp"

namespace locum::potential {

struct DistillConfig {
  std::string teacher;   // model file; "": no distillation
  int hidden = 0;        // neurons in each hidden layer of the student; 0: as many as a member of the teacher has
  int copies = 2;        // rattled copies of each training frame, labelled by the teacher
  double rattle = 0.05;  // Å, standard deviation of a coordinate's displacement
  double truth = 0.5;    // weight of the true labels of the training frames, the teacher's have the rest

  void visit(ConfigVisitor& v);
  void validate() const;
};

// A potential with the teacher's invariants, whitening, linear part, core and ranges, and one network that is zero.
std::shared_ptr<NeuralPotential> student_of(const NeuralPotential& teacher, const DistillConfig& config);

// The frames for the student's learner: those of training with labels truth · theirs + (1 − truth) · teacher's (what
// they lack, an energy or a virial, is the teacher's alone), those of the validation with the teacher's, which tell
// when the student has learned what there is to learn better than a few odd true ones do, those of a test as they are,
// and the copies. Every frame names a trajectory, such that PotentialLearner holds out those it held out of `frames`.
// The same on every rank; no rank waits for another.
std::vector<FieldSet> distillation_frames(const std::shared_ptr<const NeuralPotential>& teacher,
                                          const std::vector<FieldSet>& frames, const TrainingConfig& training,
                                          const DistillConfig& config, std::uint64_t seed);

// Sets the student's spread_head: least squares of the logarithm of the teacher's spread² over the atoms of `frames`
// (dealt out to the ranks), in closed form, because the head is linear in the last hidden layer. Returns the share of
// the logarithm's variance that the head explains. Throws ConfigError unless the student has one network and the
// teacher a committee. Collective.
double fit_spread_head(const Context& context, const std::shared_ptr<const NeuralPotential>& teacher,
                       const std::shared_ptr<NeuralPotential>& student, const std::vector<FieldSet>& frames);

// Share of the variance of the teacher's log spread² over the atoms of any frames that the student's explains; negative
// where a constant would explain more. Collective.
double explained_spread(const Context& context, const NeuralPotential& teacher, const NeuralPotential& student,
                        const std::vector<FieldSet>& frames);

}  // namespace locum::potential
