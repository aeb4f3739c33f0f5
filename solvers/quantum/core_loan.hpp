// Ranks that wait for another rank's eigenproblem lend it their cores.
#pragma once

#include <sched.h>

#include "kokkos_kernels/base/communicator.hpp"

namespace locum::quantum {

// How many threads the working ranks of a communicator may use, and on which cores.
class CoreLoan {
 public:
  // Collective. Ranks 0 … workers − 1 work, the others wait. requested: threads of each worker; 0 shares the cores that
  // the ranks on this node are bound to, one core for each rank. Never more than there are cores.
  CoreLoan(const Communicator& comm, int workers, int requested);
  // Threads for an eigenproblem of this order. Below about 400 (a hundred atoms) two threads are no faster than one:
  // 7.3 and 7.2 ms at 256, but 143 and 104 ms at 864 (dsyevd of OpenBLAS 0.3.21 on two cores of a Cascade Lake).
  int threads(int order) const { return requested_ || order >= 400 ? threads_ : 1; }

  // While it lives, the calling thread and the threads of the linear algebra library have the lent cores.
  class Use {
   public:
    Use(const CoreLoan& loan, int order);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    bool active_;
    int threads_before_ = 1;
    cpu_set_t cores_before_;
  };

 private:
  int threads_ = 1;
  bool requested_ = false;
  cpu_set_t cores_;  // of all ranks of the communicator on this node
};

}  // namespace locum::quantum
