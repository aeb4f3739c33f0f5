#include "surrogates/potential/training/distillation.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/potential/training/frame_parts.hpp"
#include "surrogates/potential/training/learner.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

PotentialConfig committee_config() {
  PotentialConfig config;
  config.cutoff = 4.2;
  config.radials = 3;
  config.l_max = 2;
  config.four_body_radials = 0;
  config.components = 9;
  config.hidden = 7;
  config.members = 4;
  return config;
}

Context world() {
  Context context;
  context.comm = Communicator::world();
  return context;
}

TrainingConfig training() {
  TrainingConfig config;
  config.epochs = 60;
  config.patience = 60;
  config.batch_frames = 4;
  config.validation_fraction = 0.25;
  return config;
}

// A committee with its centre where the data are, so that its networks differ from frame to frame.
std::shared_ptr<NeuralPotential> teacher(bool two) {
  return test::random_potential(committee_config(), two ? std::vector<int>{6, 14} : std::vector<int>{14});
}

double spread_of(std::shared_ptr<NeuralPotential> potential, const FrameLabel& label, std::vector<double>& of_atoms) {
  auto bare = std::make_shared<NeuralPotential>(*potential);
  bare->score = {0.0, 1.0, 0.0};
  bare->min_distance = 0.0;
  bare->upload();
  const Frame frame(Communicator::self(), label, bare->config().cutoff);
  PotentialStep step(bare);
  AtomisticResult result = Atomistic::make_output(frame.configuration());
  const int sample = 0;
  double worst = 0.0;
  step.evaluate_with_score(frame.configuration(), std::span<const int>(&sample, 1), result,
                           std::span<double>(&worst, 1));
  const auto host = host_copy(step.atom_score());
  of_atoms.assign(host.data(), host.data() + label.atoms());
  return worst;
}

TEST(Distillation, AStudentHasTheTeachersLinearPartAndOneNetworkThatIsZero) {
  DistillConfig config;
  config.hidden = 5;
  const auto t = teacher(true);
  const auto student = student_of(*t, config);
  EXPECT_EQ(student->config().members, 1);
  EXPECT_EQ(student->config().hidden, 5);
  auto linear = std::make_shared<NeuralPotential>(*t);
  linear->use_network = false;
  linear->upload();
  const FrameLabel label = test::disordered_diamond(true);
  test::expect_the_same_forces(test::answer(student, label), test::answer(linear, label));
}

TEST(Distillation, TrainingLabelsAreMixedAndThoseOfCopiesAndHeldOutFramesAreTheTeachers) {
  const auto t = teacher(false);
  std::vector<FieldSet> frames;
  for (int k = 0; k < 9; ++k) {
    FrameLabel label = test::disordered_diamond(false, k + 1);
    label.force.assign(label.force.size(), 1.0);
    label.energy = 3.0;
    label.has_virial = false;
    frames.push_back(write_label(label));
    EXPECT_EQ(label.trajectory, -1);
  }
  DistillConfig config;
  config.copies = 2;
  config.truth = 0.25;
  const auto all = distillation_frames(t, frames, training(), config, 5);
  const auto parts = parts_of(frames, training()), new_parts = parts_of(all, training());
  std::size_t trained = 0;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    EXPECT_EQ(parts[k], new_parts[k]);
    const FrameLabel label = read_label(all[k], 0);
    const auto answer = test::answer(t, label);
    if (parts[k] == train::Part::validation) {
      for (std::size_t i = 0; i < label.force.size(); ++i) EXPECT_NEAR(label.force[i], answer.force[i], 1e-9);
      continue;
    }
    ++trained;
    EXPECT_NEAR(label.energy, 0.25 * 3.0 + 0.75 * answer.result.energy, 1e-9);
    EXPECT_NEAR(label.virial[0][1], answer.result.virial[0][1], 1e-9);  // it had none of its own
    for (std::size_t i = 0; i < label.force.size(); ++i)
      EXPECT_NEAR(label.force[i], 0.25 * 1.0 + 0.75 * answer.force[i], 1e-9);
  }
  ASSERT_EQ(all.size(), frames.size() + 2 * trained);
  for (std::size_t k = frames.size(); k < all.size(); ++k) {
    EXPECT_EQ(new_parts[k], train::Part::train);
    const FrameLabel copy = read_label(all[k], 0);
    const auto answer = test::answer(t, copy);
    for (std::size_t i = 0; i < copy.force.size(); ++i) EXPECT_NEAR(copy.force[i], answer.force[i], 1e-9);
  }
  EXPECT_NE(all[frames.size()].real("position"), all[frames.size() + 1].real("position"));
}

