// Pieces of work handed out one after the other to whoever is free: a number that all ranks count up together.
//
// The number lies in a window of rank 0 and is raised by one-sided atomic operations, so that nobody has to answer:
// within a node they are the processor's own. Where a network has none and rank 0 must take part, progress() lets the
// others in; call it now and then from inside long work.
#pragma once

#include <cstdint>

#include "kokkos_kernels/base/communicator.hpp"

namespace locum {

class WorkCounter {
 public:
  // Starts at 0. Collective, and so is the destructor.
  explicit WorkCounter(const Communicator& comm);
  ~WorkCounter();
  WorkCounter(const WorkCounter&) = delete;
  WorkCounter& operator=(const WorkCounter&) = delete;

  // 0, 1, 2, … each to one caller over all ranks; after close() numbers that no list of work has.
  std::int64_t next();
  // Nobody gets new work from now on; what was handed out goes on.
  void close();
  // How many have been handed out so far.
  std::int64_t handed_out();
  bool closed();
  void progress();

 private:
  std::int64_t fetch_and_add(std::int64_t amount);

  Communicator comm_;
  MPI_Win window_ = MPI_WIN_NULL;
};

}  // namespace locum
