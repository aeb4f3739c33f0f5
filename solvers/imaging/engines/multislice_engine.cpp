#include "solvers/imaging/engines/multislice_engine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/potential/slices.hpp"

namespace locum::imaging {
namespace {

int batch_of(const ScanSetup& setup) { return setup.batch > 0 ? setup.batch : default_batch(setup.grid); }

}  // namespace

template <class T>
MultisliceEngine<T>::MultisliceEngine(const Context& context, const ScanSetup& setup,
                                      const Configurations& configurations)
    : context_(context),
      detectors_(setup.grid, setup.probe.energy, setup.probe.convergence, setup.detectors),
      multislice_(context.space, setup.grid, setup.probe.energy, slice_thicknesses(setup.edges), {0.0, 0.0},
                  batch_of(setup)),
      store_(context, setup.grid, setup.probe.energy, setup.potential, setup.edges,
             FunctionLayout<T>::tiles(setup.grid), configurations, setup.memory),
      focus_(focal_quadrature(focal_spread(setup.coherence, setup.probe.energy), setup.coherence.focal_points)),
      placer_(setup.grid, multislice_.batch()),
      waves_(uninitialized("imaging::probes"), static_cast<std::size_t>(multislice_.batch()),
             static_cast<std::size_t>(setup.grid.nx), static_cast<std::size_t>(setup.grid.ny)),
      sums_("imaging::sums", static_cast<std::size_t>(multislice_.batch()),
            static_cast<std::size_t>(detectors_.channels())),
      patterns_("imaging::patterns", static_cast<std::size_t>(multislice_.batch()),
                static_cast<std::size_t>(pattern_of(detectors_)[0]),
                static_cast<std::size_t>(pattern_of(detectors_)[1])) {
  for (const FocalPoint& point : focus_)
    probe_.push_back(to_device<T>(setup.grid, make_probe(setup.grid, setup.probe, point.focus), "imaging::probe"));
}

template <class T>
std::array<int, 2> MultisliceEngine<T>::pattern() const {
  return pattern_of(detectors_);
}

template <class T>
EngineMemory MultisliceEngine<T>::memory() const {
  EngineMemory memory = store_.memory();
  const Grid& grid = multislice_.grid();
  memory.rank += Multislice<T>::bytes(grid, multislice_.batch()) +
                 2.0 * sizeof(T) * grid.nx * grid.ny * (multislice_.batch() + static_cast<double>(probe_.size())) +
                 static_cast<double>(patterns_.size() * sizeof(T));
  return memory;
}

template <class T>
void MultisliceEngine<T>::scan(int configuration, std::span<const Position> positions, std::span<double> signal,
                               std::span<float> pattern) {
  check_scan(*this, positions.size(), signal.size(), pattern.size());
  const Transmission<T>& transmission = store_.get(configuration);
  const std::size_t pixels = patterns_.extent(1) * patterns_.extent(2), channels = sums_.extent(1);
  for (std::size_t first = 0; first < positions.size(); first += static_cast<std::size_t>(multislice_.batch())) {
    const std::size_t n = std::min(positions.size() - first, static_cast<std::size_t>(multislice_.batch()));
    const int count = static_cast<int>(n);
    const std::vector<Position> here(positions.begin() + static_cast<std::ptrdiff_t>(first),
                                     positions.begin() + static_cast<std::ptrdiff_t>(first + n));
    Kokkos::deep_copy(context_.space, sums_, 0.0);
    Kokkos::deep_copy(context_.space, patterns_, T(0));
    for (std::size_t f = 0; f < focus_.size(); ++f) {
      placer_.place(context_.space, probe_[f], here, waves_);
      multislice_.enter(waves_, 0, count);
      multislice_.pass(transmission, 0, multislice_.slices(), count);
      multislice_.leave(waves_, 0, count);
      detectors_.add_channels<T>(context_.space, waves_, count, focus_[f].weight, sums_);
      if (pixels > 0) detectors_.add_pattern<T>(context_.space, 0, waves_, count, focus_[f].weight, patterns_);
    }
    context_.space.fence();
    const auto sums_host = host_copy(sums_);
    std::copy_n(sums_host.data(), n * channels, signal.begin() + static_cast<std::ptrdiff_t>(first * channels));
    if (pixels == 0) continue;
    const auto patterns_host = host_copy(patterns_);
    std::copy_n(patterns_host.data(), n * pixels, pattern.begin() + static_cast<std::ptrdiff_t>(first * pixels));
  }
}

std::array<int, 2> pattern_of(const DetectorSet& detectors) {
  if (detectors.patterns().empty()) return {0, 0};
  if (detectors.patterns().size() > 1)
    throw ConfigError(
        fmt::format("{} pixelated detectors were given, one was expected at most", detectors.patterns().size()),
        "detectors", "run the others by themselves");
  return {detectors.patterns()[0].nx, detectors.patterns()[0].ny};
}

void check_scan(const ScanEngine& engine, std::size_t n, std::size_t signal, std::size_t pattern) {
  const auto [qx, qy] = engine.pattern();
  const std::size_t channels = n * static_cast<std::size_t>(engine.channels());
  const std::size_t pixels = n * static_cast<std::size_t>(qx) * static_cast<std::size_t>(qy);
  if (signal != channels || pattern != pixels)
    throw ConfigError(fmt::format("{} probes were given room for {} signals and {} pixels, {} and {} were expected", n,
                                  signal, pattern, channels, pixels),
                      "imaging.scan");
}

template class MultisliceEngine<float>;
template class MultisliceEngine<double>;

}  // namespace locum::imaging
