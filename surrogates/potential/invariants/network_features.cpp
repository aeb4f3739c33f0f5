#include "surrogates/potential/invariants/network_features.hpp"

#include <algorithm>

namespace locum::potential {
namespace {

int padded(int pairs) { return (pairs + pair_padding - 1) / pair_padding * pair_padding; }

bool is_short(linalg::Precision storage) {
  return storage == linalg::Precision::bf16 || storage == linalg::Precision::fp16;
}

View<int*> upload(const char* label, const int* values, int count) {
  const View<int*> view(uninitialized(label), count);
  const auto host = Kokkos::create_mirror_view(view);
  std::copy(values, values + count, host.data());
  Kokkos::deep_copy(view, host);
  return view;
}

// A stretch of a view with memory of its own.
template <class V>
V copied(const V& from, std::int64_t begin, std::int64_t end) {
  const std::pair<std::int64_t, std::int64_t> stretch(begin, end);
  if constexpr (V::rank == 1) {
    const V to(uninitialized(from.label()), end - begin);
    Kokkos::deep_copy(to, Kokkos::subview(from, stretch));
    return to;
  } else {
    V to;
    if constexpr (V::rank_dynamic == 2)
      to = V(uninitialized(from.label()), end - begin, from.extent(1));
    else
      to = V(uninitialized(from.label()), end - begin);
    Kokkos::deep_copy(to, Kokkos::subview(from, stretch, Kokkos::ALL()));
    return to;
  }
}

// The atom of each padded pair, and for a pair i → j with bond vector d the pair j → i with −d. Pairs at the very
// cut-off, which rounding may have given to one end only, have none: their forces are zero.
struct PairLinks {
  View<const int*> pair_start, pair_owner;
  View<const float* [3]> pair_vector;
  View<const AtomPlace*> place;
  View<int*> pair_center, pair_reverse;  // counted within the frame, as pair_owner

