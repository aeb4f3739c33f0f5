#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "solvers/imaging/ptychography/far_field_model.hpp"
#include "tests/unit/solvers/imaging/ptychography/far_field_case.hpp"

using namespace locum;
using namespace locum::imaging;
using plain::plain_loss;
using plain::small_case;

TEST(FarFieldModel, GradientIsZeroWhereNoListedFrameIs) {
  plain::Setting setting;
  const plain::Case c = small_case(setting, false);
  FarFieldModel model;
  ObjectFunction gradient;
  const std::vector<int> frames = {0};
  model.gradient(c.data, frames, {plain::narrow(plain::random_object(setting, 3))}, gradient);
  const auto pixel = plain::pixel_of(c, 0);
  for (int x = 0; x < setting.object_nx; ++x)
    for (int y = 0; y < setting.object_ny; ++y) {
      const bool inside = x >= pixel[0] && x < pixel[0] + 16 && y >= pixel[1] && y < pixel[1] + 16;
      const auto g = gradient.value[static_cast<std::size_t>(x * setting.object_ny + y)];
      if (!inside) {
        EXPECT_EQ(std::abs(g), 0.0f) << x << ' ' << y;
      }
    }
}

TEST(FarFieldModel, BackPropagatedObjectIsTheFormula) {
  plain::Setting setting;
  const plain::Case c = small_case(setting, true);
  const plain::Field flat(c.object.size(), 1.0);
  plain::Field sum(flat.size(), 0.0);
  std::vector<double> light(flat.size(), 0.0);
  for (int j = 0; j < c.data.size(); ++j) {
    const auto pixel = plain::pixel_of(c, j);
    const auto chi = plain::change(c, flat, c.probe, j), probe = plain::probes_at(c, c.probe, j);
    for (std::size_t m = 0; m < probe.size(); ++m)
      for (int x = 0; x < 16; ++x)
        for (int y = 0; y < 16; ++y) {
          const auto in = static_cast<std::size_t>(x * 16 + y);
          const auto at = static_cast<std::size_t>((pixel[0] + x) * setting.object_ny + pixel[1] + y);
          sum[at] += std::conj(probe[m][in]) * (chi[m][in] + probe[m][in]);  // P* ψ
          light[at] += std::norm(probe[m][in]);
        }
  }
  const double most = *std::max_element(light.begin(), light.end());
  FarFieldModel model;
  const ObjectFunction object = model.back_propagated(c.data);
  for (std::size_t k = 0; k < flat.size(); ++k) {
    const double little = 1e-3 * most;  // the quotient leans on 1 where there is next to no light
    const auto expected = (sum[k] + little) / (light[k] + little);
    EXPECT_LT(std::abs(expected - plain::Complex(object.value[k])), 1e-4) << k;
  }
}

TEST(FarFieldModel, ErrorsAreTheFramesOwnInTheOrderAsked) {
  plain::Setting setting;
  const plain::Case c = small_case(setting, true);
  const plain::Field object = plain::random_object(setting, 3);
  FarFieldModel model;
  const std::vector<int> frames = {5, 2, 0, 3};
  const auto errors = model.fourier_errors(c.data, frames, {plain::narrow(object)});
  ASSERT_EQ(errors.size(), frames.size());
  for (std::size_t k = 0; k < frames.size(); ++k) {
    const double loss = plain_loss(c, {frames[k]}, object);
    EXPECT_NEAR(errors[k].off / errors[k].counts, loss, 1e-5 * loss);
  }
  EXPECT_TRUE(model.fourier_errors(c.data, {}, {plain::narrow(object)}).empty());
}

TEST(FarFieldModel, WhatIsLeftOfAFrameOverAPixelThatIsNoNumberIsNoNumber) {
  plain::Setting setting;
  const plain::Case c = small_case(setting, false);
  ObjectFunction object = {plain::narrow(plain::random_object(setting, 3))};
  const auto pixel = plain::pixel_of(c, 0);
  object.value[static_cast<std::size_t>((pixel[0] + 8) * setting.object_ny + pixel[1] + 8)] = {0.0f, std::nanf("")};
  FarFieldModel model;
  const std::vector<int> frames = {0};
  EXPECT_TRUE(std::isnan(model.fourier_errors(c.data, frames, object)[0].excess()));
}

