// One interface for the ways to find an object, and the list of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kokkos_kernels/base/field_set.hpp"
#include "solvers/imaging/ptychography/ptychography_fields.hpp"

namespace locum::imaging {

// Of one pass over all frames, all ranks: sums of |√I − √M| and √I as the frames were visited.
struct SweepErrors {
  double amplitude = 0.0, amplitudes = 0.0;
  double r() const { return amplitudes > 0.0 ? amplitude / amplitudes : 0.0; }
};

// What an engine keeps between sweeps that ranks share: arrays of the object, right inside each rank's region, and
// arrays like the probe and numbers that are the same on all of them.
struct SharedState {
  std::vector<std::pair<std::string, Planes*>> planes;
  std::vector<std::pair<std::string, fft::Waves<float>*>> waves;  // (modes, nx, ny)
  std::vector<std::pair<std::string, double*>> numbers;
};

class PtychographyEngine {
 public:
  virtual ~PtychographyEngine() = default;
  // One pass over all frames: object, probe and positions of `fields` are changed. Collective.
  virtual SweepErrors sweep(PtychographyFields& fields, int number) = 0;
  // What it keeps between sweeps beside the fields: of all ranks, to be read and written, and of this one.
  virtual SharedState shared_state() { return {}; }
  virtual FieldSet state() const { return {}; }
  virtual void restore(const FieldSet&) {}
};

// What is known of an engine before memory is taken.
struct EngineTraits {
  double waves_of_frame;              // complex windows and modes that it keeps of every frame
  bool holds_batch;                   // all of a batch's changes are needed at once
  double object_planes = 0.0;         // complex arrays of the object that it has beyond what others need
  bool holds_batch_for_probe = true;  // … where the probe is refined
};

std::vector<std::string> engine_names();
// Both throw ConfigError for an unknown name; the message lists those that are known.
EngineTraits engine_traits(const std::string& name);
// The configuration with what it leaves open filled in, for so many frames: batch, steps and momentum. Throws
// ConfigError for a batch that the engine cannot do with.
PtychographyConfig resolved(PtychographyConfig config, int frames);
std::unique_ptr<PtychographyEngine> make_engine(const std::string& name,
                                                PtychographyFields& fields);  // of a resolved configuration

}  // namespace locum::imaging
