#include "solvers/imaging/detectors/dose.hpp"

#include <fmt/format.h>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

constexpr double most = 4e9;       // leaves room above the mean below 2³²
constexpr int dataset_shift = 40;  // of the 48 bits that name a pixel

}  // namespace

void DoseConfig::visit(ConfigVisitor& v) {
  v.value({"per_area", "electrons/Angstrom^2", "dose; 0: no counting, images are fractions of the beam", {0.0, 1e12}},
          per_area);
  v.value({"per_probe", "electrons", "at each probe position, instead of per_area", {0.0, most}}, per_probe);
  v.value({"seed", "", "of the counts", {0, 9e15}}, seed);
}

void DoseConfig::validate() const {
  if (!(per_area >= 0.0 && per_probe >= 0.0))
    throw ConfigError(
        fmt::format("the dose is {} electrons/Å² or {} per probe, 0 or more was expected", per_area, per_probe),
        "dose");
  if (per_area > 0.0 && per_probe > 0.0)
    throw ConfigError(fmt::format("a dose of {} electrons/Å² and one of {} per probe were given, one of the two was "
                                  "expected",
                                  per_area, per_probe),
                      "dose");
  if (seed < 0) throw ConfigError(fmt::format("the seed is {}, 0 or more was expected", seed), "dose.seed");
}

double electrons_per_probe(const DoseConfig& config, double area) {
  config.validate();
  if (config.per_area > 0.0 && !(area > 0.0))
    throw ConfigError(
        fmt::format("a dose of {} electrons/Å² was given, but positions have no area here", config.per_area),
        "dose.per_area", "lines and points take dose.per_probe");
  const double electrons = config.per_area > 0.0 ? config.per_area * area : config.per_probe;
  if (electrons > most)
    throw ConfigError(fmt::format("{:.4g} electrons a probe were asked for, counts hold {:.0e}", electrons, most),
                      "dose", "at such doses noise is below 2e-5: leave the dose out");
  return electrons;
}

template <class T>
void count_electrons(std::span<const T> fraction, std::size_t pixels, double electrons, const CountKey& key,
                     std::span<std::uint32_t> counts) {
  if (fraction.size() != counts.size() || pixels == 0 || fraction.size() % pixels != 0)
    throw ConfigError(fmt::format("{} fractions into {} counts in rows of {}", fraction.size(), counts.size(), pixels),
                      "imaging.dose");
  for (std::size_t e = 0; e < fraction.size(); ++e) {
    const double mean = electrons * static_cast<double>(fraction[e]);
    const std::uint64_t probe = key.first_probe + e / pixels, pixel = e % pixels;
    if (!(mean <= most))
      throw NumericalError(
          fmt::format("pixel {} of probe {} is to count {:.4g} electrons, at most {:.0e} were expected", pixel, probe,
                      mean, most),
          "imaging.dose");
    counts[e] = poisson(mean, key.seed, pixel | std::uint64_t(key.dataset) << dataset_shift, probe);
  }
}

template <class T>
void count_electrons(const ExecutionSpace& space,
                     const Kokkos::View<const T**, Kokkos::LayoutRight, MemorySpace>& fraction, int rows,
                     double electrons, const CountKey& key,
                     const Kokkos::View<std::uint32_t**, Kokkos::LayoutRight, MemorySpace>& counts) {
  const int pixels = fraction.extent_int(1);
  if (fraction.extent_int(0) < rows || counts.extent_int(0) < rows || counts.extent_int(1) != pixels)
    throw ConfigError(fmt::format("fractions of shape ({}, {}) into counts of shape ({}, {}), {} rows of them",
                                  fraction.extent(0), fraction.extent(1), counts.extent(0), counts.extent(1), rows),
                      "imaging.dose");
  const CountKey k = key;
  Kokkos::parallel_for(
      "imaging_count_electrons",
      Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<2, Kokkos::Iterate::Right, Kokkos::Iterate::Right>,
                            Kokkos::IndexType<int>>(space, {0, 0}, {rows, pixels}),
      KOKKOS_LAMBDA(int p, int i) {
        counts(p, i) = poisson(electrons * double(fraction(p, i)), k.seed,
                               std::uint64_t(i) | std::uint64_t(k.dataset) << dataset_shift, k.first_probe + p);
      });
}

template void count_electrons<float>(std::span<const float>, std::size_t, double, const CountKey&,
                                     std::span<std::uint32_t>);
template void count_electrons<double>(std::span<const double>, std::size_t, double, const CountKey&,
                                      std::span<std::uint32_t>);
template void count_electrons<float>(const ExecutionSpace&,
                                     const Kokkos::View<const float**, Kokkos::LayoutRight, MemorySpace>&, int, double,
                                     const CountKey&,
                                     const Kokkos::View<std::uint32_t**, Kokkos::LayoutRight, MemorySpace>&);
template void count_electrons<double>(const ExecutionSpace&,
                                      const Kokkos::View<const double**, Kokkos::LayoutRight, MemorySpace>&, int,
                                      double, const CountKey&,
                                      const Kokkos::View<std::uint32_t**, Kokkos::LayoutRight, MemorySpace>&);

}  // namespace locum::imaging
