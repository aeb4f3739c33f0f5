#include "solvers/md/halo.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::md {
namespace {

using Swap = Halo::Swap;
constexpr int row_width = 5;  // position, atomic number and id, as doubles (exact below 2⁵³)

// Rows 0 … count − 1 whose fractional coordinate d lies in [low, high), in order.
void select(const ExecutionSpace& space, const Cell& cell, const View<double* [3]>& position, int count, int d,
            double low, double high, Swap& swap) {
  if (swap.send.extent(0) < static_cast<std::size_t>(count))
    swap.send = View<int*>(uninitialized("ghost_send"), count + count / 4);
  const auto send = swap.send;
  int total = 0;
  Kokkos::parallel_scan(
      "ghost_select", RangePolicy(space, 0, count),
      KOKKOS_LAMBDA(int i, int& before, bool final) {
        const double s = cell.to_fractional({position(i, 0), position(i, 1), position(i, 2)})[d];
        if (s < low || s >= high) return;
        if (final) send(before) = i;
        ++before;
      },
      total);
  swap.send_count = total;
}

void reserve(const ExecutionSpace&, Swap& swap) {
  const auto fit = [](View<double*>& view, HostView<double*>& host, const char* label, int count) {
    if (view.extent(0) >= static_cast<std::size_t>(row_width * count)) return;
    view = View<double*>(uninitialized(label), row_width * (count + count / 4));
    host = Kokkos::create_mirror_view(view);
  };
  fit(swap.send_buffer, swap.send_host, "ghost_send_buffer", swap.send_count);
  fit(swap.receive_buffer, swap.receive_host, "ghost_receive_buffer", swap.receive_count);
}

void pack_atoms(const ExecutionSpace& space, const Configuration& c, const Swap& swap) {
  const auto send = swap.send;
  const auto buffer = swap.send_buffer;
  const auto position = c.position;
  const auto id = c.id;
  const auto atomic_number = c.atomic_number;
  const Vec3 shift = swap.shift;
  Kokkos::parallel_for(
      "ghost_pack_atoms", RangePolicy(space, 0, swap.send_count), KOKKOS_LAMBDA(int k) {
        const int i = send(k);
        for (int d = 0; d < 3; ++d) buffer(row_width * k + d) = position(i, d) + shift[d];
        buffer(row_width * k + 3) = static_cast<double>(atomic_number(i));
        buffer(row_width * k + 4) = static_cast<double>(id(i));
      });
}

void unpack_atoms(const ExecutionSpace& space, const Configuration& c, const Swap& swap, const View<double*>& buffer) {
  const auto position = c.position;
  const auto id = c.id;
  const auto atomic_number = c.atomic_number;
  const int first = swap.first_ghost;
  Kokkos::parallel_for(
      "ghost_unpack_atoms", RangePolicy(space, 0, swap.receive_count), KOKKOS_LAMBDA(int k) {
        for (int d = 0; d < 3; ++d) position(first + k, d) = buffer(row_width * k + d);
        atomic_number(first + k) = static_cast<int>(buffer(row_width * k + 3));
        id(first + k) = static_cast<std::int64_t>(buffer(row_width * k + 4));
      });
}

// Rows of a periodic image, straight from their originals.
void copy_shifted(const ExecutionSpace& space, const View<double* [3]>& position, const Swap& swap) {
  const auto send = swap.send;
  const Vec3 shift = swap.shift;
  const int first = swap.first_ghost;
  Kokkos::parallel_for(
      "ghost_copy", RangePolicy(space, 0, swap.send_count), KOKKOS_LAMBDA(int k) {
        for (int d = 0; d < 3; ++d) position(first + k, d) = position(send(k), d) + shift[d];
      });
}

void pack_shifted(const ExecutionSpace& space, const View<double* [3]>& position, const Swap& swap) {
  const auto send = swap.send;
  const auto buffer = swap.send_buffer;
  const Vec3 shift = swap.shift;
  Kokkos::parallel_for(
      "ghost_pack", RangePolicy(space, 0, swap.send_count), KOKKOS_LAMBDA(int k) {
        for (int d = 0; d < 3; ++d) buffer(3 * k + d) = position(send(k), d) + shift[d];
      });
}

void unpack(const ExecutionSpace& space, const View<double* [3]>& position, const Swap& swap) {
  const auto buffer = swap.receive_buffer;
  const int first = swap.first_ghost;
  Kokkos::parallel_for(
      "ghost_unpack", RangePolicy(space, 0, swap.receive_count), KOKKOS_LAMBDA(int k) {
        for (int d = 0; d < 3; ++d) position(first + k, d) = buffer(3 * k + d);
      });
}

// Ghosts of a swap added to their originals. No row is sent twice in one swap, so threads do not meet.
void add_copies(const ExecutionSpace& space, const View<double* [3]>& values, const Swap& swap) {
  const auto send = swap.send;
  const int first = swap.first_ghost;
  Kokkos::parallel_for(
      "ghost_add", RangePolicy(space, 0, swap.send_count), KOKKOS_LAMBDA(int k) {
        for (int d = 0; d < 3; ++d) values(send(k), d) += values(first + k, d);
      });
}

void pack_ghosts(const ExecutionSpace& space, const View<double* [3]>& values, const Swap& swap) {
  const auto buffer = swap.receive_buffer;
  const int first = swap.first_ghost;
  Kokkos::parallel_for(
      "ghost_pack_back", RangePolicy(space, 0, swap.receive_count), KOKKOS_LAMBDA(int k) {
        for (int d = 0; d < 3; ++d) buffer(3 * k + d) = values(first + k, d);
      });
}

void add_returned(const ExecutionSpace& space, const View<double* [3]>& values, const Swap& swap) {
  const auto send = swap.send;
  const auto buffer = swap.send_buffer;
  Kokkos::parallel_for(
      "ghost_add_returned", RangePolicy(space, 0, swap.send_count), KOKKOS_LAMBDA(int k) {
        for (int d = 0; d < 3; ++d) values(send(k), d) += buffer(3 * k + d);
      });
}

void grow(Configuration& c, int rows) {
  if (c.position.extent(0) >= static_cast<std::size_t>(rows)) return;
  Kokkos::resize(c.position, rows + rows / 5);
  Kokkos::resize(c.atomic_number, rows + rows / 5);
  Kokkos::resize(c.id, rows + rows / 5);
}

void copy_part(const ExecutionSpace& space, const auto& to, const auto& from, int count) {
  if constexpr (!device_is_host)
    Kokkos::deep_copy(space, Kokkos::subview(to, std::pair<int, int>(0, count)),
                      Kokkos::subview(from, std::pair<int, int>(0, count)));
}

}  // namespace

