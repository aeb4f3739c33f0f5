#include "solvers/imaging/engines/local_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/potential/slices.hpp"

namespace locum::imaging {
namespace {

constexpr int window_batch = device_is_host ? 8 : 2048;  // windows of neighbouring probes share the cache
constexpr int feature_rings = 22;                        // of equal width up to the band limit

// Every `coarsening`-th edge, and the last.
std::vector<double> coarse(const std::vector<double>& edges, int coarsening) {
  std::vector<double> list;
  for (std::size_t k = 0; k + 1 < edges.size(); k += static_cast<std::size_t>(coarsening)) list.push_back(edges[k]);
  list.push_back(edges.back());
  return list;
}

std::vector<DetectorConfig> with_rings(std::vector<DetectorConfig> detectors, const Grid& window, double energy) {
  for (const DetectorConfig& detector : detectors)
    if (detector.kind == "pixelated")
      throw ConfigError("the local mode has no diffraction patterns: its windows see other frequencies",
                        "detectors." + (detector.name.empty() ? detector.kind : detector.name),
                        "imaging.method = \"multislice\" or \"prism\" keeps patterns");
  DetectorConfig rings;
  rings.kind = "radial";
  rings.name = "rings of the local mode";
  rings.width = 1e3 * wavelength(energy) * window.band_limit() / feature_rings;
  detectors.push_back(rings);
  return detectors;
}

Configurations chosen_of(const Configurations& all, int count) {
  // Spread evenly, so that the frames of a trajectory are not all early ones.
  return {count,
          [all, count](int k) { return all.get(static_cast<int>(static_cast<std::int64_t>(k) * all.count / count)); }};
}

}  // namespace

template <class T>
LocalEngine<T>::LocalEngine(const Context& context, const ScanSetup& setup, const LocalConfig& local,
                            const Configurations& configurations, std::vector<Position> candidates)
    : context_(context),
      setup_(setup),
      local_(local),
      configurations_(configurations),
      candidates_(std::move(candidates)),
      channels_(DetectorSet(setup.grid, setup.probe.energy, setup.probe.convergence, setup.detectors).channels()),
      windows_(context.space, setup.grid, {local.window, local.window}, setup.probe.energy,
               slice_thicknesses(coarse(setup.edges, local.coarsening)), window_batch),
      features_(windows_.window(), setup.probe.energy, setup.probe.convergence,
                with_rings(setup.detectors, windows_.window(), setup.probe.energy)),
      store_(context, setup.grid, setup.probe.energy, setup.potential, coarse(setup.edges, local.coarsening),
             windows_.layout(), configurations, setup.memory),
      focus_(focal_quadrature(focal_spread(setup.coherence, setup.probe.energy), setup.coherence.focal_points)),
      waves_(uninitialized("imaging::windows"), static_cast<std::size_t>(window_batch),
             static_cast<std::size_t>(windows_.window().nx), static_cast<std::size_t>(windows_.window().ny)),
      sums_("imaging::window::sums", static_cast<std::size_t>(window_batch),
            static_cast<std::size_t>(features_.channels())) {
  local.validate();
  if (configurations.count < 2)
    throw ConfigError(
        "the local mode was given one configuration, 2 or more were expected: its error is measured on those "
        "that the calibration leaves out",
        "local");
  if (candidates_.empty()) throw ConfigError("the local mode was given no positions to calibrate at", "local");
  for (const FocalPoint& point : focus_)
    probe_.push_back(to_device<T>(windows_.window(), make_probe(windows_.window(), setup.probe, point.focus),
                                  "imaging::window::probe"));
}

template <class T>
int LocalEngine<T>::calibration_probes() const {
  const int groups = std::min(local_.configurations, configurations_.count);
  return std::max(local_.probes / groups, 1) * groups;
}

template <class T>
EngineMemory LocalEngine<T>::memory() const {
  EngineMemory memory = store_.memory();
  memory.rank += windows_.bytes() + Multislice<T>::bytes(setup_.grid, default_batch(setup_.grid));
  return memory;
}

template <class T>
void LocalEngine<T>::prepare() {
  store_.prepare();
  const Stopwatch watch;
  calibrate();
  calibration_seconds_ = watch.seconds();
}

// Samples are shared out among the ranks, and every rank fits the same numbers: each comes from one rank alone.
template <class T>
void LocalEngine<T>::calibrate() {
  const int groups = std::min(local_.configurations, configurations_.count);
  const int each = calibration_probes() / groups;
  CalibrationSamples samples{features_.channels(), channels_, {}, {}, {}};
  const auto n = static_cast<std::size_t>(groups * each), p = static_cast<std::size_t>(samples.features),
             c = static_cast<std::size_t>(samples.outputs);
  samples.x.assign(n * p, 0.0);
  samples.y.assign(n * c, 0.0);
  for (int g = 0; g < groups; ++g) samples.group.insert(samples.group.end(), static_cast<std::size_t>(each), g);

  const Configurations chosen = chosen_of(configurations_, groups);
  MultisliceEngine<T> full(context_, setup_, chosen);
  full.prepare();
  const int ranks = context_.comm.size(), rank = context_.comm.rank();
  for (int g = 0; g < groups; ++g) {
    const int configuration = static_cast<int>(static_cast<std::int64_t>(g) * configurations_.count / groups);
    const int first = each * rank / ranks, last = each * (rank + 1) / ranks;
    std::vector<Position> positions;
    for (int k = first; k < last; ++k) {
      const double where =
          random::uniform(context_.seed, random::Stream::shuffle, static_cast<std::uint64_t>(g * each + k), 0);
      positions.push_back(candidates_[static_cast<std::size_t>(where * static_cast<double>(candidates_.size()))]);
    }
    const auto begin = static_cast<std::size_t>(g * each + first), count = positions.size();
    see(configuration, positions, std::span(samples.x).subspan(begin * p, count * p));
    full.scan(g, positions, std::span(samples.y).subspan(begin * c, count * c), {});
  }
  context_.comm.sum(std::span(samples.x));
  context_.comm.sum(std::span(samples.y));
  calibration_ = LinearCalibration(samples);
}

template <class T>
void LocalEngine<T>::see(int configuration, std::span<const Position> positions, std::span<double> features) {
  const Transmission<T>& transmission = store_.get(configuration);
  const std::size_t p = sums_.extent(1);
  for (std::size_t first = 0; first < positions.size(); first += window_batch) {
    const auto here = positions.subspan(first, std::min<std::size_t>(window_batch, positions.size() - first));
    Kokkos::deep_copy(context_.space, sums_, 0.0);
    for (std::size_t f = 0; f < focus_.size(); ++f) {
      windows_.run(transmission, probe_[f], here, waves_);
      features_.add_channels<T>(context_.space, waves_, static_cast<int>(here.size()), focus_[f].weight, sums_);
    }
    context_.space.fence();
    const auto sums_host = host_copy(sums_);
    std::copy_n(sums_host.data(), here.size() * p, features.begin() + static_cast<std::ptrdiff_t>(first * p));
  }
}

template <class T>
void LocalEngine<T>::scan(int configuration, std::span<const Position> positions, std::span<double> signal,
                          std::span<float> pattern) {
  check_scan(*this, positions.size(), signal.size(), pattern.size());
  const std::size_t p = sums_.extent(1), c = static_cast<std::size_t>(channels_);
  std::vector<double> features(positions.size() * p);
  see(configuration, positions, features);
  for (std::size_t k = 0; k < positions.size(); ++k) calibration_.apply(&features[k * p], &signal[k * c]);
}

template <class T>
void LocalEngine<T>::scan_with_error(int configuration, std::span<const Position> positions, std::span<double> signal,
                                     std::span<double> errors) {
  check_scan(*this, positions.size(), signal.size(), 0);
  const std::size_t p = sums_.extent(1), c = static_cast<std::size_t>(channels_);
  std::vector<double> features(positions.size() * p);
  see(configuration, positions, features);
  double worst = 0.0;
  for (const ChannelError& error : calibration_.errors()) worst = std::max(worst, error.relative);
  for (std::size_t k = 0; k < positions.size(); ++k) {
    calibration_.apply(&features[k * p], &signal[k * c]);
    errors[k] = worst * std::sqrt(calibration_.leverage(&features[k * p]));
  }
}

template class LocalEngine<float>;
template class LocalEngine<double>;

}  // namespace locum::imaging
