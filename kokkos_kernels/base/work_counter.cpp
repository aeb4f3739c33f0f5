#include "kokkos_kernels/base/work_counter.hpp"

namespace locum {
namespace {

// Added by close(): far above any list of work, and room for as many closings as there are ranks.
constexpr std::int64_t beyond = std::int64_t{1} << 40;

}  // namespace

WorkCounter::WorkCounter(const Communicator& comm) : comm_(comm) {
  std::int64_t* number = nullptr;
  const MPI_Aint bytes = comm_.is_root() ? sizeof(std::int64_t) : 0;
  MPI_Win_allocate(bytes, sizeof(std::int64_t), MPI_INFO_NULL, comm_.get(), &number, &window_);
  MPI_Win_lock_all(MPI_MODE_NOCHECK, window_);
  if (comm_.is_root()) *number = 0;
  MPI_Win_sync(window_);
  comm_.barrier();
}

WorkCounter::~WorkCounter() {
  comm_.barrier();
  MPI_Win_unlock_all(window_);
  MPI_Win_free(&window_);
}

std::int64_t WorkCounter::fetch_and_add(std::int64_t amount) {
  std::int64_t before = 0;
  MPI_Fetch_and_op(&amount, &before, MPI_INT64_T, 0, 0, MPI_SUM, window_);
  MPI_Win_flush(0, window_);
  return before;
}

std::int64_t WorkCounter::next() { return fetch_and_add(1); }

void WorkCounter::close() { fetch_and_add(beyond); }

std::int64_t WorkCounter::handed_out() { return fetch_and_add(0) % beyond; }

bool WorkCounter::closed() { return fetch_and_add(0) >= beyond; }

void WorkCounter::progress() {
  int flag = 0;
  MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm_.get(), &flag, MPI_STATUS_IGNORE);
}

}  // namespace locum