Halo::Halo(const ExecutionSpace& space, const Communicator& comm, const RankGrid& grid)
    : space_(space), comm_(comm), grid_(grid) {
  for (int d = 0; d < 3; ++d)
    if (grid.count[d] > 1) swaps_[d].resize(2);
}

void Halo::build(Configuration& c, double cutoff) {
  c.n_ghost = 0;
  for (int d = 0; d < 3; ++d) {
    // The margin is far above rounding: a pair at the very cut-off must not fall between two ranks.
    const double width = cutoff / c.cell.height(d) * (1.0 + 1e-9);
    const int held = c.n_local + c.n_ghost;
    const int layers = static_cast<int>(std::ceil(width));
    auto& swaps = swaps_[d];
    if (grid_.count[d] == 1) swaps.resize(2 * layers);
    for (std::size_t k = 0; k < swaps.size(); ++k) {
      Swap& swap = swaps[k];
      const int side = k % 2 == 0 ? -1 : 1;  // the box below sees the low end of ours, at its upper side
      swap.to = grid_.neighbor(d, side);
      swap.from = grid_.neighbor(d, -side);
      double low = side < 0 ? -1e300 : grid_.high(d) - width;
      double high = side < 0 ? grid_.low(d) + width : 1e300;
      int image = side < 0 ? (grid_.coordinate[d] == 0 ? 1 : 0) : (grid_.coordinate[d] == grid_.count[d] - 1 ? -1 : 0);
      if (grid_.count[d] == 1) {
        image *= 1 + static_cast<int>(k) / 2;
        low = -width - image;
        high = 1.0 + width - image;
      }
      swap.shift = static_cast<double>(image) * c.cell.vectors().row(d);
      select(space_, c.cell, c.position, held, d, low, high, swap);
      swap.receive_count = swap.send_count;
    }
    if (grid_.count[d] > 1)
      for (int k = 0; k < 2; ++k)
        MPI_Sendrecv(&swaps[k].send_count, 1, MPI_INT, swaps[k].to, k, &swaps[k].receive_count, 1, MPI_INT,
                     swaps[k].from, k, comm_.get(), MPI_STATUS_IGNORE);
    for (Swap& swap : swaps) {
      swap.first_ghost = c.n_local + c.n_ghost;
      c.n_ghost += swap.receive_count;
      reserve(space_, swap);
    }
    grow(c, c.n_local + c.n_ghost);
    for (Swap& swap : swaps) pack_atoms(space_, c, swap);
    if (grid_.count[d] > 1) exchange(swaps, row_width, false);
    for (Swap& swap : swaps) unpack_atoms(space_, c, swap, grid_.count[d] > 1 ? swap.receive_buffer : swap.send_buffer);
  }
}

