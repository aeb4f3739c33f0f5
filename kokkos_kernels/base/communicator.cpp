#include "kokkos_kernels/base/communicator.hpp"

#include <chrono>
#include <thread>

namespace locum {

Communicator::Communicator(MPI_Comm comm)
    : handle_(new MPI_Comm(comm), [](MPI_Comm* handle) {
        int finalized = 0;
        MPI_Finalized(&finalized);
        if (!finalized) MPI_Comm_free(handle);
        delete handle;
      }) {
  MPI_Comm_rank(comm, &rank_);
  MPI_Comm_size(comm, &size_);
}

Communicator Communicator::world() {
  MPI_Comm comm;
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  return Communicator(comm);
}

Communicator Communicator::self() {
  MPI_Comm comm;
  MPI_Comm_dup(MPI_COMM_SELF, &comm);
  return Communicator(comm);
}

Communicator Communicator::split(int color, int key) const {
  MPI_Comm comm;
  MPI_Comm_split(get(), color, key, &comm);
  return Communicator(comm);
}

Communicator Communicator::split_by_node() const {
  MPI_Comm comm;
  MPI_Comm_split_type(get(), MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &comm);
  return Communicator(comm);
}

void Communicator::broadcast(std::string& text, int root) const {
  std::uint64_t length = text.size();
  broadcast(length, root);
  text.resize(length);
  broadcast(std::span<char>(text.data(), length), root);
}

void Communicator::barrier() const { MPI_Barrier(get()); }

void Communicator::quiet_barrier() const {
  if (size_ == 1) return;
  MPI_Request request;
  MPI_Ibarrier(get(), &request);
  for (int done = 0; !done;) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (!done) std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

}  // namespace locum