// Enough frames that several are updated at once, in windows that ranks share.
TEST(FarFieldModel, SequentialSweepsAreThoseOfOneRankFromAnyNumber) {
  plain::Setting setting;
  setting.nx = setting.ny = 16;
  setting.modes = 2;
  plain::Case c = plain::make(setting, plain::grid(setting, 13, 9, 3.0, 0.4, true));
  const std::vector<int> frames = [&] {
    std::vector<int> most;
    for (int j = 0; j < c.data.size(); ++j)
      if (j != 20) most.push_back(j);
    return most;
  }();
  const ObjectFunction start{plain::narrow(plain::random_object(setting, 3))};
  ObjectFunction alone = start, together = start;
  FarFieldModel one, many;
  one.sequential_sweeps(c.data, frames, 3, alone);
  c.data.comm = Communicator::world();
  many.sequential_sweeps(c.data, frames, 3, together);
  double off = 0.0, moved = 0.0;
  for (std::size_t k = 0; k < start.value.size(); ++k) {
    off = std::max(off, static_cast<double>(std::abs(alone.value[k] - together.value[k])));
    moved = std::max(moved, static_cast<double>(std::abs(alone.value[k] - start.value[k])));
  }
  EXPECT_GT(moved, 0.1);
  EXPECT_LT(off, 1e-4);  // float sums in another order where ranks meet, carried on over some hundred updates
}

TEST(FarFieldModel, CentresOfMassAreThoseOfTheFrames) {
  plain::Setting setting;
  const plain::Case c = small_case(setting, true);
  FarFieldModel model;
  const std::vector<int> frames = {1, 4};
  // Against the truth, whose model the frames are: no shift. Against a flat object: the frame's own mean frequency less
  // the empty beam's.
  for (const FourierError& e : model.fourier_errors(c.data, frames, {plain::narrow(c.object)})) {
    EXPECT_NEAR(e.shift_x, 0.0, 1e-6);
    EXPECT_NEAR(e.shift_y, 0.0, 1e-6);
  }
  const auto flat = model.fourier_errors(c.data, frames, Ptychography::make_output(c.data));
  for (std::size_t k = 0; k < frames.size(); ++k) {
    std::vector<double> empty(c.data.window(), c.data.background[0]);
    for (auto psi : plain::probes_at(c, c.probe, frames[k])) {
      psi = plain::transform(psi, 16, 16, -1);
      for (std::size_t i = 0; i < empty.size(); ++i) empty[i] += std::norm(psi[i]) / 256.0;
    }
    double counts = 0.0, mean = 0.0, empty_counts = 0.0, empty_mean = 0.0;
    for (std::size_t i = 0; i < empty.size(); ++i) {
      if (c.data.mask[i] == 0.0f) continue;
      const int kx = static_cast<int>(i) / 16;
      const double frequency = (kx < 8 ? kx : kx - 16) / 16.0;
      const double n = c.counts[static_cast<std::size_t>(frames[k]) * 256 + i];
      counts += n;
      mean += frequency * n;
      empty_counts += empty[i];
      empty_mean += frequency * empty[i];
    }
    EXPECT_NEAR(flat[k].shift_x, mean / counts - empty_mean / empty_counts, 1e-6);
  }
}

TEST(FarFieldModel, SweepsLowerTheErrorOfTheirFramesAndLeaveTheRestAlone) {
  plain::Setting setting;
  const plain::Case c = small_case(setting, false);
  FarFieldModel model;
  ObjectFunction object{plain::narrow(plain::random_object(setting, 3))};
  const ObjectFunction before = object;
  const std::vector<int> frames = {0, 1};
  const auto r = [&](const ObjectFunction& o) {
    double amplitude = 0.0, all = 0.0;
    for (const FourierError& e : model.fourier_errors(c.data, frames, o)) {
      amplitude += e.amplitude;
      all += e.amplitudes;
    }
    return amplitude / all;
  };
  model.sequential_sweeps(c.data, frames, 3, object);
  const double between = r(object);
  EXPECT_LT(between, 0.5 * r(before));  // two frames are soon explained
  model.descend(c.data, frames, 3, object);
  EXPECT_LT(r(object), between);
  const auto last = static_cast<std::size_t>((setting.object_nx - 1) * setting.object_ny + setting.object_ny - 1);
  EXPECT_EQ(object.value[last], before.value[last]);
}

TEST(FarFieldModel, WhatIsKeptForTheNextCallChangesNothing) {
  plain::Setting setting;
  plain::Case c = small_case(setting, true);
  const std::vector<int> all = {0, 1, 2, 3, 4, 5}, some = {4, 1};
  const ObjectFunction object{plain::narrow(plain::random_object(setting, 3))};
  FarFieldModel often;
  const auto expect_equal = [&](const std::vector<int>& frames) {
    FarFieldModel once;
    ObjectFunction a = object, b = object;
    often.descend(c.data, frames, 2, a);
    once.descend(c.data, frames, 2, b);
    EXPECT_EQ(a.value, b.value);
    const auto first = often.fourier_errors(c.data, frames, a), second = once.fourier_errors(c.data, frames, b);
    for (std::size_t k = 0; k < frames.size(); ++k) EXPECT_EQ(first[k].off, second[k].off);
  };
  expect_equal(all);
  expect_equal(all);
  expect_equal(some);
  expect_equal(all);
  for (auto& p : c.data.position) p[0] += 0.25;  // the same frames elsewhere
  expect_equal(all);
  for (auto& p : c.data.probe) p *= 1.1f;
  expect_equal(all);
  c.data.mask[0] = 1.0f - c.data.mask[0];
  expect_equal(all);
}
