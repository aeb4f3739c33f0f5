// An array that the ranks of a node hold together: one copy in shared memory. On a GPU, and where a rank is alone on
// its node, each rank has its own.
#pragma once

#include <string>

#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/base/kokkos.hpp"

namespace locum {

template <class T>
class NodeArray {
 public:
  // Collective over `comm`. Contents are undefined. Throws BackendError where MPI cannot share memory.
  NodeArray(const Communicator& comm, std::size_t count, const std::string& label);
  const View<T*>& view() const { return view_; }
  // The ranks that see this rank's copy, itself among them.
  const Communicator& sharers() const { return sharers_; }
  // What any of them wrote before is seen by all of them after. Collective over sharers().
  void synchronize() const;

 private:
  Communicator sharers_;
  std::shared_ptr<MPI_Win> window_;
  View<T*> view_;
};

}  // namespace locum
