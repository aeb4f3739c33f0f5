#include "solvers/imaging/ptychography/engines/position_drift.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/units.hpp"
#include "solvers/imaging/ptychography/engines/strain_sums.hpp"
#include "solvers/imaging/ptychography/quality/quality.hpp"
#include "tests/unit/solvers/imaging/ptychography/plain_model.hpp"

using namespace locum;
using namespace locum::imaging;

namespace {

std::vector<int> all_of(const plain::Case& c) {
  std::vector<int> all(static_cast<std::size_t>(c.data.size()));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

// Exact frames of so many counts that noise can feign nothing.
plain::Case bright_case(int frames_x, int frames_y) {
  plain::Setting setting;
  setting.nx = setting.ny = 24;
  setting.radius = 0.25;
  setting.counts = 1e9;
  return plain::make(setting, plain::grid(setting, frames_x, frames_y, 3.5, 1.0, true));
}

PtychographyConfig correcting() {
  PtychographyConfig config;
  config.positions.correct = true;
  config.positions.largest_move = 2.0;
  return config;
}

// Scale, shear, rotation and curvature of some tenths of a pixel at the rim of the scan.
SmoothField some_field(const plain::Case& c) {
  SmoothField field;
  field.centre[0] = 0.5 * c.data.object_nx;
  field.centre[1] = 0.5 * c.data.object_ny;
  field.scale = 10.0;
  const double x[SmoothField::terms] = {0.0, 0.2, -0.15, 0.05, 0.0, -0.1};
  const double y[SmoothField::terms] = {0.0, 0.3, 0.1, 0.0, 0.1, 0.0};
  std::copy(x, x + SmoothField::terms, field.c[0]);
  std::copy(y, y + SmoothField::terms, field.c[1]);
  return field;
}

// Of one frame, by plain loops in double.
StrainSums plain_sums(const plain::Case& c, const plain::Field& object, int j, const std::array<double, 2>& centre) {
  StrainSums sums;
  const auto pixel = plain::pixel_of(c, j);
  const auto probes = plain::probes_at(c, c.probe, j);
  const auto chi = plain::change(c, object, c.probe, j);
  const auto o = [&](int x, int y) { return object[static_cast<std::size_t>(x * c.data.object_ny + y)]; };
  for (std::size_t m = 0; m < probes.size(); ++m)
    for (int x = 0; x < c.data.nx; ++x)
      for (int y = 0; y < c.data.ny; ++y) {
        const auto at = static_cast<std::size_t>(x * c.data.ny + y);
        const int X = pixel[0] + x, Y = pixel[1] + y;
        const plain::Complex slope[2] = {0.5 * (o(X + 1, Y) - o(X - 1, Y)), 0.5 * (o(X, Y + 1) - o(X, Y - 1))};
        const double arm[2] = {x - centre[0], y - centre[1]};
        plain::Complex phi[4];
        for (int k = 0; k < 4; ++k) phi[k] = -probes[m][at] * slope[k / 2] * arm[k % 2];
        for (std::size_t k = 0; k < 4; ++k) {
          sums.slope[k] += std::real(std::conj(phi[k]) * chi[m][at]);
          for (std::size_t l = 0; l < 4; ++l) {
            const std::size_t place = 3 * (k / 2 + l / 2) + k % 2 + l % 2;
            // Several pairs share a place, and agree.
            const bool first = k / 2 <= l / 2 && k % 2 <= l % 2;
            if (first) sums.size[place] += std::real(std::conj(phi[k]) * phi[l]);
          }
        }
      }
  return sums;
}

}  // namespace

TEST(StrainSums, AreThoseOfPlainLoops) {
  plain::Setting setting;
  setting.nx = 20;
  setting.ny = 27;
  setting.modes = 2;
  const plain::Case c = plain::make(setting, plain::grid(setting, 2, 2, 6.0, 0.6, true));
  const plain::Field object = plain::random_object(setting, 5);
  PtychographyFields fields(c.data, all_of(c), {}, 4, 4, 0.0);
  fields.set_object(plain::narrow(object));
  const std::vector<int> places = {2, 0, 3, 1};
  const auto held = fields.hold(places);
  double amplitude = 0.0, amplitudes = 0.0;
  fields.change_of(held, amplitude, amplitudes);
  const std::array<double, 2> centre = {9.3, 12.7};
  const auto sums = strain_sums(fields.space(), fields.layout(), 2, held.batch, centre, fields.object_plane,
                                fields.probe.moved(), fields.change());
  ASSERT_EQ(sums.size(), 4u);
  for (std::size_t k = 0; k < 4; ++k) {
    const StrainSums wanted = plain_sums(c, object, fields.frame(places[k]), centre);
    const double size = *std::max_element(wanted.size.begin(), wanted.size.end());
    const double slope = std::abs(*std::max_element(wanted.slope.begin(), wanted.slope.end(),
                                                    [](double a, double b) { return std::abs(a) < std::abs(b); }));
    for (std::size_t n = 0; n < 9; ++n)
      EXPECT_NEAR(sums[k].size[n], wanted.size[n], 1e-5 * size) << n;  // roundings of float
    for (std::size_t n = 0; n < 4; ++n) EXPECT_NEAR(sums[k].slope[n], wanted.slope[n], 1e-4 * slope) << n;
  }
}

TEST(ObjectWarp, MovesWavesBelowSevenTenthsOfNyquistBySmoothFields) {
  const int nx = 61, ny = 53;
  const double kx = 0.7 * units::pi, ky = -0.55 * units::pi;  // rad a pixel
  Planes from("test::from", 1, nx, ny), to("test::to", 1, nx, ny);
  const auto host = Kokkos::create_mirror_view(from.values);
  Kokkos::deep_copy(host, from.values);
  const std::ptrdiff_t front = from.at(0) - from.values.data();
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y) {
      float* at = host.data() + front + x * from.stride + y;
      at[0] = static_cast<float>(std::cos(kx * x + ky * y));
      at[from.plane()] = static_cast<float>(std::sin(kx * x + ky * y));
    }
  Kokkos::deep_copy(from.values, host);
  SmoothField field;
  field.centre[0] = 30.0;
  field.centre[1] = 26.0;
  field.scale = 30.0;
  field.c[0][0] = 0.25;
  field.c[0][2] = 0.8;
  field.c[0][4] = -0.3;
  field.c[1][1] = -1.5;
  field.c[1][5] = 0.6;
  displace(ExecutionSpace(), {0, 0, nx, ny}, nx, ny, field, from, to);
  const auto moved = host_copy(to.values);
  double largest = 0.0;
  for (int x = 9; x < nx - 9; ++x)  // six taps and the farthest move away from the rim
    for (int y = 9; y < ny - 9; ++y) {
      const float* at = moved.data() + front + x * to.stride + y;
      const double phase = kx * (x - field.at(x, y, 0)) + ky * (y - field.at(x, y, 1));
      largest = std::max(largest, std::abs(plain::Complex(at[0], at[to.plane()]) - std::polar(1.0, phase)));
    }
  EXPECT_LT(largest, 4e-3);  // 2e-3 of each axis
  EXPECT_GT(largest, 1e-6);
}

