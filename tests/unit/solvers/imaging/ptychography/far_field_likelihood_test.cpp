// The far-field model by the amplitude's and by Poisson's likelihood.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "solvers/imaging/ptychography/far_field_model.hpp"
#include "tests/unit/solvers/imaging/ptychography/far_field_case.hpp"

using namespace locum;
using namespace locum::imaging;
using plain::plain_loss;
using plain::small_case;

namespace {

PtychographyConfig with(const std::string& likelihood) {
  PtychographyConfig config;
  config.likelihood = likelihood;
  return config;
}

// The gradient's product with a random direction against the difference of the loss along it.
void expect_slope_of_loss(const plain::Case& c, const plain::Setting& setting, const std::string& likelihood) {
  const std::vector<int> frames = {4, 0, 1, 5};
  const bool poisson = likelihood == "poisson";
  const plain::Field object = plain::random_object(setting, 3), way = plain::random_object(setting, 8);
  FarFieldModel model(with(likelihood));
  ObjectFunction gradient;
  const double loss = model.gradient(c.data, frames, {plain::narrow(object)}, gradient);
  // Poisson's is a polynomial within 1e-4.
  EXPECT_NEAR(loss, plain_loss(c, frames, object, poisson), (poisson ? 1e-4 : 1e-5) * loss);
  const auto moved = [&](double step) {
    plain::Field o = object;
    for (std::size_t k = 0; k < o.size(); ++k) o[k] += step * way[k];
    return plain_loss(c, frames, o, poisson);
  };
  double slope = 0.0;
  for (std::size_t k = 0; k < way.size(); ++k)
    slope += way[k].real() * gradient.value[k].real() + way[k].imag() * gradient.value[k].imag();
  const double expected = (moved(1e-4) - moved(-1e-4)) / 2e-4;  // in double: good to 1e-7
  EXPECT_NEAR(slope, expected, 1e-4 * std::abs(expected)) << likelihood;
}

// Noisy frames of few counts, and a truth to begin from.
plain::Case few_counts(plain::Setting& setting) {
  setting.nx = setting.ny = 16;
  setting.counts = 300.0;
  setting.noise = true;
  plain::Case c = plain::make(setting, plain::grid(setting, 6, 6, 3.0, 0.4, true));
  c.data.comm = Communicator::world();
  return c;
}

std::vector<int> every_frame(const plain::Case& c) {
  std::vector<int> all(static_cast<std::size_t>(c.data.size()));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace

TEST(FarFieldModel, GradientIsTheSlopeOfTheLoss) {
  for (const bool masked : {false, true})
    for (const char* likelihood : {"amplitude", "poisson"}) {
      plain::Setting setting;
      expect_slope_of_loss(small_case(setting, masked), setting, likelihood);
    }
}

// Where the model has next to nothing and there are counts, Poisson's slope is held.
TEST(FarFieldModel, GradientIsTheSlopeOfTheLossWhereTheModelIsDark) {
  plain::Setting setting;
  expect_slope_of_loss(few_counts(setting), setting, "poisson");
}

TEST(FarFieldModel, DescentsLowerTheirOwnLikelihoodsError) {
  plain::Setting setting;
  const plain::Case c = few_counts(setting);
  const std::vector<int> all = every_frame(c);
  FarFieldModel poisson(with("poisson")), amplitude;
  ObjectFunction object = Ptychography::make_output(c.data), other = object, ignored;
  double before = poisson.gradient(c.data, all, object, ignored);
  for (int sweep = 0; sweep < 8; ++sweep) {
    poisson.descend(c.data, all, 1, object);
    const double now = poisson.gradient(c.data, all, object, ignored);
    EXPECT_LT(now, before) << sweep;
    before = now;
  }
  amplitude.descend(c.data, all, 8, other);
  EXPECT_LT(before, poisson.gradient(c.data, all, other, ignored));
  EXPECT_LT(amplitude.gradient(c.data, all, other, ignored), amplitude.gradient(c.data, all, object, ignored));
}

TEST(FarFieldModel, ByPoissonsLikelihoodTheRanksAgree) {
  plain::Setting setting;
  plain::Case c = few_counts(setting);
  const std::vector<int> all = every_frame(c);
  FarFieldModel model(with("poisson"));
  const auto answer = [&](const Communicator& comm) {
    c.data.comm = comm;
    ObjectFunction object = Ptychography::make_output(c.data), gradient;
    model.conjugate_sweeps(c.data, all, 3, object);
    model.descend(c.data, all, 3, object);
    const double loss = model.gradient(c.data, all, object, gradient);
    object.value.insert(object.value.end(), gradient.value.begin(), gradient.value.end());
    return std::pair(loss, object.value);
  };
  const auto together = answer(Communicator::world()), alone = answer(Communicator::self());
  EXPECT_NEAR(together.first, alone.first, 1e-6 * alone.first);
  for (std::size_t k = 0; k < alone.second.size(); ++k)  // sums over frames in another order
    EXPECT_LT(std::abs(together.second[k] - alone.second[k]), 2e-5f) << k;
}

TEST(FarFieldModel, OnePassHasBothGradientAndErrors) {
  plain::Setting setting;
  const plain::Case c = small_case(setting, true);
  const ObjectFunction object{plain::narrow(plain::random_object(setting, 3))};
  const std::vector<int> frames = {5, 2, 0, 3};
  for (const char* likelihood : {"amplitude", "poisson"}) {
    FarFieldModel model(with(likelihood));
    ObjectFunction alone, both;
    std::vector<FourierError> errors;
    const double loss = model.gradient(c.data, frames, object, alone);
    EXPECT_EQ(model.gradient_and_errors(c.data, frames, object, both, errors), loss);
    EXPECT_EQ(both.value, alone.value);
    const auto expected = model.fourier_errors(c.data, frames, object);
    ASSERT_EQ(errors.size(), expected.size());
    for (std::size_t k = 0; k < errors.size(); ++k) {
      // The factor's root has 1e-12 counts more than the comparison's, which the background of two hides in float.
      EXPECT_NEAR(errors[k].off, expected[k].off, 1e-6 * expected[k].off);
      EXPECT_NEAR(errors[k].amplitude, expected[k].amplitude, 1e-6 * expected[k].amplitude);
      EXPECT_EQ(errors[k].noise, expected[k].noise);
      EXPECT_EQ(errors[k].counts, expected[k].counts);
      EXPECT_EQ(errors[k].shift_x, expected[k].shift_x);
      EXPECT_EQ(errors[k].shift_y, expected[k].shift_y);
    }
  }
}
