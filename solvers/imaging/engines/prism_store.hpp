// The S-matrices of a run's configurations: what becomes of every plane wave of the aperture in the specimen (Ophus,
// Adv. Struct. Chem. Imaging 3, 13 (2017), section "PRISM algorithm").
#pragma once

#include <memory>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/base/node_array.hpp"
#include "solvers/imaging/engines/multislice_engine.hpp"
#include "solvers/imaging/engines/prism_kernels.hpp"

namespace locum::imaging {

template <class T>
class PrismStore {
 public:
  PrismStore(const Context& context, const ScanSetup& setup, const PrismLayout& layout,
             const Configurations& configurations);

  // S-matrices that setup.memory lets the ranks of a node keep: configurations 0 … kept() − 1. Another one is made
  // again by the rank that asks, each time that it follows a different one: as many waves through the specimen as there
  // are beams.
  int kept() const { return kept_count_; }
  EngineMemory memory() const;
  // Makes all that are kept, beams shared out among the ranks of a node. Collective over the context's communicator.
  void prepare();
  // Of one configuration, in PrismTiles' order, for as long as no other is asked for. Each rank by itself.
  const T* get(int configuration);

 private:
  void make(const Context& context, int configuration, int rank, int ranks, T* matrix);

  Context context_;
  ScanSetup setup_;
  PrismLayout layout_;
  PrismTiles<T> tiles_;
  Configurations configurations_;
  int kept_count_ = 0;
  Multislice<T> multislice_;
  BeamRows beam_rows_;             // in the whole grid's reciprocal arrays
  fft::Waves<T> waves_, coarse_;   // (batch, grid), (batch, nx, ny)
  fft::Transform2d<T> transform_;  // of coarse_
  std::unique_ptr<NodeArray<T>> kept_;
  View<T*> last_matrix_;
  int last_ = -1;
};

}  // namespace locum::imaging