void Halo::update(const View<double* [3]>& position) const {
  for (int d = 0; d < 3; ++d) {
    if (grid_.count[d] == 1) {
      for (const Swap& swap : swaps_[d]) copy_shifted(space_, position, swap);
      continue;
    }
    for (const Swap& swap : swaps_[d]) pack_shifted(space_, position, swap);
    exchange(swaps_[d], 3, false);
    for (const Swap& swap : swaps_[d]) unpack(space_, position, swap);
  }
}

void Halo::add_to_owners(const View<double* [3]>& values) const {
  for (int d = 2; d >= 0; --d) {
    const auto& swaps = swaps_[d];
    if (grid_.count[d] == 1) {
      for (auto swap = swaps.rbegin(); swap != swaps.rend(); ++swap) add_copies(space_, values, *swap);
      continue;
    }
    for (const Swap& swap : swaps) pack_ghosts(space_, values, swap);
    exchange(swaps, 3, true);
    for (auto swap = swaps.rbegin(); swap != swaps.rend(); ++swap) add_returned(space_, values, *swap);
  }
}

void Halo::exchange(const std::vector<Swap>& swaps, int width, bool back) const {
  MPI_Request requests[4];  // two swaps to a direction
  for (const Swap& swap : swaps) {
    if (back)
      copy_part(space_, swap.receive_host, swap.receive_buffer, width * swap.receive_count);
    else
      copy_part(space_, swap.send_host, swap.send_buffer, width * swap.send_count);
  }
  space_.fence();
  for (std::size_t k = 0; k < swaps.size(); ++k) {
    const Swap& swap = swaps[k];
    double* const sent = swap.send_host.data();
    double* const received = swap.receive_host.data();
    const int n_send = width * swap.send_count, n_receive = width * swap.receive_count, tag = static_cast<int>(k);
    MPI_Irecv(back ? sent : received, back ? n_send : n_receive, MPI_DOUBLE, back ? swap.to : swap.from, tag,
              comm_.get(), &requests[2 * k]);
    MPI_Isend(back ? received : sent, back ? n_receive : n_send, MPI_DOUBLE, back ? swap.from : swap.to, tag,
              comm_.get(), &requests[2 * k + 1]);
  }
  MPI_Waitall(2 * static_cast<int>(swaps.size()), requests, MPI_STATUSES_IGNORE);
  for (const Swap& swap : swaps) {
    if (back)
      copy_part(space_, swap.send_buffer, swap.send_host, width * swap.send_count);
    else
      copy_part(space_, swap.receive_buffer, swap.receive_host, width * swap.receive_count);
  }
}

}  // namespace locum::md
