// What a learner holds of its frames' features, and the forecast of what it will need.
#include <algorithm>

#include "kokkos_kernels/base/memory.hpp"
#include "surrogates/potential/training/learner_implementation.hpp"

namespace locum::potential {

std::uint64_t PotentialLearner::Implementation::sample_bytes(int k) {
  const auto frame = pool.geometry(k);
  const int n = frame->configuration().n_local;
  return feature_bytes(n, padded_pairs(*frame), potential->config().components,
                       linalg::precision_of(training.precision)) +
         3 * sizeof(float) * n;
}

void PotentialLearner::Implementation::hold(int k, NetworkFeatures features) {
  auto& sample = pool.at(k).sample;
  if (!sample) sample = std::make_shared<NetworkSample>();
  if (features.atoms > 0 && feature_room.take(sample_bytes(k))) sample->features = std::move(features);
}

bool PotentialLearner::Implementation::all_fit(const std::vector<int>& frames) {
  std::uint64_t bytes = 0;
  for (const int k : frames) bytes += sample_bytes(k);
  return feature_room.fits(bytes);
}

std::shared_ptr<const NetworkSample> PotentialLearner::Implementation::sample(int k) {
  if (!pool.mine(k)) return nullptr;
  const std::shared_ptr<NetworkSample>& kept = pool.at(k).sample;
  if (kept->features.atoms > 0) return kept;
  auto made = std::make_shared<NetworkSample>(*kept);
  made->features = extractor.network(*pool.geometry(k));
  return made;
}

void PotentialLearner::Implementation::drop_sample(int k) {
  auto& sample = pool.at(k).sample;
  if (sample && sample->features.atoms > 0) {
    const NetworkFeatures& f = sample->features;
    feature_room.give_back(feature_bytes(f.atoms, f.padded_pairs, f.x.extent_int(1), f.storage) +
                           3 * sizeof(float) * f.atoms);
  }
  sample.reset();
}

// Seconds that the features of frames take against seconds that the network spends on them, for a batch of rank 0's.
double PotentialLearner::Implementation::remaking_cost() {
  double ratio = 0.0;
  together(context.comm, [&] {
    if (!context.comm.is_root()) return;
    Context alone = context;
    alone.comm = Communicator::self();
    extractor.use(*potential);
    NetworkObjective objective(alone, shape(), static_cast<int>(potential->species().size()), training);
    std::vector<Frame> frames;
    std::vector<std::shared_ptr<NetworkSample>> samples;
    std::vector<int> batch;
    for (int k = 0; k < pool.size() && static_cast<int>(batch.size()) < training.batch_frames; ++k) {
      if (!pool.mine(k) || pool.at(k).use != Use::train) continue;
      frames.emplace_back(alone.comm, *pool.label(k), potential->config().cutoff);
      samples.push_back(std::make_shared<NetworkSample>());
      samples.back()->force = View<float* [3]>("residual_force", pool.at(k).facts.atoms);
      objective.add_training(std::shared_ptr<const NetworkSample>(samples.back()));
      batch.push_back(static_cast<int>(batch.size()));
    }
    const std::vector<double> none(objective.parameters(), 0.0);
    std::vector<double> gradient(none.size());
    double making = 1e30, learning = 1e30;
    for (int turn = 0; turn < 3; ++turn) {  // the best of a few: others may be at work on this machine
      const Stopwatch make;
      for (std::size_t k = 0; k < frames.size(); ++k) samples[k]->features = extractor.network(frames[k]);
      context.space.fence();
      making = std::min(making, make.seconds());
      const Stopwatch learn;
      objective.gradient(none, batch, gradient);
      learning = std::min(learning, learn.seconds());
    }
    ratio = making / std::max(learning, 1e-9);
  });
  context.comm.broadcast(ratio);
  return ratio;
}

void PotentialLearner::Implementation::plan_memory() {
  const int species = static_cast<int>(potential->species().size());
  const double before = static_cast<double>(resident_memory());
  const double share = memory_share(context, training.memory_GiB), host = host_share(context);
  const ExtractionMemory extraction = extraction_memory(share);
  extractor.use_memory(extraction);
  const MemoryNeeds needs = estimate_needs(context, pool, potential->config(), potential->invariants().count, species,
                                           ridge.groups(), training, extraction);
  MemoryNeeds placed = needs;
  if (!device_is_host) placed.labels = 0.0;  // the device does not hold them
  MemoryRooms rooms;
  together(context.comm, [&] { rooms = share_out(placed, share); });
  if (!device_is_host) rooms.labels = static_cast<std::uint64_t>(std::min(0.5 * host, 1e18));
  pool.label_room().set_limit(rooms.labels);
  pool.geometry_room().set_limit(rooms.geometries);
  feature_room.set_limit(rooms.features);
  const double labels = std::min(needs.labels, static_cast<double>(rooms.labels)),
               geometries = std::min(needs.geometries, static_cast<double>(rooms.geometries)),
               features = std::min(needs.features, static_cast<double>(rooms.features));
  const double on_device =
      needs.batch + (features < needs.features ? needs.batch_features : 0.0) + features + geometries;
  double sums[] = {
      needs.labels + needs.geometries, labels + geometries, needs.features, features, needs.equations, share};
  context.comm.sum(std::span<double>(sums));
  const double peak = before + needs.equations + labels + (device_is_host ? on_device : 0.0);
  forecast = {sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], context.comm.max(peak), 1.0, !device_is_host};
  if (forecast.held_share() < 1.0) forecast.slow_down = 1.0 + (1.0 - forecast.held_share()) * remaking_cost();
}

}  // namespace locum::potential
