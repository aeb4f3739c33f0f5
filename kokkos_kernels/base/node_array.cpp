#include "kokkos_kernels/base/node_array.hpp"

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/memory.hpp"

namespace locum {
namespace {

std::shared_ptr<MPI_Win> shared_window(const Communicator& comm, std::size_t bytes, void** memory) {
  MPI_Win window;
  const MPI_Aint mine = comm.is_root() ? static_cast<MPI_Aint>(bytes) : 0;
  MPI_Comm_set_errhandler(comm.get(), MPI_ERRORS_RETURN);
  void* own = nullptr;
  if (MPI_Win_allocate_shared(mine, 1, MPI_INFO_NULL, comm.get(), &own, &window) != MPI_SUCCESS)
    throw BackendError("MPI could not allocate " + bytes_text(static_cast<double>(bytes)) + " of memory shared by " +
                           std::to_string(comm.size()) + " ranks",
                       "MPI_Win_allocate_shared", "is there room in /dev/shm and /tmp? Fewer ranks share less");
  MPI_Aint size = 0;
  int unit = 0;
  MPI_Win_shared_query(window, 0, &size, &unit, memory);
  MPI_Win_lock_all(MPI_MODE_NOCHECK, window);  // for MPI_Win_sync, as long as the array lives
  return {new MPI_Win(window), [](MPI_Win* w) {
            int finalized = 0;
            MPI_Finalized(&finalized);
            if (!finalized) {
              MPI_Win_unlock_all(*w);
              MPI_Win_free(w);
            }
            delete w;
          }};
}

}  // namespace

template <class T>
NodeArray<T>::NodeArray(const Communicator& comm, std::size_t count, const std::string& label)
    : sharers_(device_is_host ? comm.split_by_node() : Communicator::self()) {
  if (sharers_.size() == 1) {
    view_ = View<T*>(uninitialized(label), count);
    return;
  }
  void* memory = nullptr;
  window_ = shared_window(sharers_, count * sizeof(T), &memory);
  view_ = View<T*>(static_cast<T*>(memory), count);
}

template <class T>
void NodeArray<T>::synchronize() const {
  if (!window_) return;
  MPI_Win_sync(*window_);
  sharers_.barrier();
  MPI_Win_sync(*window_);
}

template class NodeArray<float>;
template class NodeArray<double>;

}  // namespace locum