TEST(PositionDrift, IsTakenBackTogetherWithTheObject) {
  plain::Case c = bright_case(6, 5);
  c.data.comm = Communicator::world();
  PtychographyFields fields(c.data, all_of(c), correcting(), 8, 8, 0.0);
  fields.set_object(plain::narrow(c.object));
  const auto truth = fields.positions();
  displace(fields, some_field(c));
  const double before = position_error(truth, fields.positions());
  EXPECT_GT(before, 0.2);
  displace(fields, find_drift(fields));
  const double once = position_error(truth, fields.positions());
  EXPECT_LT(once, 0.5 * before);  // half of the curvature is a mean over frames and waves
  for (int k = 0; k < 5; ++k) displace(fields, find_drift(fields));
  // What is left: fields are taken for affine below one probe, and the object was interpolated seven times.
  EXPECT_LT(position_error(truth, fields.positions()), 0.12 * before);
}

TEST(PositionDrift, IsTheSameOnOneRankAndOnSeveral) {
  plain::Case c = bright_case(6, 5);
  std::vector<SmoothField> found;
  for (const Communicator& comm : {Communicator::self(), Communicator::world()}) {
    c.data.comm = comm;
    PtychographyFields fields(c.data, all_of(c), correcting(), 8, 8, 0.0);
    fields.set_object(plain::narrow(c.object));
    displace(fields, some_field(c));
    found.push_back(find_drift(fields));
  }
  for (int axis = 0; axis < 2; ++axis)
    for (int k = 0; k < SmoothField::terms; ++k)
      EXPECT_NEAR(found[0].c[axis][k], found[1].c[axis][k], 1e-6);  // sums of doubles in another order
}

