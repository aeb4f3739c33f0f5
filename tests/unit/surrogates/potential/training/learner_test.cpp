#include "surrogates/potential/training/learner.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/potential/invariants/whitening.hpp"
#include "surrogates/potential/training/score_fit.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

using test::label_by;
using test::labelled_frames;

PotentialConfig student_config() {
  PotentialConfig config;
  config.cutoff = 4.2;
  config.radials = 4;
  config.l_max = 2;
  config.four_body_radials = 0;
  config.components = 12;
  config.softness = 0.003;  // of so few invariants even the weak directions count
  config.hidden = 8;
  config.members = 3;
  return config;
}

PotentialConfig teacher_config() {  // knows four-body terms that the student's linear part lacks
  PotentialConfig config = student_config();
  config.four_body_radials = 2;
  config.four_body_l_max = 2;
  return config;
}

std::shared_ptr<NeuralPotential> teacher(PotentialConfig config, bool two) {
  auto t = test::random_potential(config, two ? std::vector<int>{6, 14} : std::vector<int>{14});
  t->use_network = false;
  t->min_distance = t->default_core = 0.0;
  t->upload();
  return t;
}

TrainingConfig short_training() {
  TrainingConfig config;
  config.epochs = 6;
  config.batch_frames = 4;
  config.learning_rate = 4e-3;
  config.patience = 6;
  config.reservoir_frames = 6;
  config.validation_fraction = 0.25;
  return config;
}

Context world() {
  Context context;
  context.comm = Communicator::world();
  return context;
}

TEST(Learner, APlantedLinearModelIsRecovered) {
  for (const bool two : {false, true}) {
    TrainingConfig training = short_training();
    training.network = false;
    training.ridge = 1e-13;
    PotentialLearner learner(world(), student_config(), training,
                             labelled_frames(teacher(student_config(), two), two, 4, two ? 24 : 12));
    const auto report = learner.fit();
    // Forces are of order 0.1 eV/Å; what is left is the regularisation and rounding times the condition number (~1e6).
    EXPECT_LT(report.metrics.at("validation/force_rmse_eV_per_A"), 1e-6);
    EXPECT_LT(report.metrics.at("validation/energy_rmse_meV_per_atom"), 1e-3);
    EXPECT_LT(report.metrics.at("validation/virial_rmse_meV_per_atom"), 1e-2);
  }
}

TEST(Learner, AnOffsetOfAnotherSystemSizeDoesNotBendTheForces) {
  TrainingConfig training = short_training();
  training.network = false;
  training.ridge = 1e-13;
  training.offsets = "size";
  const auto truth = teacher(student_config(), false);
  PotentialLearner learner(world(), student_config(), training, labelled_frames(truth, false, 4, 12));
  learner.fit();
  for (int k = 0; k < 5; ++k) {
    FrameLabel label = read_label(label_by(truth, test::disordered_diamond(false, 900 + k, 2)), 0);
    label.energy += 0.5 * label.atoms();  // as from another k-point sampling
    for (int a = 0; a < 3; ++a) label.virial[a][a] -= 0.3 * label.atoms();
    learner.add(write_label(label));
  }
  const auto report = learner.update();
  EXPECT_LT(report.metrics.at("validation/force_rmse_eV_per_A"), 1e-6);
  EXPECT_LT(report.metrics.at("validation/energy_rmse_meV_per_atom"), 1e-3);
  EXPECT_LT(report.metrics.at("production/energy_rmse_meV_per_atom"), 1e-3);
}

// Every second energy and all virials are missing, one frame of nonsense weighs nothing, and the second half of the
// data comes from a source with another zero of energy.
TEST(Learner, LabelsMayBeIncompleteWeightedAndOfSeveralSources) {
  TrainingConfig training = short_training();
  training.network = false;
  training.ridge = 1e-13;
  training.offsets = "source";
  const auto complete = labelled_frames(teacher(student_config(), false), false, 4, 12);
  std::vector<FieldSet> frames;
  for (std::size_t k = 0; k < complete.size(); ++k) {
    FrameLabel label = read_label(complete[k], 0);
    label.has_virial = false;
    label.has_energy = k % 2 == 0;
    const bool second = label.trajectory >= 2;
    if (second) label.energy += 3.0 * label.atoms();
    if (k == 7) {
      label.weight = 0.0;
      for (double& f : label.force) f += 5.0;
    }
    frames.push_back(write_label(label));
    frames.back().add_scalar("source", "1", std::int64_t{second});
  }
  ASSERT_EQ(frames[1].has("energy") || frames[0].has("virial"), false);
  PotentialLearner learner(world(), student_config(), training, frames);
  const auto report = learner.fit();
  EXPECT_LT(report.metrics.at("validation/force_rmse_eV_per_A"), 1e-6);
  EXPECT_LT(report.metrics.at("validation/energy_rmse_meV_per_atom"), 1e-3);
  EXPECT_EQ(report.metrics.count("validation/virial_rmse_meV_per_atom"), 0u);
}

