// A group of MPI ranks, owned: the handle is freed with the last copy.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace locum {

template <class T>
MPI_Datatype mpi_type();
template <> inline MPI_Datatype mpi_type<double>() { return MPI_DOUBLE; }
template <> inline MPI_Datatype mpi_type<float>() { return MPI_FLOAT; }
template <> inline MPI_Datatype mpi_type<int>() { return MPI_INT; }
template <> inline MPI_Datatype mpi_type<std::int64_t>() { return MPI_INT64_T; }
template <> inline MPI_Datatype mpi_type<std::uint64_t>() { return MPI_UINT64_T; }
template <> inline MPI_Datatype mpi_type<char>() { return MPI_CHAR; }

class Communicator {
 public:
  static Communicator world();  // a duplicate of MPI_COMM_WORLD
  static Communicator self();
  // Ranks with the same colour form a new group, ordered by key. Collective.
  Communicator split(int color, int key) const;
  // The ranks that share this rank's memory, in the same order. Collective.
  Communicator split_by_node() const;

  MPI_Comm get() const { return *handle_; }
  int rank() const { return rank_; }
  int size() const { return size_; }
  bool is_root() const { return rank_ == 0; }

  // Reductions over the ranks, in place or by value. The order of the sum is MPI's: equal for equal numbers of ranks.
  template <class T> void sum(std::span<T> values) const { reduce(values, MPI_SUM); }
  template <class T> T sum(T value) const { reduce(std::span<T>(&value, 1), MPI_SUM); return value; }
  template <class T> T max(T value) const { reduce(std::span<T>(&value, 1), MPI_MAX); return value; }
  template <class T> T min(T value) const { reduce(std::span<T>(&value, 1), MPI_MIN); return value; }
  bool any(bool value) const { return max<int>(value ? 1 : 0) != 0; }

  template <class T> void broadcast(std::span<T> values, int root = 0) const {
    if (size_ > 1) MPI_Bcast(values.data(), static_cast<int>(values.size()), mpi_type<T>(), root, get());
  }
  template <class T> void broadcast(T& value, int root = 0) const { broadcast(std::span<T>(&value, 1), root); }
  void broadcast(std::string& text, int root = 0) const;

  // Concatenation of every rank's values in rank order, on every rank; `counts`, if given, takes each rank's number.
  template <class T> std::vector<T> all_gather(std::span<const T> values, std::vector<int>* counts = nullptr) const;
  // values[to[k] … ] of each rank go to that rank: send_counts (size) elements to each; returns what arrived, by rank.
  template <class T> std::vector<T> all_to_all(std::span<const T> values, std::span<const int> send_counts,
                                               std::vector<int>* receive_counts = nullptr) const;
  void barrier() const;
  // A barrier that sleeps instead of spinning, so that the rank everyone waits for has the cores to itself.
  void quiet_barrier() const;

 private:
  explicit Communicator(MPI_Comm comm);
  template <class T> void reduce(std::span<T> values, MPI_Op op) const {
    if (size_ > 1) MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), mpi_type<T>(), op, get());
  }
  std::shared_ptr<MPI_Comm> handle_;
  int rank_ = 0, size_ = 1;
};

template <class T>
std::vector<T> Communicator::all_gather(std::span<const T> values, std::vector<int>* counts) const {
  std::vector<int> all(size_), start(size_, 0);
  int mine = static_cast<int>(values.size());
  MPI_Allgather(&mine, 1, MPI_INT, all.data(), 1, MPI_INT, get());
  for (int r = 1; r < size_; ++r) start[r] = start[r - 1] + all[r - 1];
  std::vector<T> gathered(start.back() + all.back());
  MPI_Allgatherv(values.data(), mine, mpi_type<T>(), gathered.data(), all.data(), start.data(), mpi_type<T>(), get());
  if (counts) *counts = all;
  return gathered;
}

template <class T>
std::vector<T> Communicator::all_to_all(std::span<const T> values, std::span<const int> send_counts,
                                        std::vector<int>* receive_counts) const {
  std::vector<int> incoming(size_), send_start(size_, 0), receive_start(size_, 0);
  MPI_Alltoall(send_counts.data(), 1, MPI_INT, incoming.data(), 1, MPI_INT, get());
  for (int r = 1; r < size_; ++r) {
    send_start[r] = send_start[r - 1] + send_counts[r - 1];
    receive_start[r] = receive_start[r - 1] + incoming[r - 1];
  }
  std::vector<T> received(receive_start.back() + incoming.back());
  MPI_Alltoallv(values.data(), send_counts.data(), send_start.data(), mpi_type<T>(), received.data(), incoming.data(),
                receive_start.data(), mpi_type<T>(), get());
  if (receive_counts) *receive_counts = incoming;
  return received;
}

}  // namespace locum