TEST(PositionDrift, OfFewFramesIsOfALowerOrder) {
  const auto found = [](int x, int y) {
    const plain::Case c = bright_case(x, y);
    PtychographyFields fields(c.data, all_of(c), correcting(), 8, 8, 0.0);
    fields.set_object(plain::narrow(c.object));
    displace(fields, some_field(c));
    return find_drift(fields);
  };
  const SmoothField none = found(3, 2), affine = found(4, 4), quadratic = found(5, 4);
  EXPECT_EQ(none.c[0][1], 0.0);
  EXPECT_NE(affine.c[0][1], 0.0);
  EXPECT_EQ(affine.c[0][3], 0.0);
  EXPECT_NE(quadratic.c[0][3], 0.0);
}

TEST(PositionDrift, LeavesOutWhatNoiseCanFeign) {
  using Vector = std::vector<double>;
  const Vector one = {1.0, 0.0, 0.0, 1.0}, wider = {1.0, 1.0};
  const double damped = 3e-3;  // a thousandth of the curvature is added
  const auto step = [&](const Vector& b) { return drift_step({one, b, b, wider}); };
  for (const double small : {0.1, 0.4, 0.9}) {
    EXPECT_NEAR(step({small, small})[0], 0.0, 1e-12);
    EXPECT_NEAR(step({small, small})[1], 0.0, 1e-12);
  }
  EXPECT_NEAR(step({3.0, 3.0})[0], 2.0, damped);
  EXPECT_NEAR(step({-3.0, -3.0})[0], -3.0, damped);  // noise never asks for a narrower scan
  EXPECT_NEAR(step({0.5, -0.5})[0], 0.5, damped);    // a shear is none of it
  EXPECT_NEAR(step({0.5, -0.5})[1], -0.5, damped);
  // What nothing is known of stays.
  const Vector flat = {1.0, 0.0, 0.0, 0.0}, along = {1.0, 0.0}, none = {0.0, 0.0};
  EXPECT_NEAR(drift_step({flat, along, along, none})[0], 1.0, damped);
  EXPECT_EQ(drift_step({flat, along, along, none})[1], 0.0);
  EXPECT_EQ(drift_step({{0.0}, {0.0}, {0.0}, {0.0}})[0], 0.0);
}

TEST(PositionDrift, LeavesOutWhatLikelihoodsDisagreeAbout) {
  const std::vector<double> one = {1.0, 0.0, 0.0, 1.0}, wider = {1.0, 1.0};
  const auto step = [&](double poisson, double amplitude) {
    return drift_step({one, {poisson, poisson}, {amplitude, amplitude}, wider})[0];
  };
  EXPECT_NEAR(step(-4.0, 2.0), 0.0, 1e-12);
  EXPECT_NEAR(step(4.0, -2.0), 0.0, 1e-12);
  EXPECT_NEAR(step(-4.0, -3.0), -3.0, 3e-3);
  EXPECT_NEAR(step(-4.0, -5.0), -4.0, 4e-3);
  EXPECT_NEAR(step(6.0, 4.0), 3.0, 3e-3);
}

TEST(PositionDrift, IsLookedAtWheneverSweepsHaveDoubled) {
  PtychographyConfig config = correcting();
  config.positions.from = 3;
  std::vector<int> due;
  for (int sweep = 0; sweep < 200; ++sweep)
    if (drift_is_due(config, sweep)) due.push_back(sweep);
  EXPECT_EQ(due, (std::vector<int>{12, 22, 42, 82, 162}));
  config.positions.drift = 0;
  EXPECT_FALSE(drift_is_due(config, 12));
  config.positions.drift = 1;
  config.positions.correct = false;
  EXPECT_FALSE(drift_is_due(config, 12));
}