TEST(Learner, ALabelThatIsNoNumberIsNamedWithItsFrame) {
  auto frames = labelled_frames(teacher(student_config(), false), false, 4, 2);
  FrameLabel label = read_label(frames[3], 3);
  label.force[4] = std::nan("");
  frames[3] = write_label(label);
  try {
    PotentialLearner(world(), student_config(), short_training(), frames);
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("frame 3"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("force"), std::string::npos) << error.what();
  }
}

// Optimizer and precision.
using Way = std::pair<std::string, std::string>;
const std::vector<Way> ways{{"adam", "fp32"}, {"soap", "fp32"}, {"lbfgs", "fp32"},
                            {"soap", "tf32"}, {"soap", "bf16"}, {"adam", "fp16"}};

TrainingConfig short_training(const Way& way) {
  TrainingConfig config = short_training();
  config.optimizer = way.first;
  config.precision = way.second;
  if (way.first == "lbfgs") config.learning_rate = 0.5;
  return config;
}

TEST(Learner, RanksGiveTheLossCurveOfOneForEveryOptimizerAndPrecision) {
  const auto frames = labelled_frames(teacher(teacher_config(), false), false, 4, 6);
  for (const Way& way : ways) {
    auto curve = [&](const Context& context, std::vector<double>& losses) {
      PotentialLearner learner(context, student_config(), short_training(way), frames);
      return learner.fit([&](int epoch, const auto& metrics) {
        losses.push_back(metrics.at("validation/loss"));
        if (epoch > 0) losses.push_back(metrics.at("train/loss"));
      });
    };
    std::vector<double> together, alone;
    const auto a = curve(world(), together), b = curve(Context(), alone);
    ASSERT_EQ(together.size(), alone.size());
    // Single precision inside a batch, 6 epochs of 5 updates: roundings of 1e-7 have grown to some 1e-5. With fewer
    // bits a weight near a tie is rounded to either side: by 1e-3 (bf16: 8e-3) of that weight.
    const double tolerance = way.second == "fp32" ? 1e-3 : 1e-2;
    for (std::size_t k = 0; k < alone.size(); ++k)
      EXPECT_NEAR(together[k], alone[k], tolerance * alone[k]) << k << " " << way.first << " " << way.second;
    for (const auto& [name, value] : b.metrics) EXPECT_NEAR(a.metrics.at(name), value, tolerance * value) << name;
  }
}

TEST(Learner, TheCommitteeLowersTheLossWhereTheLinearModelLacksTerms) {
  TrainingConfig training = short_training();
  training.epochs = 60;
  training.patience = 60;
  PotentialConfig config = student_config();
  config.radials = 2;  // a poor linear model
  config.l_max = 1;
  PotentialLearner learner(world(), config, training, labelled_frames(teacher(teacher_config(), false), false, 4, 12));
  double first = 0.0, last = 0.0;
  learner.fit([&](int epoch, const auto& metrics) { (epoch == 0 ? first : last) = metrics.at("validation/loss"); });
  EXPECT_TRUE(learner.potential()->use_network);
  EXPECT_LT(last, 0.97 * first);  // seen: 0.94; little is left to gain for functions of few invariants
}

void expect_same_model(const PotentialLearner& a, const PotentialLearner& b) {
  const auto one = a.potential()->record(), other = b.potential()->record();
  for (const auto& [name, group] : one.groups)
    for (const auto& [field, content] : group.fields())
      EXPECT_EQ(content.values, other.groups.at(name).at(field).values) << name << " " << field;
}

TEST(Learner, ResumedInTheMiddleOfAFitItEndsBitForBitTheSame) {
  const auto frames = labelled_frames(teacher(teacher_config(), true), true, 4, 6);
  for (const Way& way : ways) {
    PotentialLearner whole(world(), student_config(), short_training(way), frames);
    FieldSet kept;
    whole.fit([&](int epoch, const auto&) {
      if (epoch == 3) kept = whole.state();
    });
    PotentialLearner second(world(), student_config(), short_training(way), frames);
    second.restore(kept);
    second.fit();
    expect_same_model(second, whole);
  }
}

TEST(Learner, RestoredBetweenUpdatesItGoesOnBitForBit) {
  const auto truth = teacher(teacher_config(), false);
  const auto frames = labelled_frames(truth, false, 4, 6);
  PotentialLearner whole(world(), student_config(), short_training(), frames);
  whole.fit();
  auto add_four = [&](PotentialLearner& learner, int seed) {
    for (int k = 0; k < 4; ++k) learner.add(label_by(truth, test::disordered_diamond(false, seed + k, 1, 0.35)));
  };
  add_four(whole, 500);
  whole.update();
  add_four(whole, 600);
  const FieldSet kept = whole.state();
  const auto report = whole.update();
  PotentialLearner second(world(), student_config(), short_training(), frames);
  second.restore(kept);
  const auto again = second.update();
  expect_same_model(second, whole);
  EXPECT_EQ(report.metrics, again.metrics);
  const auto a = whole.calibration(), b = second.calibration();
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(a.size(), 6u + 2u);  // a validation trajectory, and every fourth of eight new labels
  for (std::size_t k = 0; k < a.size(); ++k) EXPECT_EQ(a[k].score, b[k].score);
}

