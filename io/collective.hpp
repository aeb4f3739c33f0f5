// File operations of a group of ranks: they agree on the outcome before the next collective call.
#pragma once

#include <functional>

#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/base/field_set.hpp"
#include "kokkos_kernels/base/together.hpp"

namespace locum::io {

using locum::together;

// together() with work for rank 0 only.
void on_root(const Communicator& comm, const std::function<void()>& work);

// Root's fields, on every rank. Collective.
void broadcast(const Communicator& comm, FieldSet& fields);

// values of any length: MPI counts are int.
template <class T>
void broadcast_long(const Communicator& comm, std::vector<T>& values) {
  std::uint64_t size = values.size();
  comm.broadcast(size);
  values.resize(size);
  constexpr std::uint64_t piece = std::uint64_t{1} << 27;
  for (std::uint64_t at = 0; at < size; at += piece)
    comm.broadcast(std::span<T>(values.data() + at, std::min(piece, size - at)));
}

// First of `total` rows that `rank` of `size` ranks owns; it owns those up to block_start(total, size, rank + 1).
inline std::int64_t block_start(std::int64_t total, int size, int rank) {
  return total / size * rank + total % size * rank / size;
}

}  // namespace locum::io
