// Several elements in one model, and what a frame's weights do.
#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "surrogates/potential/training/learner.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

constexpr double cutoff = 4.4;
constexpr int numbers[3] = {14, 6, 32};

// A truth that knows the elements: a Morse bond for each pair of them, faded out by (1 − r²/r_c²)² at the cut-off.
struct Bond {
  double depth, length;
};
Bond bond(int a, int b) {
  const int i = (a == 6) + 2 * (a == 32), j = (b == 6) + 2 * (b == 32);
  const double depth[3][3] = {{0.30, 0.52, 0.26}, {0.52, 0.40, 0.45}, {0.26, 0.45, 0.21}};
  const double length[3][3] = {{2.35, 1.95, 2.40}, {1.95, 1.75, 2.00}, {2.40, 2.00, 2.45}};
  return {depth[i][j], length[i][j]};
}

FrameLabel labelled(FrameLabel label) {
  const Frame frame(Communicator::self(), label, cutoff);
  const Configuration& c = frame.configuration();
  const auto position = host_copy(c.position);
  const auto number = host_copy(c.atomic_number);
  const auto offset = host_copy(c.neighbors.offset), index = host_copy(c.neighbors.index),
             owner = host_copy(frame.owner());
  label.energy = 0.0;
  label.virial = Mat3{};
  label.force.assign(label.position.size(), 0.0);
  for (int i = 0; i < c.n_local; ++i)
    for (int k = offset(i); k < offset(i + 1); ++k) {
      const int j = index(k);
      const Vec3 d = {position(j, 0) - position(i, 0), position(j, 1) - position(i, 1),
                      position(j, 2) - position(i, 2)};
      const double r = std::sqrt(dot(d, d)), t = r / cutoff;
      const Bond b = bond(number(i), number(j));
      const double e = std::exp(-1.4 * (r - b.length)), fade = (1 - t * t) * (1 - t * t);
      const double value = b.depth * (e * e - 2 * e);
      const double slope = b.depth * -2.8 * (e * e - e) * fade - value * 4 * t * (1 - t * t) / cutoff;
      label.energy += 0.5 * value * fade;
      for (int x = 0; x < 3; ++x) {
        label.force[3 * i + x] += 0.5 * slope * d[x] / r;
        label.force[3 * owner(j) + x] -= 0.5 * slope * d[x] / r;
        for (int y = 0; y < 3; ++y) label.virial[x][y] -= 0.5 * slope * d[x] * d[y] / r;
      }
    }
  return label;
}

// Diamond whose sites hold `elements` kinds of atoms at random; every frame of another composition.
FrameLabel alloy(int elements, std::uint64_t seed) {
  FrameLabel label = test::disordered_diamond(true, seed, 1, 0.2);
  for (int i = 0; i < label.atoms(); ++i)
    label.atomic_number[i] =
        numbers[static_cast<int>(elements * random::uniform(seed, random::Stream::weights, i, 0)) % elements];
  label.trajectory = static_cast<std::int64_t>(seed % 8);
  return labelled(std::move(label));
}

std::vector<FieldSet> alloys(int elements, int count, bool one_composition = false) {
  std::vector<FieldSet> frames;
  for (int k = 0; k < count; ++k) {
    FrameLabel label = alloy(elements, 100 + k);
    if (one_composition) {
      for (int i = 0; i < label.atoms(); ++i) label.atomic_number[i] = numbers[i % elements];
      label = labelled(std::move(label));
    }
    frames.push_back(write_label(label));
  }
  return frames;
}

PotentialConfig alloy_potential() {
  PotentialConfig config;
  config.cutoff = cutoff;
  config.radials = 6;
  config.l_max = 2;
  config.four_body_radials = 0;
  config.components = 12;
  config.hidden = 8;
  config.members = 2;
  return config;
}

TrainingConfig linear() {
  TrainingConfig config;
  config.network = false;
  config.ridge = 1e-9;
  config.validation_fraction = 0.25;
  return config;
}

Context world() {
  Context context;
  context.comm = Communicator::world();
  return context;
}

double rms_force(const std::vector<FieldSet>& frames) {
  double sum = 0.0, count = 0.0;
  for (const auto& f : frames)
    for (const double v : f.real("force")) sum += v * v, count += 1.0;
  return std::sqrt(sum / count);
}