TEST(Learner, NewLabelsOfAWiderDomainAreLearnedAndTheOldOnesKept) {
  const auto truth = teacher(teacher_config(), false);
  PotentialConfig config = student_config();
  config.core_distance = 0.5;  // the truth has none
  PotentialLearner learner(world(), config, short_training(), labelled_frames(truth, false, 4, 12, 0.15));
  const double old_error = learner.fit().metrics.at("validation/force_rmse_eV_per_A");
  std::vector<FieldSet> wide;
  for (int k = 0; k < 24; ++k) wide.push_back(label_by(truth, test::disordered_diamond(false, 700 + k, 1, 0.4)));
  auto wide_error = [&] {
    double sum = 0.0;
    for (const auto& fields : wide) {
      const FrameLabel label = read_label(fields, 0);
      const auto force = test::answer(learner.potential(), label).force;
      for (std::size_t i = 0; i < force.size(); ++i) sum += std::pow(force[i] - label.force[i], 2);
    }
    return std::sqrt(sum);
  };
  const double before = wide_error();
  for (const auto& label : wide) learner.add(label);
  const auto report = learner.update();
  EXPECT_LT(wide_error(), 0.8 * before);
  EXPECT_LT(report.metrics.at("validation/force_rmse_eV_per_A"), 2.0 * old_error);
}

TEST(Learner, ScoreRisesOutOfTheDomain) {
  PotentialLearner learner(world(), student_config(), short_training(),
                           labelled_frames(teacher(teacher_config(), false), false, 4, 12, 0.15));
  learner.fit();
  double usual = 0.0;
  for (const auto& pair : learner.calibration()) usual = std::max(usual, pair.score);
  EXPECT_GT(usual, 0.0);
  for (int k = 0; k < 5; ++k)
    EXPECT_GT(test::answer(learner.potential(), test::disordered_diamond(false, 800 + k, 1, 0.5)).score, 1.5 * usual);
}

// A strain moves every atom by less than the disorder does, but all of them in one direction: the frame's mean shows
// it.
TEST(Learner, ScoreRisesWithAStrainBelowTheDisorder) {
  PotentialLearner learner(world(), student_config(), short_training(),
                           labelled_frames(teacher(teacher_config(), false), false, 4, 12, 0.15));
  learner.fit();
  double usual = 0.0;
  for (const auto& pair : learner.calibration()) usual = std::max(usual, pair.score);
  for (int k = 0; k < 5; ++k) {
    FrameLabel frame = test::disordered_diamond(false, 800 + k, 1, 0.15);
    EXPECT_LT(test::answer(learner.potential(), frame).score, 1.5 * usual);
    const double strain = 1.04;  // 0.09 Å of a bond
    Mat3 wide = frame.cell.vectors();
    for (auto& row : wide.m)
      for (double& x : row) x *= strain;
    frame.cell = Cell(wide);
    for (double& x : frame.position) x *= strain;
    EXPECT_GT(test::answer(learner.potential(), frame).score, 1.5 * usual);
  }
}

TEST(Learner, AFrameDistanceHasTheFramesDeviationsButNoLessThanAnAtomsNoise) {
  NeuralPotential potential(student_config(), {14});
  SpeciesParameters& species = potential.species()[0];
  const int d = potential.config().components;
  std::vector<double> mean(d, 0.5), of_frames(d * d, 0.0), of_atoms(d * d, 0.0);
  for (int k = 0; k < d; ++k) of_atoms[k * d + k] = 1.0;
  of_frames[0] = 4.0;
  set_frame_distance(mean, of_frames, of_atoms, 64.0, species);
  EXPECT_EQ(species.frame_center, mean);
  EXPECT_DOUBLE_EQ(species.frame_metric[0], 0.5);
  EXPECT_DOUBLE_EQ(species.frame_metric[1], 8.0);  // √64: frames that never differed may still differ by noise
}

TEST(Learner, OneTrajectoryIsRefusedAndSoIsAnUpdateWithoutAFit) {
  const auto truth = teacher(student_config(), false);
  EXPECT_THROW(PotentialLearner(world(), student_config(), short_training(), labelled_frames(truth, false, 1, 4)),
               ConfigError);
  PotentialLearner learner(world(), student_config(), short_training(), labelled_frames(truth, false, 2, 4));
  EXPECT_THROW(learner.update(), ConfigError);
  FrameLabel broken = test::disordered_diamond(false);
  broken.force[4] = std::nan("");
  EXPECT_THROW(learner.add(write_label(broken)), ConfigError);
}

TEST(Score, NonNegativeLeastSquaresDropsWhatWouldBeNegative) {
  // Free minimum of the first at x = (1, 2, 3, 4); of the second at (1, −1, 2, 0), where the second coefficient is held
  // at zero.
  const NormalMatrix unit{{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}};
  EXPECT_EQ(nonnegative_least_squares(unit, {1, 2, 3, 4}), (Coefficients{1, 2, 3, 4}));
  EXPECT_EQ(nonnegative_least_squares(unit, {1, -1, 2, 0}), (Coefficients{1, 0, 2, 0}));
}

}  // namespace
}  // namespace locum::potential
