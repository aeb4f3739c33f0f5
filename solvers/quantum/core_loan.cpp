#include "solvers/quantum/core_loan.hpp"

#include <algorithm>

#include "kokkos_kernels/linalg/dense.hpp"

namespace locum::quantum {

CoreLoan::CoreLoan(const Communicator& comm, int workers, int requested) : requested_(requested > 0) {
  CPU_ZERO(&cores_);
  sched_getaffinity(0, sizeof cores_, &cores_);
  MPI_Comm node;
  MPI_Comm_split_type(comm.get(), MPI_COMM_TYPE_SHARED, comm.rank(), MPI_INFO_NULL, &node);
  int ranks = 1, working = comm.rank() < workers ? 1 : 0;
  MPI_Comm_size(node, &ranks);
  MPI_Allreduce(MPI_IN_PLACE, &working, 1, MPI_INT, MPI_SUM, node);
  MPI_Allreduce(MPI_IN_PLACE, &cores_, sizeof cores_, MPI_BYTE, MPI_BOR, node);
  MPI_Comm_free(&node);
  const int shared = std::min(ranks, CPU_COUNT(&cores_)) / std::max(1, working);
  threads_ = std::clamp(requested > 0 ? requested : shared, 1, std::max(1, CPU_COUNT(&cores_)));
}

CoreLoan::Use::Use(const CoreLoan& loan, int order) : active_(loan.threads(order) != linalg::threads()) {
  if (!active_) return;
  threads_before_ = linalg::threads();
  sched_getaffinity(0, sizeof cores_before_, &cores_before_);
  // A process that is bound to one core would keep all its threads there. The library's threads start when they are
  // first asked for, and inherit what is set here.
  sched_setaffinity(0, sizeof loan.cores_, &loan.cores_);
  linalg::set_threads(loan.threads(order));
}

CoreLoan::Use::~Use() {
  if (!active_) return;
  linalg::set_threads(threads_before_);
  sched_setaffinity(0, sizeof cores_before_, &cores_before_);
}

}  // namespace locum::quantum
