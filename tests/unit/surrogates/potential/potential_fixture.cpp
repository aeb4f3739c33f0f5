#include "tests/unit/surrogates/potential/potential_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/random/philox.hpp"

namespace locum::potential::test {

FrameLabel disordered_diamond(bool two_elements, std::uint64_t seed, int repeats, double displacement) {
  const double basis[8][3] = {{0, 0, 0},       {0, .5, .5},     {.5, 0, .5},     {.5, .5, 0},
                              {.25, .25, .25}, {.25, .75, .75}, {.75, .25, .75}, {.75, .75, .25}};
  FrameLabel label;
  const double a = two_elements ? 4.9 : 5.43;
  label.cell = Cell(Mat3{{{a * repeats, 0.0, 0.0}, {0.2, 1.03 * a * repeats, 0.0}, {-0.1, 0.15, 0.98 * a * repeats}}});
  for (int x = 0; x < repeats; ++x)
    for (int y = 0; y < repeats; ++y)
      for (int z = 0; z < repeats; ++z)
        for (const auto& b : basis) {
          const Vec3 r = label.cell.to_cartesian({(b[0] + x) / repeats, (b[1] + y) / repeats, (b[2] + z) / repeats});
          const std::uint64_t i = label.atomic_number.size();
          for (int c = 0; c < 3; ++c)
            label.position.push_back(r[c] + 2.0 * displacement *
                                                (random::uniform(seed, random::Stream::displacement, i, 0, c) - 0.5));
          label.atomic_number.push_back(two_elements && i % 3 == 0 ? 6 : 14);
        }
  label.force.assign(label.position.size(), 0.0);
  return label;
}

std::shared_ptr<NeuralPotential> random_potential(PotentialConfig config, std::vector<int> elements) {
  auto potential = std::make_shared<NeuralPotential>(config, elements);
  std::uint64_t item = 0;
  auto fill = [&item](std::vector<double>& values, double size) {
    for (double& v : values) v = size * (2.0 * random::uniform(3, random::Stream::weights, item++, 0) - 1.0);
  };
  for (auto& s : potential->species()) {
    s.constant = -4.0;
    fill(s.linear, 0.02);
    fill(s.mean, 0.5);
    fill(s.projection, 0.02);
    fill(s.center, 0.5);
    fill(s.metric, 0.5);
    fill(s.network, 0.5);
  }
  potential->min_distance = 1.5;
  potential->use_network = true;
  potential->upload();
  return potential;
}

Answer answer(const std::shared_ptr<NeuralPotential>& potential, const FrameLabel& label) {
  const Frame frame(Communicator::self(), label, potential->config().cutoff + 0.3);
  PotentialStep step(potential);
  Answer a;
  a.result = Atomistic::make_output(frame.configuration());
  const int sample = 0;
  step.evaluate_with_score(frame.configuration(), std::span<const int>(&sample, 1), a.result,
                           std::span<double>(&a.score, 1));
  a.force = gather_by_id(frame.configuration(), a.result.force);
  return a;
}

void expect_the_same_forces(const Answer& found, const Answer& expected) {
  if (device_is_host) {
    EXPECT_EQ(found.force, expected.force);
    return;
  }
  double largest = 0.0;
  for (const double f : expected.force) largest = std::max(largest, std::abs(f));
  ASSERT_EQ(found.force.size(), expected.force.size());
  for (std::size_t k = 0; k < found.force.size(); ++k)
    EXPECT_NEAR(found.force[k], expected.force[k], 1e-12 * largest) << k;
}

void expect_the_same(const Answer& found, const Answer& expected) {
  expect_the_same_forces(found, expected);
  const double rounding = device_is_host ? 0.0 : 1e-12;
  EXPECT_NEAR(found.result.energy, expected.result.energy, rounding * std::abs(expected.result.energy));
  EXPECT_NEAR(found.score, expected.score, rounding * std::abs(expected.score));
}

FieldSet label_by(const std::shared_ptr<NeuralPotential>& teacher, FrameLabel label) {
  const Answer a = answer(teacher, label);
  label.energy = a.result.energy;
  label.virial = a.result.virial;
  label.force = a.force;
  return write_label(label);
}

std::vector<FieldSet> labelled_frames(const std::shared_ptr<NeuralPotential>& teacher, bool two_elements,
                                      int trajectories, int frames_each, double displacement) {
  std::vector<FieldSet> frames;
  for (int t = 0; t < trajectories; ++t)
    for (int k = 0; k < frames_each; ++k) {
      FrameLabel label = disordered_diamond(two_elements, 100 * t + k + 1, 1, displacement);
      label.trajectory = t;
      frames.push_back(label_by(teacher, label));
    }
  return frames;
}

}  // namespace locum::potential::test
