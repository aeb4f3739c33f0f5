// What a learner gathers of its frames' features, batch by batch: whitening, normal equations, moments.
#include <algorithm>

#include "surrogates/potential/training/learner_implementation.hpp"

namespace locum::potential {
namespace {

// Frames of a batch, held as long as it is worked on.
struct Geometries {
  std::vector<std::shared_ptr<const Frame>> kept;
  std::vector<const Frame*> frames;
  Geometries(FramePool& pool, const std::vector<int>& batch) {
    for (const int k : batch) {
      kept.push_back(pool.geometry(k));
      frames.push_back(kept.back().get());
    }
  }
};

std::vector<int> joined(const std::vector<std::vector<int>>& lists) {
  std::vector<int> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

}  // namespace

std::vector<std::vector<int>> PotentialLearner::Implementation::batches(const std::vector<int>& frames) const {
  std::vector<std::vector<int>> batches;
  std::int64_t atoms = 0;
  const int most = extractor.atoms_at_once(ridge.width());
  for (const int k : frames) {
    if (!pool.mine(k)) continue;
    const std::int64_t more = pool.at(k).facts.atoms;
    if (batches.empty() || atoms + more > most) {
      batches.emplace_back();
      atoms = 0;
    }
    batches.back().push_back(k);
    atoms += more;
  }
  return batches;
}

void PotentialLearner::Implementation::whiten() {
  const int S = static_cast<int>(potential->elements().size());
  extractor.use(*potential);
  Moments moments(context, S, potential->invariants().count);
  for (const auto& batch : batches(pool.with(Use::train))) {
    std::vector<std::vector<int>> species;
    for (const int k : batch) species.push_back(species_of(*pool.label(k)));
    moments.add(extractor.invariants(Geometries(pool, batch).frames), joined(species));
  }
  moments.commit();
  for (int z = 0; z < S; ++z)
    set_whitening(context, potential->config(), moments.mean(z), moments.covariance(z), potential->species()[z]);
  potential->upload();
  extractor.use(*potential);
}

// The label of a frame without what the core answers.
FrameLabel PotentialLearner::Implementation::beyond_core(int k, const Frame& geometry) {
  FrameLabel label = *pool.label(k);
  label.group = pool.at(k).group;
  if (geometry.min_distance() >= potential->core_outer()) return label;
  const auto core = pool.answer(core_step, k, false);
  label.energy -= core.energy;
  for (std::size_t i = 0; i < label.force.size(); ++i) label.force[i] -= core.force[i];
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b) label.virial[a][b] -= core.virial[a][b];
  return label;
}

void PotentialLearner::Implementation::gather_training(const std::vector<int>& frames, bool keep) {
  for (const int k : frames) ridge.declare_group(pool.at(k).group);
  RowMajor<double**> design;
  for (const auto& batch : batches(frames)) {
    const Geometries geometries(pool, batch);
    std::vector<FrameLabel> labels;
    std::vector<std::vector<int>> species;
    std::vector<Ridge::Labelled> labelled;
    int rows = 0;
    for (std::size_t f = 0; f < batch.size(); ++f) {
      labels.push_back(beyond_core(batch[f], *geometries.frames[f]));
      species.push_back(species_of(labels.back()));
      rows += design_rows_of(labels.back().atoms());
    }
    for (std::size_t f = 0; f < batch.size(); ++f) labelled.push_back({&labels[f], &species[f]});
    if (design.extent_int(0) != rows || design.extent_int(1) != ridge.width()) {
      design = {};
      design = RowMajor<double**>(uninitialized("design"), rows, ridge.width());
    }
    RowMajor<float**> x;
    if (keep && all_fit(batch)) {
      std::vector<NetworkFeatures> features = extractor.network(geometries.frames, design, &x);
      for (std::size_t f = 0; f < batch.size(); ++f) hold(batch[f], std::move(features[f]));
    } else {
      x = extractor.design_and_components(geometries.frames, design);
    }
    add_moments(x, species);
    ridge.add(design, labelled);
  }
  ridge.commit();
  distances.commit();
  frame_means.commit();
}

// x (Σ n, d) of the atoms of frames, with the species of each, and its means over the atoms of a frame and species.
void PotentialLearner::Implementation::add_moments(const RowMajor<float**>& x,
                                                   const std::vector<std::vector<int>>& species) {
  const int n = x.extent_int(0), d = x.extent_int(1);
  RowMajor<double**> copy(uninitialized("x_double"), n, d);
  Kokkos::deep_copy(copy, x);
  distances.add(copy, joined(species));
  const auto host = host_copy(copy);
  std::vector<double> means;
  std::vector<int> of;
  int first = 0;
  for (const std::vector<int>& frame : species) {
    for (int z = 0; z < static_cast<int>(potential->elements().size()); ++z) {
      const auto count = std::count(frame.begin(), frame.end(), z);
      if (count == 0) continue;
      of.push_back(z);
      means.resize(of.size() * d, 0.0);
      for (std::size_t i = 0; i < frame.size(); ++i)
        for (int c = 0; frame[i] == z && c < d; ++c)
          means[means.size() - d + c] += host(first + static_cast<int>(i), c) / static_cast<double>(count);
    }
    first += static_cast<int>(frame.size());
  }
  RowMajor<double**> mean(uninitialized("frame_mean"), of.size(), d);
  const auto mean_host = Kokkos::create_mirror_view(mean);
  std::copy(means.begin(), means.end(), mean_host.data());
  Kokkos::deep_copy(mean, mean_host);
  frame_means.add(mean, of);
}

void PotentialLearner::Implementation::make_samples(const std::vector<int>& frames) {
  std::vector<int> wanted;
  for (const int k : frames)
    if (pool.mine(k) && !(pool.at(k).sample && pool.at(k).sample->features.atoms > 0)) wanted.push_back(k);
  for (const auto& batch : batches(wanted)) {
    if (all_fit(batch)) {
      std::vector<NetworkFeatures> features = extractor.network(Geometries(pool, batch).frames);
      for (std::size_t f = 0; f < batch.size(); ++f) hold(batch[f], std::move(features[f]));
      continue;
    }
    for (const int k : batch)
      hold(k, feature_room.fits(sample_bytes(k)) ? extractor.network(*pool.geometry(k)) : NetworkFeatures());
  }
}

}  // namespace locum::potential
