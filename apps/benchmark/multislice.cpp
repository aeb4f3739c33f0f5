// How fast slices are, against the library's transforms of the same size; and what the local mode saves and costs.
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
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/engines/local_engine.hpp"
#include "solvers/imaging/potential/slices.hpp"
#include "solvers/imaging/specimen/crystal.hpp"
#include "solvers/imaging/specimen/thermal.hpp"

namespace locum::apps {
namespace {

constexpr double pi = 3.14159265358979323846;

struct MultisliceBenchmarkConfig {
  std::string precision = "float";
  int points = 256;     // of the grid, along x and y
  int batch = 0;        // waves at a time; 0: as the engine chooses
  double depth = 54.0;  // Å of silicon [100]

  void visit(ConfigVisitor& v) {
    v.value({"precision", "", "of waves", {}, {"float", "double"}}, precision);
    v.value({"points", "", "of the grid, along each side", {16, 4096}}, points);
    v.value({"batch", "", "waves at a time; 0: as the engine chooses", {0, 1e5}}, batch);
    v.value({"depth", "Angstrom", "of silicon [100]", {5.0, 1e4}}, depth);
  }
};

// 27 × 27 Å of thermal silicon along [100], 0.08 Å; detectors as in the literature of 20 mrad STEM.
Specimen silicon(double depth) {
  imaging::CrystalConfig crystal;
  crystal.repeat = {5, 5, std::max<std::int64_t>(1, std::lround(depth / crystal.lattice_constant))};
  Specimen specimen = imaging::oriented(crystal);
  specimen.rms_displacement.assign(specimen.position.size(), 0.08);
  return specimen;
}

imaging::ScanSetup microscope(const Specimen& specimen, const MultisliceBenchmarkConfig& config) {
  imaging::ScanSetup setup;
  setup.grid = {config.points, config.points, specimen.lx, specimen.ly};
  setup.batch = config.batch;
  setup.memory = 8e9;
  const double limit = 0.999e3 * imaging::wavelength(setup.probe.energy) * setup.grid.band_limit();
  const struct {
    const char* name;
    double inner, outer;
  } detectors[] = {{"BF", 0, 10}, {"ABF", 10, 20}, {"ADF", 25, 50}, {"MAADF", 40, 70}, {"HAADF", 60, 78}};
  for (const auto& detector : detectors) {
    if (detector.inner > 0.9 * limit) continue;
    imaging::DetectorConfig annulus;
    annulus.kind = "annular";
    annulus.name = detector.name;
    annulus.inner = detector.inner;
    annulus.outer = std::min(detector.outer, limit);
    setup.detectors.push_back(annulus);
  }
  imaging::SliceConfig slices;
  slices.thickness = 1.3578;  // a quarter of silicon's cell
  setup.edges = imaging::slice_edges(specimen.lz, slices);
  return setup;
}

// ψ ← F⁻¹ A P F t ψ by the library's transforms, point by point as the textbook has it, on one wave.
template <class T>
void plain_slice(const imaging::Grid& grid, const imaging::Transmission<T>& transmission, int slice, double energy,
                 double thickness, const fft::Transform2d<T>& transform, const fft::Waves<T>& wave) {
  const double lambda = imaging::wavelength(energy), limit = grid.band_limit();
  transform.inverse(wave);
  const auto real = host_copy(wave);
  const View<const T*> numbers(transmission.slice(slice), transmission.layout().size());
  const auto function = host_copy(numbers);
  for (int x = 0; x < grid.nx; ++x)
    for (int y = 0; y < grid.ny; ++y) {
      const std::size_t at = transmission.layout().offset(x, y);
      real(0, x, y) *= fft::Complex<T>(function(at), function(at + transmission.layout().imaginary));
    }
  Kokkos::deep_copy(wave, real);
  transform.forward(wave);
  const auto reciprocal = host_copy(wave);
  for (int x = 0; x < grid.nx; ++x)
    for (int y = 0; y < grid.ny; ++y) {
      const double k = std::hypot(grid.kx(x), grid.ky(y));
      const auto factor = std::polar(k <= limit ? 1.0 : 0.0, -pi * lambda * thickness * k * k);
      reciprocal(0, x, y) *= fft::Complex<T>(static_cast<T>(factor.real()), static_cast<T>(factor.imag()));
    }
  Kokkos::deep_copy(wave, reciprocal);
}

// Relative distance of three slices by the engine's passes and by the plain loop.
template <class T>
double difference_from_plain(const Context& context, imaging::MultisliceEngine<T>& engine,
                             const imaging::ScanSetup& setup) {
  const imaging::Grid& grid = setup.grid;
  const auto n = static_cast<std::size_t>(grid.nx), m = static_cast<std::size_t>(grid.ny);
  const auto probe = imaging::to_device<T>(grid, imaging::make_probe(grid, setup.probe), "probe");
  fft::Waves<T> ours("ours", 1, n, m), plain("plain", 1, n, m);
  imaging::ProbePlacer<T>(grid, 1).place(context.space, probe, {{3.1, 4.7}}, ours);
  Kokkos::deep_copy(plain, ours);
  const auto& transmission = engine.store().get(0);
  const int slices = std::min(3, engine.multislice().slices());
  engine.multislice().enter(ours, 0, 1);
  engine.multislice().pass(transmission, 0, slices, 1);
  engine.multislice().leave(ours, 0, 1);
  const fft::Transform2d<T> transform(context.space, 1, grid.nx, grid.ny);
  for (int s = 0; s < slices; ++s)
    plain_slice(grid, transmission, s, setup.probe.energy,
                setup.edges[static_cast<std::size_t>(s) + 1] - setup.edges[static_cast<std::size_t>(s)], transform,
                plain);
  const auto a = host_copy(ours), b = host_copy(plain);
  double off = 0.0, all = 0.0;
  for (std::size_t x = 0; x < n; ++x)
    for (std::size_t y = 0; y < m; ++y) {
      off +=
          std::norm(std::complex<double>(a(0, x, y).real() - b(0, x, y).real(), a(0, x, y).imag() - b(0, x, y).imag()));
      all += std::norm(std::complex<double>(b(0, x, y).real(), b(0, x, y).imag()));
    }
  return std::sqrt(off / all);
}

template <class T>
BenchmarkResult time_slices(const Context& context, const MultisliceBenchmarkConfig& config) {
  const Specimen specimen = silicon(config.depth);
  const imaging::ScanSetup setup = microscope(specimen, config);
  imaging::MultisliceEngine<T> engine(context, setup, {1, [&](int c) { return imaging::displaced(specimen, 1, c); }});
  engine.prepare();
  BenchmarkResult result;
  const double difference = difference_from_plain(context, engine, setup);
  result.verified = difference < (sizeof(T) == 4 ? 3e-6 : 1e-14);  // some twenty roundings
  result.check =
      fmt::format("three slices differ by {:.1e} from the textbook's loop with the library's transforms", difference);

  const auto& multislice = engine.multislice();
  const int count = multislice.batch();
  fft::Waves<T> waves("waves", static_cast<std::size_t>(count), static_cast<std::size_t>(config.points),
                      static_cast<std::size_t>(config.points));
  const auto probe = imaging::to_device<T>(setup.grid, imaging::make_probe(setup.grid, setup.probe), "probe");
  const std::vector<imaging::Position> positions(static_cast<std::size_t>(count), imaging::Position{2.0, 3.0});
  imaging::ProbePlacer<T>(setup.grid, count).place(context.space, probe, positions, waves);
  std::vector<double> seconds;
  for (int turn = 0; turn <= timed_turns; ++turn) {
    multislice.enter(waves, 0, count);
    context.space.fence();
    const Stopwatch watch;
    multislice.pass(engine.store().get(0), 0, multislice.slices(), count);
    context.space.fence();
    if (turn > 0) seconds.push_back(context.comm.max(watch.seconds()));
    result.seconds += watch.seconds();
  }
  const double bare = bare_transform_rate<T>(context, setup.grid.nx, setup.grid.ny, count);
  const double one = static_cast<double>(count) * multislice.slices() / median(seconds);
  result.rate = context.comm.size() * one;
  result.unit = "probe·slices/s";
  result.bound_share = one / bare;
  result.bound = fmt::format(
      "two transforms by the library and nothing else, {:.3g}/s; {} × {} points, {} slices, "
      "batches of {}",
      bare, config.points, config.points, multislice.slices(), count);
  return result;
}

}  // namespace

BenchmarkResult benchmark_multislice(const Context& context, const CommandLine& line) {
  linalg::set_threads(1);
  const MultisliceBenchmarkConfig config = benchmark_config<MultisliceBenchmarkConfig>(line);
  return config.precision == "float" ? time_slices<float>(context, config) : time_slices<double>(context, config);
}

BenchmarkResult benchmark_local_mode(const Context& context, const CommandLine& line) {
  linalg::set_threads(1);
  const MultisliceBenchmarkConfig config = benchmark_config<MultisliceBenchmarkConfig>(line);
  const Specimen specimen = silicon(config.depth);
  const imaging::ScanSetup setup = microscope(specimen, config);
  // The calibration takes eight configurations of twelve; 2, 5, 8 and 11 it never sees.
  const imaging::Configurations configurations{12, [&](int c) { return imaging::displaced(specimen, 1, c); }};
  std::vector<imaging::Position> scan;
  for (int x = 0; x < 16; ++x)
    for (int y = 0; y < 16; ++y) scan.push_back({1.7 + 10.862 * x / 16, 0.9 + 10.862 * y / 16});
  imaging::LocalEngine<float> local(context, setup, {}, configurations, scan);
  imaging::MultisliceEngine<float> full(context, setup, configurations);
  local.prepare();
  full.prepare();

  const auto channels = static_cast<std::size_t>(local.channels());
  std::vector<double> truth(scan.size() * channels), answer(truth.size()), worst(channels), mean(channels);
  double full_seconds = 0.0, local_seconds = 0.0;
  for (const int unseen : {2, 5, 8, 11}) {
    const Stopwatch slow;
    full.scan(unseen, scan, truth, {});
    full_seconds += slow.seconds();
    const Stopwatch quick;
    local.scan(unseen, scan, answer, {});
    local_seconds += quick.seconds();
    for (std::size_t k = 0; k < channels; ++k) {
      double square = 0.0, sum = 0.0;
      for (std::size_t n = 0; n < scan.size(); ++n) {
        square += std::pow(answer[n * channels + k] - truth[n * channels + k], 2);
        sum += truth[n * channels + k];
      }
      const double relative = std::sqrt(square * static_cast<double>(scan.size())) / sum;
      worst[k] = std::max(worst[k], relative);
      mean[k] += relative / 4;
    }
  }
  BenchmarkResult result;
  result.verified = true;
  for (std::size_t k = 0; k < channels; ++k) {
    const double bound = local.calibration().errors()[k].bound;
    result.verified = result.verified && worst[k] <= bound;
    log::info(fmt::format("  {:<6} unseen configurations: worst {:.2f} %, mean {:.2f} %; printed bound {:.2f} %",
                          setup.detectors[k].name, 100 * worst[k], 100 * mean[k], 100 * bound));
  }
  result.check = "every detector's relative error on four unseen configurations is within the bound that was printed";
  result.rate = full_seconds / local_seconds;
  result.unit = "times full multislice's speed";
  result.bound =
      fmt::format("{:.3g} ms a probe by {} slices of {}², {:.3g} ms in windows of {}²; calibration {:.1f} s, {} probes",
                  1e3 * full_seconds / (4.0 * static_cast<double>(scan.size())), setup.edges.size() - 1, config.points,
                  1e3 * local_seconds / (4.0 * static_cast<double>(scan.size())), local.window().nx,
                  local.calibration_seconds(), local.calibration_probes());
  result.seconds = full_seconds + local_seconds;
  return result;
}

}  // namespace locum::apps
