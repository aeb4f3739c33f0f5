#include "surrogates/potential/frame_batch.hpp"

#include <algorithm>

namespace locum::potential {
namespace {

// What a frame brings along: atoms, ghosts and pairs take their places, one thread each.
struct Append {
  View<const double* [3]> position;
  View<const int*> atomic_number, offset, index, owner;
  int n, all, pairs;
  View<double* [3]> to_position;
  View<int*> to_number, to_offset, to_index, to_owner;
  View<AtomPlace*> to_place;
  int first_atom, first_ghost, first_pair;
  AtomPlace place;

  KOKKOS_INLINE_FUNCTION int placed(int j) const { return j < n ? first_atom + j : first_ghost + j - n; }
  KOKKOS_INLINE_FUNCTION void operator()(int k) const {
    if (k < all) {
      const int to = placed(k);
      for (int c = 0; c < 3; ++c) to_position(to, c) = position(k, c);
      to_number(to) = atomic_number(k);
      to_owner(to) = first_atom + owner(k);
    }
    if (k < n) {
      to_offset(first_atom + k + 1) = first_pair + offset(k + 1);
      to_place(first_atom + k) = place;
    }
    if (k < pairs) to_index(first_pair + k) = placed(index(k));
  }
};

}  // namespace

int design_rows_of(int atoms) { return 3 * atoms + 7; }

FrameBatch join(std::span<const Frame* const> frames) {
  FrameBatch batch;
  Configuration& to = batch.configuration;
  int pairs = 0;
  for (const Frame* frame : frames) {
    const Configuration& c = frame->configuration();
    to.n_local += c.n_local;
    to.n_ghost += c.n_ghost;
    pairs += c.neighbors.index.extent_int(0);
    batch.first_atom.push_back(to.n_local);
    batch.first_row.push_back(batch.first_row.back() + design_rows_of(c.n_local));
  }
  const int all = to.n_local + to.n_ghost;
  to.n_global = to.n_local;
  to.position = View<double* [3]>(uninitialized("batch_position"), all);
  to.atomic_number = View<int*>(uninitialized("batch_atomic_number"), all);
  const View<int*> offset("batch_offset", to.n_local + 1), index(uninitialized("batch_index"), pairs);
  batch.owner = View<int*>(uninitialized("batch_owner"), all);
  batch.place = View<AtomPlace*>(uninitialized("batch_place"), to.n_local);
  int ghost = to.n_local, pair = 0;
  double cutoff = 0.0;
  for (int f = 0; f < batch.frames(); ++f) {
    const Configuration& c = frames[f]->configuration();
    const int own = c.n_local + c.n_ghost, listed = c.neighbors.index.extent_int(0);
    const int first_atom = batch.first_atom[f], first_row = batch.first_row[f];
    const Append append{c.position,
                        c.atomic_number,
                        c.neighbors.offset,
                        c.neighbors.index,
                        frames[f]->owner(),
                        c.n_local,
                        own,
                        listed,
                        to.position,
                        to.atomic_number,
                        offset,
                        index,
                        batch.owner,
                        batch.place,
                        first_atom,
                        ghost,
                        pair,
                        {first_atom, first_row, first_row + design_rows_of(c.n_local)}};
    Kokkos::parallel_for("append_frame", RangePolicy(0, std::max(own, listed)), append);
    ghost += c.n_ghost;
    pair += listed;
    cutoff = std::max(cutoff, c.neighbors.cutoff);
  }
  to.neighbors = {offset, index, cutoff};
  return batch;
}

}  // namespace locum::potential
