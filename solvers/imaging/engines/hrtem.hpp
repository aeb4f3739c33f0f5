// High-resolution transmission microscopy: a plane wave through the specimen, and the images that an objective lens
// makes of what leaves it (Kirkland, Advanced Computing in Electron Microscopy, 2nd ed., sections 3.1 and 6.8).
//
// Images are of one frozen-phonon configuration; their mean over configurations is the incoherent sum that a camera
// records.
#pragma once

#include <vector>

#include "solvers/imaging/optics/coherence.hpp"
#include "solvers/imaging/optics/objective.hpp"
#include "solvers/imaging/waves/multislice.hpp"
#include "solvers/imaging/waves/transmission_store.hpp"

namespace locum::imaging {

struct HrtemSetup {
  Grid grid;
  double energy = 200.0;            // keV
  std::array<double, 2> tilt = {};  // mrad, of the beam against the slices' normal; lens and image stay on the beam
  ObjectiveConfig objective;
  CoherenceConfig coherence;  // its focal spread and illumination
  PotentialConfig potential;
  std::vector<double> edges;           // of the slices, Å
  std::vector<double> depths;          // Å, where waves are wanted besides the exit; the nearest edges are taken
  double memory = 4.0 * (1ull << 30);  // bytes that a node's ranks may hold together
};

template <class T>
class HrtemEngine {
 public:
  // Throws ConfigError for depths outside of the specimen, and as make_transfer, ProjectedPotential and Multislice do.
  HrtemEngine(const Context& context, const HrtemSetup& setup, const Configurations& configurations);

  const Grid& grid() const { return multislice_.grid(); }
  // Where waves are taken, Å, ascending, each once; the exit is the last.
  const std::vector<double>& depths() const { return depths_; }
  EngineMemory memory() const;
  // Collective over the communicator of the context.
  void prepare() { store_.prepare(); }

  // Waves at depths(), (depths, nx, ny), real space, of unit modulus in vacuum. The view is the engine's, until the
  // next call.
  const fft::Waves<T>& exit_waves(int configuration);
  // Images of the waves at depths(), (depths, nx, ny) row-major; 1 without a specimen. Defocus counts from each depth.
  std::vector<double> image(int configuration);

 private:
  struct Term {  // of a sum over the focal spread
    Wave<T> transfer;
    double weight;
  };
  void propagate(int configuration);

  Context context_;
  std::vector<double> depths_;
  std::vector<int> slices_before_;  // each depth
  Multislice<T> multislice_;
  TransmissionStore<T> store_;
  std::vector<Term> terms_;
  fft::Waves<T> incident_;  // (1, nx, ny), reciprocal
  fft::Waves<T> spectra_;   // (depths, nx, ny), reciprocal
  fft::Waves<T> waves_;     // (depths, nx, ny), work
  Images images_;
  fft::Transform2d<T> transform_;
  int last_ = -1;  // configuration of spectra_
};

}  // namespace locum::imaging