  KOKKOS_INLINE_FUNCTION void operator()(int i) const {
    const int first = place(i).first_atom, first_pair = pair_start(first);
    for (int p = pair_start(i); p < pair_start(i + 1); ++p) {
      pair_center(p) = i - first;
      pair_reverse(p) = -1;
      if (pair_owner(p) < 0) continue;
      const int j = first + pair_owner(p);
      float nearest = 1e-4f;  // Å²: images of one atom are ångströms apart, rounding is 1e-6 Å
      for (int q = pair_start(j); q < pair_start(j + 1); ++q) {
        if (pair_owner(q) != i - first) continue;
        float off = 0.0f;
        for (int x = 0; x < 3; ++x) {
          const float sum = pair_vector(p, x) + pair_vector(q, x);
          off += sum * sum;
        }
        if (off >= nearest) continue;
        nearest = off;
        pair_reverse(p) = q - first_pair;
      }
    }
  }
};

}  // namespace

std::uint64_t feature_bytes(std::int64_t atoms, std::int64_t padded_pairs, int components, linalg::Precision storage) {
  const std::int64_t of_atom = components * sizeof(float) + 3 * sizeof(int),
                     of_pair = 3 * components * (is_short(storage) ? 2 : 4) + 3 * sizeof(float) + 3 * sizeof(int);
  return static_cast<std::uint64_t>(atoms * of_atom + padded_pairs * of_pair);
}

std::int64_t padded_pairs(const Frame& frame) {
  const auto offset = host_copy(frame.configuration().neighbors.offset);
  std::int64_t sum = 0;
  for (int i = 0; i < frame.configuration().n_local; ++i) sum += padded(offset(i + 1) - offset(i));
  return sum;
}

void store_jacobian_as(linalg::Precision storage, NetworkFeatures& f) {
  if (!is_short(storage)) return;
  const View<std::uint16_t*> to(uninitialized("projected_jacobian_16"), f.jacobian.extent(0));
  const auto from = f.jacobian;
  const bool half = storage == linalg::Precision::fp16;
  Kokkos::parallel_for(
      "store_jacobian", Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<std::int64_t>>(0, from.extent(0)),
      KOKKOS_LAMBDA(std::int64_t k) {
        const float x = from(k), cut = x > 65504.0f ? 65504.0f : (x < -65504.0f ? -65504.0f : x);
        to(k) = half ? linalg::to_fp16(cut) : linalg::to_bf16(x);
      });
  f.storage = storage;
  f.jacobian16 = to;
  f.jacobian = {};
}

BatchFeatures::BatchFeatures(const FrameBatch& batch, const ModelShape& model)
    : batch_(batch), components_(model.components), model_species_(model.species) {
  const Configuration& c = batch.configuration;
  const auto offset = host_copy(c.neighbors.offset);
  const auto number = host_copy(c.atomic_number);
  start_.push_back(0);
  for (int f = 0; f < batch.frames(); ++f) {
    std::vector<int> count(model.species, 0);
    for (int i = batch.first_atom[f]; i < batch.first_atom[f + 1]; ++i) {
      start_.push_back(start_.back() + padded(offset(i + 1) - offset(i)));
      int s = 0;
      while (s + 1 < model.species && model.element[s] != number(i)) ++s;
      species_.push_back(s);
      rank_.push_back(count[s]++);
    }
    count_.push_back(std::move(count));
  }
  all_.atoms = c.n_local;
  all_.padded_pairs = start_.back();
  all_.pair_start = upload("pair_start", start_.data(), c.n_local + 1);
  all_.x = RowMajor<float**>(uninitialized("x"), c.n_local, model.components);
  all_.jacobian = View<float*>("projected_jacobian", 3L * model.components * all_.padded_pairs);
  all_.pair_owner = View<int*>(uninitialized("pair_owner"), all_.padded_pairs);
  all_.pair_vector = View<float* [3]>("pair_vector", all_.padded_pairs);
  Kokkos::deep_copy(all_.pair_owner, -1);
}

void BatchFeatures::show(FeatureOutput& out) const {
  out.x = all_.x;
  out.pair_start = all_.pair_start;
  out.jacobian = all_.jacobian;
  out.pair_owner = all_.pair_owner;
  out.pair_vector = all_.pair_vector;
}

void BatchFeatures::link_pairs() {
  all_.pair_center = View<int*>(uninitialized("pair_center"), all_.padded_pairs);
  all_.pair_reverse = View<int*>(uninitialized("pair_reverse"), all_.padded_pairs);
  Kokkos::parallel_for(
      "pair_links", RangePolicy(0, all_.atoms),
      PairLinks{all_.pair_start, all_.pair_owner, all_.pair_vector, batch_.place, all_.pair_center, all_.pair_reverse});
}

NetworkFeatures BatchFeatures::part(int frame) const {
  const int first = batch_.first_atom[frame], end = batch_.first_atom[frame + 1];
  const int from = start_[first], to = start_[end];
  NetworkFeatures f = all_;  // of a single frame it is all, and stays where it is
  if (batch_.frames() > 1) {
    const std::int64_t of_pair = 3 * components_;
    f.atoms = end - first;
    f.padded_pairs = to - from;
    f.x = copied(all_.x, first, end);
    std::vector<int> start(start_.begin() + first, start_.begin() + end + 1);
    for (int& s : start) s -= from;
    f.pair_start = upload("pair_start", start.data(), f.atoms + 1);
    f.pair_owner = copied(all_.pair_owner, from, to);
    f.jacobian = copied(all_.jacobian, of_pair * from, of_pair * to);
    f.pair_vector = copied(all_.pair_vector, from, to);
    f.pair_center = copied(all_.pair_center, from, to);
    f.pair_reverse = copied(all_.pair_reverse, from, to);
  }
  f.species = upload("species", species_.data() + first, f.atoms);
  f.rank = upload("rank_in_species", rank_.data() + first, f.atoms);
  f.species_count = count_[frame];
  return f;
}

std::vector<NetworkFeatures> BatchFeatures::cut(linalg::Precision storage) {
  link_pairs();
  std::vector<NetworkFeatures> frames;
  for (int f = 0; f < batch_.frames(); ++f) {
    frames.push_back(part(f));
    store_jacobian_as(storage, frames.back());
  }
  return frames;
}

}  // namespace locum::potential
