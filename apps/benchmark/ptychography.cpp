// How fast ptychographic sweeps are, against the library's two bare transforms of every frame.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>

#include "apps/benchmark/benchmark.hpp"
#include "apps/benchmark/benchmark_config.hpp"
#include "apps/benchmark/timing.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/linalg/dense.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "solvers/imaging/ptychography/reconstruction.hpp"
#include "solvers/imaging/ptychography/simulation/simulated_ptychogram.hpp"

namespace locum::apps {
namespace {

struct PtychographyBenchmarkConfig {
  int pixels = 64;
  int points = 16;
  std::string engine = "lsqml";
  bool whole_pixels = false;
  int modes = 1;
  bool refine = false;

  void visit(ConfigVisitor& v) {
    v.value({"pixels", "", "of a frame along each side", {16, 1024}}, pixels);
    v.value({"points", "", "of the scan along each side", {2, 512}}, points);
    v.value({"engine", "", "that is timed", {}, imaging::engine_names()}, engine);
    v.value({"whole_pixels", "", "positions without fractions"}, whole_pixels);
    v.value({"modes", "", "of the probe", {1, 32}}, modes);
    v.value({"refine", "", "the probe too"}, refine);
  }
};

Ptychogram experiment(const Context& context, const PtychographyBenchmarkConfig& config) {
  imaging::SimulatedPtychogramConfig simulation;
  simulation.pixels = config.pixels;
  simulation.probe.aberrations.defocus *= config.pixels / 64.0;
  simulation.scan.points = {config.points, config.points};
  simulation.scan.whole_pixels = config.whole_pixels;
  simulation.window.modes = config.modes;
  if (config.modes > 1) simulation.window.occupation.assign(static_cast<std::size_t>(config.modes), 1.0 / config.modes);
  return imaging::simulate_ptychogram(context, simulation, 0).data;
}

// Largest distance of a frame's change from F⁻¹ (√I / |F P O| − 1) F P O by the library's transforms, relative; the
// probe unmoved.
double difference_from_library(const Context& context, const Ptychogram& data) {
  Ptychogram one = data;
  const auto nx = static_cast<std::size_t>(data.nx), ny = static_cast<std::size_t>(data.ny);
  for (auto& p : one.position) p = {std::floor(p[0]), std::floor(p[1])};
  imaging::PtychographyConfig config;
  imaging::PtychographyFields fields(one, {0}, config, 1, 1, 0.0);
  // An object that scatters everywhere: where the model is dark its phase is made of roundings.
  std::vector<Ptychogram::Value> object(data.object_size());
  for (std::size_t k = 0; k < object.size(); ++k) {
    const double u = random::uniform(7, random::Stream::object, k, 0);
    object[k] = std::polar(1.0f, static_cast<float>(2.0 * u));
  }
  fields.set_object(object);
  double ignored = 0.0;
  if (fields.last() > fields.first()) fields.change_of(fields.hold(std::vector<int>{0}), ignored, ignored);
  std::vector<float> counts(data.window());
  one.frames->read(std::vector<int>{0}, counts);
  const fft::Waves<float> waves("waves", static_cast<std::size_t>(data.modes), nx, ny);
  const fft::Transform2d<float> transform(context.space, data.modes, data.nx, data.ny);
  const auto host = Kokkos::create_mirror_view(waves);
  const auto x0 = static_cast<std::size_t>(one.position[0][0]), y0 = static_cast<std::size_t>(one.position[0][1]);
  for (std::size_t k = 0; k < data.probe.size(); ++k) {
    const std::size_t x = k % data.window() / ny, y = k % ny;
    const Ptychogram::Value v = data.probe[k] * object[(x0 + x) * static_cast<std::size_t>(data.object_ny) + y0 + y];
    host.data()[k] = Kokkos::complex<float>(v.real(), v.imag());
  }
  Kokkos::deep_copy(waves, host);
  transform.forward(waves);
  Kokkos::deep_copy(host, waves);
  for (std::size_t k = 0; k < data.window(); ++k) {
    double model = 0.0;
    for (int m = 0; m < data.modes; ++m) {
      const auto v = host.data()[static_cast<std::size_t>(m) * data.window() + k];
      model += (static_cast<double>(v.real()) * v.real() + static_cast<double>(v.imag()) * v.imag()) /
               static_cast<double>(data.window());
    }
    const auto factor = static_cast<float>(std::sqrt(counts[k] / (model + 1e-12)) - 1.0);
    for (int m = 0; m < data.modes; ++m) host.data()[static_cast<std::size_t>(m) * data.window() + k] *= factor;
  }
  Kokkos::deep_copy(waves, host);
  transform.inverse(waves);
  Kokkos::deep_copy(host, waves);
  if (fields.last() == fields.first()) return 0.0;
  const imaging::Planes& change = fields.change();
  const auto ours = host_copy(change.values);
  const std::ptrdiff_t front = change.at(0) - change.values.data();
  double off = 0.0, all = 0.0;
  for (std::size_t m = 0; m < static_cast<std::size_t>(data.modes); ++m)
    for (std::size_t x = 0; x < nx; ++x)
      for (std::size_t y = 0; y < ny; ++y) {
        const float* a = ours.data() + front + 2 * m * change.plane() + x * static_cast<std::size_t>(change.stride) + y;
        const auto b = host.data()[(m * nx + x) * ny + y];
        off = std::max(off, static_cast<double>(std::hypot(a[0] - b.real(), a[change.plane()] - b.imag())));
        all = std::max(all, static_cast<double>(std::hypot(b.real(), b.imag())));
      }
  return off / all;
}

}  // namespace

BenchmarkResult benchmark_ptychography(const Context& context, const CommandLine& line) {
  linalg::set_threads(1);
  const PtychographyBenchmarkConfig config = benchmark_config<PtychographyBenchmarkConfig>(line);
  const Ptychogram data = experiment(context, config);
  BenchmarkResult result;
  const double difference = context.comm.max(difference_from_library(context, data));
  result.verified = difference < 1e-4;  // roundings of float, most where the model is dark and its phase uncertain
  result.check = fmt::format("a frame's change differs by {:.1e} from the one by the library's transforms", difference);
  imaging::PtychographyConfig settings;
  settings.engine = config.engine;
  settings.start = "flat";
  settings.tolerance = 0.0;
  settings.probe.refine = config.refine;
  settings.probe.from = 0;
  imaging::Reconstruction reconstruction(data, settings);
  std::vector<double> seconds;
  for (int turn = 0; turn <= timed_turns; ++turn) {
    const Stopwatch watch;
    reconstruction.advance();
    context.space.fence();
    if (turn > 0) seconds.push_back(context.comm.max(watch.seconds()));
    result.seconds += watch.seconds();
  }
  const double bare =
      bare_transform_rate<float>(context, config.pixels, config.pixels, device_is_host ? 16 : 512) / config.modes;
  result.rate = data.size() / median(seconds);
  result.unit = "frames·sweeps/s";
  result.bound_share = result.rate / (context.comm.size() * bare);
  result.bound = fmt::format(
      "two transforms of each frame by the library and nothing else, {:.3g}/s a rank; {}, {}² pixels, {} mode(s), {} "
      "frames{}",
      bare, config.engine, config.pixels, config.modes, data.size(), config.whole_pixels ? " on whole pixels" : "");
  return result;
}

}  // namespace locum::apps
