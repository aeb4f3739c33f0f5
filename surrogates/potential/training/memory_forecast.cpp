#include "surrogates/potential/training/memory_forecast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "kokkos_kernels/base/together.hpp"

namespace locum::potential {
namespace {

constexpr double usable_share = 0.8;         // of what is left when nothing is said: others live on the node too
constexpr double small_share = 0.1;          // labels and geometries, before features that do not fit anyway
constexpr std::int64_t counted_frames = 24;  // in which neighbours are counted …
constexpr double counted_work = 2e8;         // … unless they are so large that counting takes a second

// Bytes and pairs an atom, from a few of this rank's frames spread over all.
struct Densities {
  double geometry_bytes = 0.0, padded_pairs = 0.0;
};

Densities count_neighbors(const Context& context, FramePool& pool, double cutoff) {
  std::vector<int> mine;
  for (int k = 0; k < pool.size(); ++k)
    if (pool.mine(k)) mine.push_back(k);
  double atoms = 0.0, work = 0.0;
  Densities sum;
  together(context.comm, [&] {
    const auto own = static_cast<std::int64_t>(mine.size());
    for (std::int64_t s = 0; s < std::min(own, counted_frames) && (s == 0 || work < counted_work); ++s) {
      const PoolFrame& one = pool.at(mine[(2 * s + 1) * own / (2 * std::min(own, counted_frames))]);
      const Frame frame(Communicator::self(), *(one.source ? one.source->label(one.index) : one.label), cutoff);
      const Configuration& c = frame.configuration();
      atoms += c.n_local;
      work += static_cast<double>(c.n_local) * (c.n_local + c.n_ghost);
      sum.geometry_bytes += static_cast<double>(frame.bytes());
      sum.padded_pairs += static_cast<double>(padded_pairs(frame));
    }
  });
  if (atoms > 0.0) {
    sum.geometry_bytes /= atoms;
    sum.padded_pairs /= atoms;
  }
  return sum;
}

}  // namespace

MemoryNeeds estimate_needs(const Context& context, FramePool& pool, const PotentialConfig& potential, int invariants,
                           int species, int groups, const TrainingConfig& training,
                           const ExtractionMemory& extraction) {
  const linalg::Precision storage = linalg::precision_of(training.precision);
  const Densities density = count_neighbors(context, pool, potential.cutoff);
  const double M = invariants, d = potential.components, S = species, C = potential.members, h = potential.hidden;
  const auto features_of = [&](double atoms) {
    return static_cast<double>(feature_bytes(1, 0, potential.components, storage) + 3 * sizeof(float)) * atoms +
           static_cast<double>(feature_bytes(0, 1, potential.components, storage)) * density.padded_pairs * atoms;
  };
  MemoryNeeds needs;
  double learned = 0.0, largest = 0.0, seen = 0.0, all = 0.0;
  for (int k = 0; k < pool.size(); ++k) {
    if (!pool.mine(k)) continue;
    const PoolFrame& frame = pool.at(k);
    const double atoms = frame.facts.atoms;
    if (frame.source && !frame.source->in_memory(frame.index)) needs.labels += sizeof(FrameLabel) + 52.0 * atoms;
    needs.geometries += sizeof(Frame) + density.geometry_bytes * atoms;
    largest = std::max(largest, atoms);
    all += atoms;
    if (frame.use != Use::train && frame.use != Use::validation && frame.use != Use::replay) continue;
    needs.features += features_of(atoms);
    learned += 1.0;
    seen += atoms;
  }
  if (!training.network || training.epochs == 0) needs.features = 0.0;
  // The sums of all ranks and of this one, and what a checkpoint holds of them: two copies and a buffer. (Whitening's
  // moments are gone before the first features come, and no larger.)
  const double width = S * M + S + 2.0 * std::max(groups - 1, 0) + 1.0;
  needs.equations = 8.0 * 5.0 * width * width;
  // What a batch of extraction shares, or the rows of the largest frame and a copy; the workspaces of blocks; the
  // network's inputs, hidden layers and slopes.
  const double block =
      block_bytes(invariants, species, potential.radials, std::max(potential.l_max, potential.four_body_l_max),
                  potential.components, density.padded_pairs);
  const double workspace = std::max(block, std::min(extraction.workspace, all / lanes * block));
  const double of_atom = 8.0 * (3.0 * width + M) + 2.0 * features_of(1.0);
  const double frames = std::min(
      learned, std::ceil(training.batch_frames / double(context.comm.size())) + (context.comm.size() > 1 ? 2.0 : 0.0));
  const double batch_atoms = learned > 0.0 ? frames * seen / learned : 0.0;
  needs.batch =
      std::max(8.0 * 1.2 * (3.0 * largest + 7.0) * width, std::min(extraction.batch, all * of_atom)) + workspace;
  if (needs.features > 0.0) {
    needs.batch += batch_atoms * sizeof(float) * (d + C * (2.0 * d + 11.0 * h + 5.0));
    needs.batch_features = features_of(batch_atoms);
  }
  return needs;
}

ExtractionMemory extraction_memory(double share) {
  // On a CPU the same for any budget: a batch decides in which order sums are taken.
  if (device_is_host) return {};
  return {std::min(16.0 * (1 << 30), 0.125 * share), std::min(2.0 * (1 << 30), 0.03 * share)};
}

MemoryRooms share_out(const MemoryNeeds& needs, double available) {
  const double small = needs.labels + needs.geometries;
  double rest = available - needs.equations - needs.batch;
  const bool all = rest >= small + needs.features;
  if (!all) rest -= needs.batch_features;
  if (rest < 0.0)
    throw ConfigError(
        fmt::format("training needs at least {} a rank ({} of normal equations, {} for one batch), {} are "
                    "there",
                    bytes_text(available - rest), bytes_text(needs.equations),
                    bytes_text(needs.batch + needs.batch_features), bytes_text(available)),
        "training.memory_GiB",
        needs.equations > 0.5 * available
            ? "fewer invariants (radials, l_max, four_body_radials) or fewer ranks on a node"
            : "a smaller batch_frames, fewer ranks on a node, or smaller frames");
  const auto bytes = [](double b) { return b < 1e19 ? static_cast<std::uint64_t>(b) : UINT64_MAX; };
  if (all) {  // what is left over is for what the estimate did not see
    const double spare = rest - small - needs.features;
    return {bytes(needs.labels + 0.1 * spare), bytes(needs.geometries + 0.1 * spare),
            bytes(needs.features + 0.8 * spare)};
  }
  const double cap = needs.features > 0.0 ? std::max(small_share * rest, rest - needs.features) : rest;
  const double labels = std::min(needs.labels, cap), geometries = std::min(needs.geometries, cap - labels);
  return {bytes(labels), bytes(geometries), bytes(rest - labels - geometries)};
}

double host_share(const Context& context) {
  const auto left = static_cast<double>(available_memory());
  const int sharing = ranks_on_node(context.comm);
  return left > 0.0 ? usable_share * left / sharing : std::numeric_limits<double>::infinity();
}

double memory_share(const Context& context, double memory_GiB) {
  const int sharing = ranks_on_device(context.comm);
  if (memory_GiB > 0.0) return memory_GiB * 1024.0 * 1024.0 * 1024.0 / sharing;
  if (device_is_host) return host_share(context);
  const auto left = static_cast<double>(available_device_memory());
  return left > 0.0 ? usable_share * left / sharing : std::numeric_limits<double>::infinity();
}

std::string MemoryForecast::text() const {
  std::string text = "memory: ";
  if (features > 0.0) text += bytes_text(features) + " of features, ";
  text += fmt::format(
      "{} of normal equations, {} of labels and geometries, {}{}: ", bytes_text(equations), bytes_text(frames),
      std::isfinite(available) ? bytes_text(available) + " available" : "what is available is not known",
      device ? " on the device" : "");
  if (held_share() >= 1.0 && held_frames >= frames) return text + "all stays in memory";
  if (held_share() >= 1.0)
    return text + fmt::format(
                      "{:.0f} % of labels and geometries stay in memory, the rest is read and built when it is "
                      "wanted",
                      100.0 * held_frames / frames);
  return text + fmt::format(
                    "{:.0f} % of the features stay in memory, the rest is made anew every epoch (about {:.1f} "
                    "times slower)",
                    100.0 * held_share(), slow_down);
}

}  // namespace locum::potential
