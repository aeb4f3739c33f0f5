// The transmission functions of all configurations of a run: made once and kept where memory allows, else made again
// when they are asked for.
#pragma once

#include <memory>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/base/node_array.hpp"
#include "solvers/imaging/engines/scan_engine.hpp"
#include "solvers/imaging/potential/projected_potential.hpp"
#include "solvers/imaging/waves/transmission.hpp"

namespace locum::imaging {

template <class T>
class TransmissionStore {
 public:
  // edges: of the slices, Å. layout: of the functions. budget: bytes that the ranks of a node may hold together. The
  // elements are those of configuration 0.
  TransmissionStore(const Context& context, const Grid& grid, double energy, const PotentialConfig& potential,
                    const std::vector<double>& edges, const FunctionLayout<T>& layout,
                    const Configurations& configurations, double budget);

  int kept() const { return all_kept_ ? configurations_.count : 0; }  // configurations
  EngineMemory memory() const;
  // Makes all that are kept, slices shared out among the ranks of a node. Collective over the context's communicator.
  void prepare();
  // Of one configuration, for as long as no other is asked for. Each rank by itself.
  const Transmission<T>& get(int configuration);
  int slices() const { return static_cast<int>(edges_.size()) - 1; }

 private:
  void make(int configuration, int first, int count, Transmission<T>& into);

  Context context_;
  Grid grid_;
  FunctionLayout<T> layout_;
  double sigma_;
  std::vector<double> edges_;
  Configurations configurations_;
  bool all_kept_;
  int specimen_of_ = -1;  // the configuration that specimen_ is
  Specimen specimen_;
  ProjectedPotential<T> potential_;
  Slices<T> slab_;  // (1, nx, ny)
  std::unique_ptr<NodeArray<T>> kept_;
  std::vector<Transmission<T>> functions_;  // of each configuration, or of the last one asked for
  int last_ = -1;
};

}  // namespace locum::imaging
