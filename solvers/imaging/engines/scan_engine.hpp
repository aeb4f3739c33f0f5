// Who turns probe positions into detector signals: multislice, PRISM or the local mode, behind one interface.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "solvers/api/specimen.hpp"
#include "solvers/imaging/optics/probe.hpp"

namespace locum::imaging {

// The frozen-phonon configurations of a run, by index: displaced copies of a specimen, or frames of a trajectory. A
// pure function of the index, so that every rank, and a restart, sees the same atoms.
struct Configurations {
  int count = 0;
  std::function<Specimen(int)> get;
};

struct EngineMemory {
  double shared = 0.0;  // bytes that the ranks of a node hold together
  double rank = 0.0;    // bytes of each rank besides
};

class ScanEngine {
 public:
  virtual ~ScanEngine() = default;
  virtual std::string name() const = 0;
  virtual int channels() const = 0;  // numbers that the detectors give for a probe
  virtual std::array<int, 2> pattern()
      const = 0;                            // points (qx, qy) of a binned diffraction pattern; {0, 0}: none is kept
  virtual EngineMemory memory() const = 0;  // forecast; known before prepare()
  // Configurations 0 … kept() − 1 are made by prepare(). Another one is made by scan() each time that it follows a
  // different one.
  virtual int kept() const = 0;
  // Makes ready what all probes share. Collective over the communicator of the engine's context.
  virtual void prepare() = 0;
  // Probes at `positions` over one configuration: signal (n, channels) as fractions of the beam, pattern (n, qx, qy)
  // the same, empty where none is kept. Both are overwritten. A probe's result depends neither on the others nor on the
  // rank.
  virtual void scan(int configuration, std::span<const Position> positions, std::span<double> signal,
                    std::span<float> pattern) = 0;
};

}  // namespace locum::imaging
