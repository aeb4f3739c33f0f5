#include "solvers/imaging/detectors/detector_set_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

constexpr double rounding = 1e-9;  // relative: a number typed to meet a bound meets it

// Angles in units of the convergence; outer 0: the band limit.
struct Kind {
  const char* name;
  double inner, outer;
};
constexpr Kind kinds_by_convergence[] = {
    {"bf", 0.0, 0.5}, {"abf", 0.5, 1.0}, {"adf", 1.25, 2.5}, {"maadf", 2.0, 3.5}, {"haadf", 3.0, 10.0}};

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> known = {"annular", "bf",        "abf", "adf",    "maadf",
                                                 "haadf",   "segmented", "com", "radial", "pixelated"};
  return known;
}

bool is_one_of(const std::string& word, const std::vector<std::string>& known) {
  return std::find(known.begin(), known.end(), word) != known.end();
}

std::string where(const DetectorConfig& config) {
  return "detector " + (config.name.empty() ? config.kind : config.name);
}

void take_default_angles(DetectorConfig& config, double convergence, double band_limit) {
  for (const auto& kind : kinds_by_convergence) {
    if (config.kind != kind.name || (config.inner >= 0.0 && config.outer >= 0.0)) continue;
    if (!(convergence > 0.0))
      throw ConfigError("a plane wave has no convergence to take the detector's angles from", where(config),
                        "give inner and outer, mrad");
    if (config.inner < 0.0) config.inner = kind.inner * convergence;
    if (config.outer < 0.0)
      config.outer = config.kind == "haadf" ? std::min(kind.outer * convergence, band_limit) : kind.outer * convergence;
    return;
  }
  if (config.kind == "annular" && (config.inner < 0.0 || config.outer < 0.0))
    throw ConfigError(fmt::format("an annular detector has inner {} and outer {} mrad, both were expected",
                                  config.inner, config.outer),
                      where(config));
  if (config.inner < 0.0) config.inner = 0.0;
  if (config.outer < 0.0) {
    config.outer = band_limit;
    // Whole rings only, so that all of them are alike.
    if (config.kind == "radial" && band_limit > config.inner)
      config.outer =
          config.inner + config.width * std::max(1.0, std::floor((band_limit - config.inner) / config.width));
  }
}

}  // namespace

void DetectorConfig::visit(ConfigVisitor& v) {
  v.value({"kind",
           "",
           "annular, or bf, abf, adf, maadf, haadf with their own angles; segmented; com: centre of mass; "
           "radial: rings; pixelated: the pattern",
           {},
           kinds()},
          kind);
  v.value({"name", "", "of the dataset; empty: the kind"}, name);
  v.value({"inner", "mrad", "-1: the kind's own, by the convergence", {-1.0, 2000.0}}, inner);
  v.value({"outer", "mrad", "-1: the kind's own, or the band limit; of pixelated: half the side", {-1.0, 2000.0}},
          outer);
  v.value({"rings", "", "of segmented, equally wide", {1, 1000}}, rings);
  v.value({"segments", "", "of segmented", {1, 1000}}, segments);
  v.value({"rotation", "degree", "from x towards y, where the first segment begins", {-360.0, 360.0}}, rotation);
  v.value({"width", "mrad", "of a ring of radial", {1e-6, 2000.0}}, width);
  v.value({"bin", "", "of pixelated: grid points along each side that make one pixel", {1, 1024}}, bin);
  v.value({"unit", "", "of com", {}, {"mrad", "1/Angstrom"}}, unit);
  v.value({"coverage",
           "",
           "hard: pixels by their centre; partial: by their area; auto: partial for segmented only",
           {},
           {"auto", "hard", "partial"}},
          coverage);
}

void DetectorConfig::validate() const {
  if (!is_one_of(kind, kinds())) {
    const auto nearest = nearest_word(kind, kinds());
    throw ConfigError("there is no detector of kind '" + kind + "'", where(*this),
                      nearest.empty() ? "see the reference of options" : "did you mean '" + nearest + "'?");
  }
  if (inner >= 0.0 && outer >= 0.0 && !(outer > inner))
    throw ConfigError(
        fmt::format("the detector goes from {} to {} mrad, an outer angle above the inner was expected", inner, outer),
        where(*this));
  if (rings < 1 || segments < 1 || bin < 1)
    throw ConfigError(
        fmt::format("rings, segments and bin are {}, {} and {}, 1 or more were expected", rings, segments, bin),
        where(*this));
  if (!(width > 0.0)) throw ConfigError(fmt::format("width is {} mrad, above 0 was expected", width), where(*this));
  if (unit != "mrad" && unit != "1/Angstrom")
    throw ConfigError("the unit is '" + unit + "', mrad or 1/Angstrom was expected", where(*this));
  if (!is_one_of(coverage, {"auto", "hard", "partial"}))
    throw ConfigError("the coverage is '" + coverage + "', auto, hard or partial was expected", where(*this));
  if (kind == "pixelated" && inner > 0.0)
    throw ConfigError(fmt::format("a pixelated detector has an inner angle of {} mrad, none was expected", inner),
                      where(*this));
}

DetectorConfig resolve(const DetectorConfig& config, double convergence, double band_limit, double spacing) {
  config.validate();
  DetectorConfig full = config;
  if (full.name.empty()) full.name = full.kind;
  take_default_angles(full, convergence, band_limit);
  if (full.outer > band_limit * (1.0 + rounding))
    throw ConfigError(
        fmt::format("the detector reaches {:.6g} mrad, the band limit of the grid is {:.6g} mrad", full.outer,
                    band_limit),
        where(full),
        fmt::format("sample at {:.4g} Å instead of {:.4g} Å, or take an outer angle within the band limit",
                    spacing * band_limit / full.outer, spacing));
  if (!(full.outer > full.inner))
    throw ConfigError(fmt::format("the detector goes from {:.6g} to {:.6g} mrad with a band limit of {:.6g} mrad",
                                  full.inner, full.outer, band_limit),
                      where(full),
                      fmt::format("sample at {:.4g} Å or finer instead of {:.4g} Å to reach beyond the inner angle",
                                  spacing * band_limit / (1.25 * full.inner), spacing));
  if (full.kind == "radial") {
    const double rings = (full.outer - full.inner) / full.width;
    if (std::abs(rings - std::round(rings)) > 1e-6 || rings < 0.5)
      throw ConfigError(
          fmt::format("{:.6g} … {:.6g} mrad hold {:.6g} rings of {:.6g} mrad, a whole number was expected", full.inner,
                      full.outer, rings, full.width),
          where(full),
          fmt::format("outer = {:.6g} would do", full.inner + full.width * std::max(1.0, std::floor(rings + 1e-6))));
  }
  return full;
}

}  // namespace locum::imaging
