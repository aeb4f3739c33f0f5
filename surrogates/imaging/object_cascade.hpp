// From frames to an object: passes of physics and networks in turn.
//
//   back-propagated start → lead_sweeps one after the other → coarse_sweeps → network → mid_sweeps → network → … →
//   polish_sweeps
//
// Physics brings high frequencies in a pass or two and low ones hardly at all; the network brings low ones; the passes
// after it take out what it got wrong where frames can tell.
#pragma once

#include <vector>

#include "surrogates/imaging/object_network.hpp"

namespace locum::imaging {

class ObjectCascade {
 public:
  // Throws ConfigError for a configuration that is not valid.
  ObjectCascade(const ExecutionSpace& space, const ObjectNetworkConfig& config);

  const ObjectNetworkConfig& config() const { return config_; }
  ObjectNetwork& stage(int s) { return stages_[static_cast<std::size_t>(s)]; }
  const ObjectNetwork& stage(int s) const { return stages_[static_cast<std::size_t>(s)]; }

  // What network s sees: everything before it was done. Collective over the ptychogram's ranks.
  Canvas canvas_of(int s, const Ptychogram& input, DiffractionModel& model) const;
  // The same, going on from what the network before it saw. Throws NumericalError when that one's answer is not finite.
  Canvas next(int s, const Canvas& before, const Ptychogram& input, DiffractionModel& model) const;

  struct Result {
    bool finite = true;  // else a network gave what is no number, and the object is what it was given
    ObjectFunction object;
    std::vector<float> spread;  // (nx, ny): variance among the last committee's members
    std::vector<float> moved;   // (nx, ny): |what the last passes changed|² over |O|²
  };
  Result run(const Ptychogram& input, DiffractionModel& model) const;

 private:
  Canvas after(int s, ObjectFunction object, const Ptychogram& input, DiffractionModel& model) const;

  ExecutionSpace space_;
  ObjectNetworkConfig config_;
  std::vector<ObjectNetwork> stages_;
};

}  // namespace locum::imaging
