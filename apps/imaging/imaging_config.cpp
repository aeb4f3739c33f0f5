#include "apps/imaging/imaging_config.hpp"

#include <fmt/format.h>

#include <cmath>

#include "apps/imaging/engine.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/fft/transform.hpp"

namespace locum::apps {
namespace {

bool transforms_fast(std::int64_t n) {
  for (const std::int64_t prime : {2, 3, 5, 7})
    while (n % prime == 0) n /= prime;
  return n == 1;
}

}  // namespace

void MethodConfig::visit(ConfigVisitor& v) {
  v.value({"mode",
           "",
           "stem: probes of a scan, their patterns and images; hrtem: images of a plane wave",
           {},
           {"stem", "hrtem"}},
          mode);
  v.value({"method", "", "how waves go through the specimen", {}, engine_names()}, method);
  v.value({"precision", "", "of the waves", {}, {"float", "double"}}, precision);
  v.value({"memory_GiB", "GiB", "that the ranks of a node may take together; 0: what the node has left", {0.0, 1e6}},
          memory_GiB);
  v.value({"batch", "", "waves that go through the slices at a time; 0: what suits the processor", {0, 1e5}}, batch);
}

void GridConfig::visit(ConfigVisitor& v) {
  v.value(
      {"sampling", "Angstrom", "largest spacing of the grid; angles to lambda / (3 sampling) are kept", {1e-3, 1.0}},
      sampling);
  v.value({"points", "", "along x and y, instead of the sampling; prime factors up to 7", {2, 1e5}}, points);
}

void GridConfig::validate() const {
  if (!points.empty() && points.size() != 2)
    throw ConfigError(fmt::format("{} numbers were found, two were expected", points.size()), "grid.points",
                      "points along x and along y");
  for (const std::int64_t n : points)
    if (!transforms_fast(n))
      throw ConfigError(fmt::format("{} points have a prime factor above 7", n), "grid.points",
                        fmt::format("{} would do", fft::good_size(static_cast<int>(n))));
}

imaging::Grid make_grid(const GridConfig& config, double lx, double ly) {
  config.validate();
  if (!config.points.empty()) return {static_cast<int>(config.points[0]), static_cast<int>(config.points[1]), lx, ly};
  const auto points = [&](double length) {
    const double least = std::ceil(length / config.sampling - 1e-6);
    if (!(least < 1e5))
      throw ConfigError(fmt::format("{:.6g} Å sampled by {} Å makes {:.3g} points, fewer than 1e5 were expected",
                                    length, config.sampling, least),
                        "grid.sampling");
    return fft::good_size(std::max(2, static_cast<int>(least)));
  };
  return {points(lx), points(ly), lx, ly};
}

void HrtemConfig::visit(ConfigVisitor& v) {
  v.section({"objective", "", "lens and aperture behind the specimen"}, objective);
  v.value({"depths", "Angstrom", "of a thickness series, besides the exit; the nearest slices are taken", {0.0, 1e6}},
          depths);
  v.value({"exit_waves", "", "keep each configuration's waves too"}, exit_waves);
}

void HrtemConfig::validate() const { objective.validate(); }

void ImagingOutputConfig::visit(ConfigVisitor& v) {
  v.value({"tile", "probes", "handed out, written and marked together; 0: chosen by the scan's size", {0, 1e9}}, tile);
  v.value({"each_configuration", "", "keep the images of every configuration, besides their mean and its error"},
          each_configuration);
  v.value({"pictures", "", "write PNG and TIFF files of the images"}, pictures);
}

void ImagingConfig::visit(ConfigVisitor& v) {
  v.value({"title", "", "of the run"}, title);
  v.value({"seed", "", "of the thermal displacements", {0, 9e15}}, seed);
  v.section({"imaging", "", "how the images are computed; this section makes an input one for images"}, imaging);
  v.section({"specimen", "", "what the beam goes through"}, specimen);
  v.section({"thermal", "", "frozen phonons: how the atoms swing"}, thermal);
  v.section({"grid", "", "across the beam"}, grid);
  v.section({"microscope", "", "the probe: energy, convergence, aberrations"}, microscope);
  v.section({"potential", "", "of the atoms"}, potential);
  v.section({"slices", "", "across the beam"}, slices);
  v.section({"prism", "", "method prism: plane waves once, probes as their sums"}, prism);
  v.section({"local", "", "method local: probes in a window, calibrated against the full solver"}, local);
  v.section({"scan", "", "where the probe goes"}, scan);
  v.sections({"detectors", "", "what is recorded"}, detectors);
  v.section({"coherence", "", "focal spread and size of the source"}, coherence);
  v.section({"dose", "", "electrons that are counted"}, dose);
  v.section({"hrtem", "", "mode hrtem"}, hrtem);
  v.section({"output", "", "what is written"}, output);
  v.section({"energy", "", "how the energy that the run takes is known"}, energy);
}

void ImagingConfig::validate() const {
  specimen.validate();
  thermal.validate();
  grid.validate();
  microscope.validate();
  potential.validate();
  slices.validate();
  prism.validate();
  local.validate();
  hrtem.validate();
  scan.validate();
  if (detectors.empty()) throw ConfigError("nothing is recorded", "detectors", "add [[detectors]] with a kind");
  for (const auto& detector : detectors) detector.validate();
  coherence.validate();
  dose.validate();
  energy.validate();
  if (coherence.source_size > 0.0 && scan.kind == "points")
    throw ConfigError(fmt::format("a source of {} Å has no meaning for single points", coherence.source_size),
                      "coherence.source_size", "it is folded in along a raster or a line");
}

}  // namespace locum::apps
