#include "apps/imaging/without_effect.hpp"

#include <fmt/format.h>

#include "io/toml/toml.hpp"

namespace locum::apps {
namespace {

// A default that was written into the input is like one that was not.
template <class T>
bool differs(T value, T standard) {
  return io::to_toml(value) != io::to_toml(standard);
}

bool given(std::vector<imaging::DetectorConfig> detectors) {
  return detectors.size() != 1 || differs(detectors.front(), imaging::DetectorConfig{});
}

}  // namespace

std::vector<std::string> without_effect(ImagingConfig config) {
  const ImagingConfig standard;
  const bool plane = config.imaging.mode == "hrtem";
  std::vector<std::string> all;
  const auto say = [&](bool idle, const std::string& key, const std::string& why) {
    if (idle) all.push_back(fmt::format("{} has no effect in mode {}: {}", key, config.imaging.mode, why));
  };
  if (!plane) {
    say(config.coherence.illumination != 0.0, "coherence.illumination", "a probe's is its convergence");
    say(differs(config.hrtem, standard.hrtem), "[hrtem]", "imaging.mode = \"hrtem\" takes it");
    return all;
  }
  say(config.imaging.method != standard.imaging.method, "imaging.method",
      "a plane wave goes through full multislice always");
  say(config.imaging.batch != standard.imaging.batch, "imaging.batch", "a configuration is one wave");
  say(differs(config.scan, standard.scan), "[scan]", "a plane wave is everywhere");
  say(given(config.detectors), "[[detectors]]", "the image is the detector");
  say(config.microscope.convergence != standard.microscope.convergence ||
          config.microscope.edge != standard.microscope.edge,
      "microscope.convergence or edge", "the wave is plane; coherence.illumination spreads its direction");
  say(differs(config.microscope.aberrations, standard.microscope.aberrations), "[microscope.aberrations]",
      "the lens is in [hrtem.objective.aberrations]");
  say(config.coherence.source_size != 0.0, "coherence.source_size", "coherence.illumination takes its place");
  say(config.output.tile != standard.output.tile, "output.tile", "configurations are handed out");
  say(config.output.each_configuration, "output.each_configuration", "every configuration is kept always");
  return all;
}

}  // namespace locum::apps