TEST(Species, OneModelLearnsTwoAndThreeElements) {
  for (const int elements : {2, 3}) {
    const auto frames = alloys(elements, elements == 2 ? 160 : 320);
    TrainingConfig training = linear();
    training.network = true;
    training.epochs = 10;
    PotentialLearner learner(world(), alloy_potential(), training, frames);
    const auto report = learner.fit();
    // Held out, of forces with an RMS of about 2 eV/Å: six radial functions of each pair leave some per cent.
    EXPECT_LT(report.metrics.at("validation/force_rmse_eV_per_A"), 0.08 * rms_force(frames)) << elements;
    EXPECT_LT(report.metrics.at("validation/energy_rmse_meV_per_atom"), 30.0) << elements;
    EXPECT_EQ(learner.potential()->elements(), (elements == 2 ? std::vector<int>{6, 14} : std::vector<int>{6, 14, 32}));
  }
}

// Four-point differences, h = 1e-3 Å: an error of h⁴ beside forces of order 1.
TEST(Species, ForcesOfATrainedModelAreTheGradientOfItsEnergyAndItComesBackFromItsRecord) {
  for (const int elements : {2, 3}) {
    PotentialConfig config = alloy_potential();
    config.four_body_radials = 2;
    config.four_body_l_max = 2;
    TrainingConfig training = linear();
    training.network = true;
    training.epochs = 3;
    PotentialLearner learner(world(), config, training, alloys(elements, 48));
    learner.fit();
    learner.potential()->use_network = true;  // whether or not three epochs were enough to gain anything
    learner.potential()->upload();
    FrameLabel label = alloy(elements, 77);
    const auto base = test::answer(learner.potential(), label);
    double largest = 0.0;
    for (const double f : base.force) largest = std::max(largest, std::abs(f));
    ASSERT_GT(largest, 0.1);
    const double h = 1e-3;
    for (std::size_t k = 0; k < label.position.size(); ++k) {
      double e[4];
      const double at = label.position[k];
      for (int side = 0; side < 4; ++side) {
        label.position[k] = at + (side - 1.5) * h;
        e[side] = test::answer(learner.potential(), label).result.energy;
      }
      label.position[k] = at;
      const double slope = (27.0 * (e[2] - e[1]) - (e[3] - e[0])) / (24.0 * h);
      EXPECT_NEAR(base.force[k], -slope, 1e-6 * largest) << elements << " elements, component " << k;
    }
    const auto again = NeuralPotential::from_record(learner.potential()->record());
    const auto same = test::answer(again, label);
    test::expect_the_same(same, base);
  }
}

// Silicon carbide is always half and half: what each element's constant is, nothing says, but their sum is known.
TEST(Species, DataOfOneCompositionAreEnough) {
  const auto frames = alloys(2, 48, true);
  PotentialLearner learner(world(), alloy_potential(), linear(), frames);
  const auto report = learner.fit();
  EXPECT_LT(report.metrics.at("validation/energy_rmse_meV_per_atom"), 30.0);
  for (const auto& s : learner.potential()->species())
    EXPECT_LT(std::abs(s.constant), 100.0);  // no wild pair that cancels
}

TEST(Species, RanksAgreeOnAlloys) {
  const auto frames = alloys(3, 40);
  TrainingConfig training = linear();
  training.network = true;
  training.epochs = 4;
  training.ridge = 1e-6;
  const auto metrics = [&](const Context& context) {
    PotentialLearner learner(context, alloy_potential(), training, frames);
    return learner.fit().metrics;
  };
  const auto together = metrics(world()), alone = metrics(Context());
  for (const auto& [name, value] : alone) EXPECT_NEAR(together.at(name), value, 2e-3 * value) << name;
}

std::vector<double> parameters(const std::shared_ptr<NeuralPotential>& potential) {
  std::vector<double> all;
  for (const auto& s : potential->species()) {
    all.insert(all.end(), s.linear.begin(), s.linear.end());
    all.push_back(s.constant);
  }
  return all;
}

FieldSet weighted(const FieldSet& frame, double weight, double of_force = 1.0) {
  FrameLabel label = read_label(frame, 0);
  label.weight = weight;
  label.force_weight = of_force;
  return write_label(label);
}

TEST(Weights, AFrameOfWeightZeroHasNoInfluenceAtAll) {
  const auto without = alloys(2, 24);
  auto with = without;
  FrameLabel nonsense = read_label(without[5], 5);
  for (double& f : nonsense.force) f += 7.0;
  for (double& r : nonsense.position) r *= 0.8;  // nearer than any other pair, too
  nonsense.energy = 1e4;
  nonsense.atomic_number[0] = 32;  // an element that only it has
  nonsense.weight = 0.0;
  with.insert(with.begin() + 5, write_label(nonsense));
  TrainingConfig training = linear();
  training.network = true;
  training.epochs = 3;
  PotentialLearner a(world(), alloy_potential(), training, without), b(world(), alloy_potential(), training, with);
  const auto expected = a.fit().metrics, found = b.fit().metrics;
  EXPECT_EQ(expected, found);
  EXPECT_EQ(parameters(a.potential()), parameters(b.potential()));
  EXPECT_EQ(a.potential()->min_distance, b.potential()->min_distance);
}