// Least squares with a constant: the residuals of the logarithms have the mean zero, and the variance that the return
// value says. This compares the kernel's hidden layer with the committee's, too.
TEST(Distillation, TheHeadIsTheLeastSquaresFitThatItSaysOnAnyNumberOfRanks) {
  for (const bool two : {false, true}) {
    const auto t = teacher(two);
    PotentialConfig single = committee_config();
    single.members = 1;
    const auto student = test::random_potential(single, t->elements());
    std::vector<FieldSet> frames;
    std::vector<double> truth, fitted, one;
    for (int k = 0; k < 20; ++k) frames.push_back(write_label(test::disordered_diamond(two, k + 1)));
    const double explained = fit_spread_head(world(), t, student, frames);
    std::vector<double> sums(4, 0.0);
    double count = 0.0;
    for (const auto& fields : frames) {
      const FrameLabel label = read_label(fields, 0);
      spread_of(t, label, one);
      truth = one;
      spread_of(student, label, fitted);
      for (std::size_t i = 0; i < truth.size(); ++i) {
        const double y = 2.0 * std::log(truth[i]), off = y - 2.0 * std::log(fitted[i]);
        sums[0] += off;
        sums[1] += off * off;
        sums[2] += y;
        sums[3] += y * y;
        ++count;
      }
    }
    EXPECT_NEAR(sums[0] / count, 0.0, 1e-8);
    if (!two) {
      EXPECT_NEAR(explained, 1.0 - sums[1] / (sums[3] - sums[2] * sums[2] / count), 1e-8);
    }
    if (!two) {  // of two species the return value has a mean for each
      EXPECT_NEAR(explained, explained_spread(world(), *t, *student, frames), 1e-8);
    }
    EXPECT_GT(explained, 0.05);
    EXPECT_LE(explained, 1.0);
    const auto copy = NeuralPotential::from_record(student->record());
    const FrameLabel label = test::disordered_diamond(two, 77);
    EXPECT_EQ(test::answer(copy, label).score, test::answer(student, label).score);
  }
}

TEST(Distillation, AStudentLearnsWhatItsTeacherKnows) {
  const auto t = teacher(false);
  for (double& p : t->species()[0].projection) p *= 15.0;  // networks that matter
  t->upload();
  DistillConfig config;
  TrainingConfig forces = training();
  forces.energy_weight = forces.virial_weight = 0.0;  // made-up networks have a mean energy of many eV
  const auto frames = distillation_frames(t, test::labelled_frames(t, false, 4, 8), forces, config, 3);
  const auto student = student_of(*t, config);
  PotentialLearner learner(world(), student->config(), forces, frames);
  learner.adopt(*student);
  double first = 0.0;
  const auto report = learner.fit([&](int epoch, const auto& metrics) {
    if (epoch == 0) first = metrics.at("validation/force_rmse_eV_per_A");
  });
  EXPECT_LT(report.metrics.at("validation/force_rmse_eV_per_A"), 0.5 * first);
  EXPECT_TRUE(learner.potential()->use_network);
  EXPECT_EQ(learner.potential()->species()[0].linear, t->species()[0].linear);
}

TEST(Distillation, AHeadNeedsACommitteeToLearnFrom) {
  const auto t = teacher(false);
  PotentialConfig single = committee_config();
  single.members = 1;
  const auto student = test::random_potential(single, {14});
  const std::vector<FieldSet> frames = {write_label(test::disordered_diamond(false))};
  EXPECT_THROW(fit_spread_head(Context(), student, student, frames), ConfigError);
  EXPECT_THROW(fit_spread_head(Context(), t, t, frames), ConfigError);
}

TEST(Distillation, AnAdoptedModelIsCalibratedAndOtherwiseLeftAsItIs) {
  const auto t = teacher(true);
  TrainingConfig nothing = training();
  nothing.network = false;
  const auto frames = test::labelled_frames(t, true, 4, 3);
  PotentialLearner learner(world(), committee_config(), nothing, frames);
  learner.adopt(*t);
  const auto report = learner.fit();
  EXPECT_LT(report.metrics.at("validation/force_rmse_eV_per_A"), 1e-9);  // its own labels
  EXPECT_EQ(learner.potential()->min_distance, t->min_distance);
  const FrameLabel label = test::disordered_diamond(true, 55);
  test::expect_the_same_forces(test::answer(learner.potential(), label), test::answer(t, label));
  EXPECT_NE(learner.potential()->score.distance, t->score.distance);
}

TEST(Distillation, WhatIsOfAnotherKindIsNotAdopted) {
  const auto frames = test::labelled_frames(teacher(false), false, 4, 2);
  PotentialConfig other = committee_config();
  other.hidden = 6;
  PotentialLearner learner(world(), other, training(), frames);
  EXPECT_THROW(learner.adopt(*teacher(false)), ConfigError);
  EXPECT_THROW(learner.adopt(*teacher(true)), ConfigError);
}

}  // namespace
}  // namespace locum::potential
