#include "surrogates/potential/invariants/features.hpp"

#include <algorithm>

namespace locum::potential {
namespace {

template <class T>
View<const T*> to_device(const std::string& label, const std::vector<T>& values) {
  View<T*> view(uninitialized(label), values.size());
  const auto host = Kokkos::create_mirror_view(view);
  std::copy(values.begin(), values.end(), host.data());
  Kokkos::deep_copy(view, host);
  return view;
}

int padded(int pairs) { return (pairs + pair_padding - 1) / pair_padding * pair_padding; }

bool is_short(linalg::Precision storage) {
  return storage == linalg::Precision::bf16 || storage == linalg::Precision::fp16;
}

// The atom of each padded pair, and for a pair i → j with bond vector d the pair j → i with −d. Pairs at the very
// cut-off, which rounding may have given to one end only, have none: their forces are zero.
struct PairLinks {
  View<const int*> pair_start, pair_owner;
  View<const float* [3]> pair_vector;
  View<int*> pair_center, pair_reverse;

  KOKKOS_INLINE_FUNCTION void operator()(int i) const {
    for (int p = pair_start(i); p < pair_start(i + 1); ++p) {
      pair_center(p) = i;
      pair_reverse(p) = -1;
      const int j = pair_owner(p);
      if (j < 0) continue;
      float nearest = 1e-4f;  // Å²: images of one atom are ångströms apart, rounding is 1e-6 Å
      for (int q = pair_start(j); q < pair_start(j + 1); ++q) {
        if (pair_owner(q) != i) continue;
        float off = 0.0f;
        for (int x = 0; x < 3; ++x) {
          const float sum = pair_vector(p, x) + pair_vector(q, x);
          off += sum * sum;
        }
        if (off >= nearest) continue;
        nearest = off;
        pair_reverse(p) = q;
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

void FeatureExtractor::use(const NeuralPotential& potential) {
  model_ = potential.device();
  const InvariantSet& set = potential.invariants();
  std::vector<Segment> segments;
  std::vector<int> start{0};
  int value = 0;
  auto add = [&](int slot, int width) {
    const int stretch = set.radials * set.slots_per_channel;
    segments.push_back({slot / stretch, slot % stretch, width, value});
    value += width;
  };
  auto close = [&] { start.push_back(static_cast<int>(segments.size())); };
  for (int c = 0; c < set.channels; ++c) {
    add(c * set.slots_per_channel, 1);
    close();
  }
  for (const ThreeBody& t : set.three_body) {
    add(t.first, t.width);
    add(t.second, t.width);
    close();
  }
  for (const Coupling& c : set.couplings)
    for (int t = c.target; t < c.target_end; ++t) {
      add(c.first, c.first_width);
      add(c.second, c.second_width);
      add(set.targets[t].third, c.width);
      close();
    }
  plan_.values = value;
  plan_.segments = to_device("segments", segments);
  plan_.start = to_device("segment_start", start);
  const int M = set.count, d = model_.components;
  plan_.projection_packs = (d + lanes - 1) / lanes;
  std::vector<Pack> projection;
  for (const SpeciesParameters& s : potential.species())
    for (int m = 0; m < M; ++m)
      for (int b = 0; b < plan_.projection_packs; ++b) {
        Pack p(0.0);
        for (int e = 0; e < lanes && b * lanes + e < d; ++e) p.lane(e) = s.projection[m * d + b * lanes + e];
        projection.push_back(p);
      }
  plan_.projection = to_device("padded_projection", projection);
}

template <int L>
void FeatureExtractor::launch(const BlockInput& in, const FeatureOutput& out) {
  const WorkLayout layout(model_, schedule_.pair_packs);
  const int flying = std::min(blocks_in_flight, schedule_.n_blocks);
  WorkLayout wide = layout;
  wide.size += FeatureKernel<L>::extra(model_, plan_, layout.pair_packs);
  workspace_.fit(flying, wide.size, layout.pair_packs);
  FeatureKernel<L> kernel{{model_, in, {}, wide, workspace_, 0}, plan_, out, 0, 0, 0, 0, 0};
  kernel.place(layout.size);
  for (int first = 0; first < schedule_.n_blocks; first += flying) {
    kernel.base.first_block = first;
    Kokkos::parallel_for("features", RangePolicy(0, std::min(flying, schedule_.n_blocks - first)), kernel);
  }
}

void FeatureExtractor::run(const Frame& frame, const FeatureOutput& out) {
  const Configuration& c = frame.configuration();
  schedule_.arrange(model_, c);
  const BlockInput in{c.position,        c.atomic_number, c.neighbors.offset,
                      c.neighbors.index, schedule_.order, schedule_.blocks};
  switch (model_.l_max) {
    case 0:
      return launch<0>(in, out);
    case 1:
      return launch<1>(in, out);
    case 2:
      return launch<2>(in, out);
    case 3:
      return launch<3>(in, out);
    case 4:
      return launch<4>(in, out);
    default:
      return launch<5>(in, out);
  }
}

RowMajor<double**> FeatureExtractor::invariants(const Frame& frame) {
  FeatureOutput out;
  out.invariant = RowMajor<double**>(uninitialized("invariant"), frame.configuration().n_local, model_.invariants);
  run(frame, out);
  return out.invariant;
}

void FeatureExtractor::design_rows(const Frame& frame, const RowMajor<double**>& design) {
  FeatureOutput out;
  out.owner = frame.owner();
  out.design = design;
  Kokkos::deep_copy(design, 0.0);
  run(frame, out);
}

RowMajor<float**> FeatureExtractor::design_and_components(const Frame& frame, const RowMajor<double**>& design) {
  FeatureOutput out;
  out.owner = frame.owner();
  out.design = design;
  out.x = RowMajor<float**>(uninitialized("x"), frame.configuration().n_local, model_.components);
  Kokkos::deep_copy(design, 0.0);
  run(frame, out);
  return out.x;
}

NetworkFeatures FeatureExtractor::network(const Frame& frame, const RowMajor<double**>& design) {
  const Configuration& c = frame.configuration();
  const int n = c.n_local, d = model_.components;
  const auto offset = host_copy(c.neighbors.offset);
  const auto number = host_copy(c.atomic_number);
  NetworkFeatures f;
  f.atoms = n;
  f.pair_start = View<int*>(uninitialized("pair_start"), n + 1);
  f.species = View<int*>(uninitialized("species"), n);
  f.rank = View<int*>(uninitialized("rank_in_species"), n);
  f.species_count.assign(model_.species, 0);
  const auto start = Kokkos::create_mirror_view(f.pair_start);
  const auto species = Kokkos::create_mirror_view(f.species);
  const auto rank = Kokkos::create_mirror_view(f.rank);
  start(0) = 0;
  for (int i = 0; i < n; ++i) {
    start(i + 1) = start(i) + padded(offset(i + 1) - offset(i));
    species(i) = 0;
    while (species(i) + 1 < model_.species && model_.element[species(i)] != number(i)) ++species(i);
    rank(i) = f.species_count[species(i)]++;
  }
  f.padded_pairs = start(n);
  Kokkos::deep_copy(f.pair_start, start);
  Kokkos::deep_copy(f.species, species);
  Kokkos::deep_copy(f.rank, rank);
  f.x = RowMajor<float**>(uninitialized("x"), n, d);
  f.jacobian = View<float*>("projected_jacobian", 3L * d * f.padded_pairs);
  f.pair_owner = View<int*>(uninitialized("pair_owner"), f.padded_pairs);
  f.pair_vector = View<float* [3]>("pair_vector", f.padded_pairs);
  Kokkos::deep_copy(f.pair_owner, -1);
  FeatureOutput out;
  out.owner = frame.owner();
  if (design.extent(0) > 0) Kokkos::deep_copy(design, 0.0);
  out.design = design;
  out.x = f.x;
  out.pair_start = f.pair_start;
  out.jacobian = f.jacobian;
  out.pair_owner = f.pair_owner;
  out.pair_vector = f.pair_vector;
  run(frame, out);
  f.pair_center = View<int*>(uninitialized("pair_center"), f.padded_pairs);
  f.pair_reverse = View<int*>(uninitialized("pair_reverse"), f.padded_pairs);
  Kokkos::parallel_for("pair_links", RangePolicy(0, n),
                       PairLinks{f.pair_start, f.pair_owner, f.pair_vector, f.pair_center, f.pair_reverse});
  store_jacobian_as(storage_, f);
  return f;
}

}  // namespace locum::potential