TEST(Weights, TwoIsAsGoodAsTwiceInTheLinearPart) {
  const auto frames = alloys(2, 24);
  auto doubled = frames, twice = frames;
  for (const int k : {3, 8}) {  // of trajectories that are not held out
    doubled[static_cast<std::size_t>(k)] = weighted(frames[static_cast<std::size_t>(k)], 2.0);
    twice.push_back(frames[static_cast<std::size_t>(k)]);
  }
  TrainingConfig training = linear();
  training.ridge = 1e-4;  // well conditioned: roundings stay small
  const auto fitted = [&](const std::vector<FieldSet>& data) {
    PotentialLearner learner(world(), alloy_potential(), training, data);
    learner.fit();
    return parameters(learner.potential());
  };
  const auto plain = fitted(frames), two = fitted(doubled), copies = fitted(twice);
  double largest = 0.0, change = 0.0;
  for (std::size_t k = 0; k < plain.size(); ++k) {
    largest = std::max(largest, std::abs(copies[k]));
    change = std::max(change, std::abs(copies[k] - plain[k]));
  }
  ASSERT_GT(change, 1e-3 * largest);  // the two frames matter
  for (std::size_t k = 0; k < plain.size(); ++k) EXPECT_NEAR(two[k], copies[k], 1e-6 * change) << k;
}

TEST(Weights, AWeightOfTheForcesLeavesTheEnergyInPlace) {
  auto frames = alloys(2, 24);
  for (auto& frame : frames) {
    FrameLabel label = read_label(frame, 0);
    for (double& f : label.force) f += 5.0;  // no energy has these
    frame = write_label(label);
  }
  TrainingConfig training = linear();
  const auto energy_error = [&](double of_force) {
    std::vector<FieldSet> data;
    for (const auto& frame : frames) data.push_back(weighted(frame, 1.0, of_force));
    PotentialLearner learner(world(), alloy_potential(), training, data);
    return learner.fit().metrics.at("train/energy_rmse_meV_per_atom");
  };
  EXPECT_LT(energy_error(1e-6), 0.2 * energy_error(1.0));
}

TEST(Weights, OfOneKindOfLabelAreReadByTheNamesOfOtherProgramsToo) {
  FieldSet fields = alloys(2, 1)[0];
  fields.add_scalar("config_weight", "1", 3.0);
  fields.add_scalar("config_energy_weight", "1", std::int64_t{2});
  fields.add_scalar("force_weight", "1", 0.5);
  fields.add_scalar("config_stress_weight", "1", 0.25);
  const FrameLabel label = read_label(fields, 0);
  EXPECT_EQ(label.weight, 3.0);
  EXPECT_EQ(label.energy_weight, 2.0);
  EXPECT_EQ(label.force_weight, 0.5);
  EXPECT_EQ(label.virial_weight, 0.25);
  const FrameLabel again = read_label(write_label(label), 0);
  EXPECT_EQ(again.weight, 3.0);
  EXPECT_EQ(again.energy_weight, 2.0);
  EXPECT_EQ(again.force_weight, 0.5);
  EXPECT_EQ(again.virial_weight, 0.25);
  fields.add_scalar("energy_weight", "1", -1.0);
  EXPECT_THROW(read_label(fields, 0), ConfigError);
}

TEST(Labels, AMissingOneIsAbsentWithoutRowsOrMarked) {
  const FieldSet whole = alloys(2, 1)[0];
  EXPECT_TRUE(read_label(whole, 0).has_energy);
  FieldSet fields;
  for (const char* name : {"cell", "position", "force"})
    fields.add(name, whole.at(name).unit, whole.at(name).shape, whole.real(name));
  fields.add("atomic_number", "1", whole.at("atomic_number").shape, whole.integer("atomic_number"));
  EXPECT_FALSE(read_label(fields, 0).has_energy);
  fields.add_scalar("energy", "eV", 0.0);
  fields.add_scalar("has_energy", "1", std::int64_t{0});
  fields.add("virial", "eV", {0, 3}, std::vector<double>{});
  EXPECT_FALSE(read_label(fields, 0).has_energy);
  EXPECT_FALSE(read_label(fields, 0).has_virial);
}

}  // namespace
}  // namespace locum::potential
