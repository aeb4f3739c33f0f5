// The curvature of either likelihood along changes of object and probe, by differences.
#include "solvers/imaging/ptychography/engines/frame_curvature.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "solvers/imaging/ptychography/engines/ptychography_engine.hpp"
#include "tests/unit/solvers/imaging/ptychography/engines/cg_cases.hpp"

using namespace locum;
using namespace locum::imaging;
using plain::Complex;
using Image = plain::Field;

namespace {

std::vector<int> all_frames(const plain::Case& c) {
  std::vector<int> all(static_cast<std::size_t>(c.data.size()));
  for (int j = 0; j < c.data.size(); ++j) all[static_cast<std::size_t>(j)] = j;
  return all;
}

fft::Waves<float> waves_of(const plain::Case& c, const std::vector<Image>& modes) {
  const fft::Waves<float> waves("waves", modes.size(), static_cast<std::size_t>(c.data.nx),
                                static_cast<std::size_t>(c.data.ny));
  const auto host = Kokkos::create_mirror_view(waves);
  std::size_t at = 0;
  for (const Image& mode : modes)
    for (const Complex& v : mode)
      host.data()[at++] = fft::Complex<float>(static_cast<float>(v.real()), static_cast<float>(v.imag()));
  Kokkos::deep_copy(waves, host);
  return waves;
}

// The function that κ is half the second derivative of, and its slope: of one frame, along O + t D and P + s E.
struct Along {
  const plain::Case& c;
  const Image& direction;
  const std::vector<Image>& probe_direction;
  bool poisson;

  double operator()(int j, double t, double s) const {
    const auto n = static_cast<double>(c.data.window());
    std::vector<double> model(c.data.window(), 2.0 + (poisson ? 1e-3 : 0.0));
    const auto at = plain::pixel_of(c, j);
    const Image o = plain::window(c.object, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
    const Image d = plain::window(direction, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
    const auto changes = plain::probes_at(c, probe_direction, j);
    auto waves = plain::probes_at(c, c.probe, j);
    for (std::size_t m = 0; m < waves.size(); ++m) {
      Image& psi = waves[m];
      // Without the product of both, which the expansion leaves out.
      for (std::size_t k = 0; k < psi.size(); ++k) psi[k] = psi[k] * (o[k] + t * d[k]) + s * changes[m][k] * o[k];
      psi = plain::transform(psi, c.data.nx, c.data.ny, -1);
      for (std::size_t k = 0; k < psi.size(); ++k) model[k] += std::norm(psi[k]) / n;
    }
    double sum = 0.0;
    for (std::size_t k = 0; k < model.size(); ++k) {
      const double counts = c.counts[static_cast<std::size_t>(j) * model.size() + k];
      sum += poisson ? 0.5 * (model[k] - counts * std::log(model[k]))
                     : std::pow(std::sqrt(model[k]) - std::sqrt(counts), 2);
    }
    return sum;
  }
};

}  // namespace

// Frames of a quarter of the counts: M > I wherever there is light, and nothing is cut off.
TEST(FrameCurvature, IsHalfTheSecondDerivativeOfTheLikelihood) {
  plain::Case c = small_case(2, 2.0);
  for (float& counts : c.counts) counts *= 0.25f;
  c.data.frames = std::make_shared<FramesInMemory>(c.data.size(), c.counts);
  PtychographyFields fields(c.data, all_frames(c), resolved(cg_config(1), c.data.size()), c.data.size(), c.data.size(),
                            0.0);
  plain::Setting other;
  other.object_nx = c.data.object_nx;
  other.object_ny = c.data.object_ny;
  const Image direction = plain::random_object(other, 4);
  std::vector<Image> probe_direction = c.probe;
  for (std::size_t m = 0; m < probe_direction.size(); ++m)
    for (std::size_t k = 0; k < probe_direction[m].size(); ++k)
      probe_direction[m][k] *= std::polar(1.0, 0.4 * static_cast<double>((m + 3) * k));
  const Planes plane("direction", 1, c.data.object_nx, c.data.object_ny);
  const Planes moved("moved_direction", fields.probe.moved().count, fields.layout());
  fields.set_object(plain::narrow(c.object));
  fields.set_values(plane, plain::narrow(direction));
  const auto held = fields.hold(all_frames(c));
  fields.probe.move(held.fractions, held.probes, waves_of(c, probe_direction), moved);
  const FrameCurvature kernel(fields.space(), fields.layout(), fields.modes(), fields.own_batch(), true);
  for (const bool poisson : {false, true}) {
    const auto likelihood = poisson ? Likelihood::poisson : Likelihood::amplitude;
    const auto measure = [&](const Planes& probe) {
      return kernel.measure(held.batch, fields.store().data(), likelihood, fields.object_plane, plane,
                            fields.probe.moved(), probe);
    };
    const auto sums = measure(moved), object_alone = measure(Planes());
    const Along error{c, direction, probe_direction, poisson};
    for (int u = 0; u < c.data.size(); ++u) {
      const int j = fields.frame(u);
      const CurvatureSums& got = sums[static_cast<std::size_t>(u)];
      const double h = 1e-4, here = error(j, 0.0, 0.0);
      const auto bend = [&](double t, double s) {
        return 0.5 * (error(j, t * h, s * h) - 2.0 * here + error(j, -t * h, -s * h)) / (h * h);
      };
      const double object = bend(1.0, 0.0), probe = bend(0.0, 1.0);
      const double off = 1e-4 * std::max(object, probe);  // h, and the single precision of waves
      EXPECT_NEAR(got.object, object, off);
      EXPECT_NEAR(got.probe, probe, off);
      EXPECT_NEAR(2.0 * got.both, bend(1.0, 1.0) - object - probe, off);
      EXPECT_NEAR(object_alone[static_cast<std::size_t>(u)].object, got.object, 1e-6 * object);
      EXPECT_EQ(object_alone[static_cast<std::size_t>(u)].probe, 0.0);
      double size = 0.0, probe_size = 0.0;
      const auto at = plain::pixel_of(c, j);
      const Image o = plain::window(c.object, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
      const Image d = plain::window(direction, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
      const auto now = plain::probes_at(c, c.probe, j), changes = plain::probes_at(c, probe_direction, j);
      for (std::size_t m = 0; m < now.size(); ++m)
        for (std::size_t k = 0; k < o.size(); ++k) {
          size += std::norm(now[m][k] * d[k]);
          probe_size += std::norm(changes[m][k] * o[k]);
        }
      EXPECT_NEAR(got.object_size, size, 1e-5 * size);
      EXPECT_NEAR(got.probe_size, probe_size, 1e-5 * probe_size);
    }
  }
}
