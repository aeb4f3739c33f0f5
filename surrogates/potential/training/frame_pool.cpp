#include "surrogates/potential/training/frame_pool.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/together.hpp"

namespace locum::potential {
namespace {

constexpr int component[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}};

}  // namespace

FramePool::FramePool(Context context, double cutoff)
    : context_(std::move(context)), self_(Communicator::self()), cutoff_(cutoff) {}

void FramePool::add(FrameLabel label, Use use, const NeuralPotential& potential) {
  PoolFrame frame;
  for (const int z : label.atomic_number) {
    potential.species_of(z);  // throws where the potential does not know it
    frame.facts.elements.set(static_cast<std::size_t>(z));
  }
  frame.facts.atoms = label.atoms();
  frame.facts.trajectory = label.trajectory;
  frame.facts.weight = label.weight;
  frame.group = label.group;
  frame.use = use;
  frame.label = std::make_shared<const FrameLabel>(std::move(label));
  frames_.push_back(std::move(frame));
}

void FramePool::add(std::shared_ptr<const FrameSource> source, std::int64_t index, std::int64_t group, Use use) {
  PoolFrame frame;
  frame.facts = source->facts(index);
  frame.group = group;
  frame.use = use;
  frame.source = std::move(source);
  frame.index = index;
  frames_.push_back(std::move(frame));
}

void FramePool::truncate(int size) {
  for (int k = size; k < this->size(); ++k)
    if (frames_[k].geometry) geometry_room_.give_back(frames_[k].geometry->bytes());
  frames_.resize(size);
}

void FramePool::read_labels() {
  together(context_.comm, [this] {
    for (int k = 0; k < size(); ++k)
      if (mine(k) && frames_[k].source && !frames_[k].source->in_memory(frames_[k].index)) label(k);
  });
}

std::shared_ptr<const FrameLabel> FramePool::label(int k) {
  PoolFrame& frame = frames_[k];
  if (frame.label) return frame.label;
  auto label = frame.source->label(frame.index);
  if (!frame.source->in_memory(frame.index) && label_room_.take(label->bytes())) frame.label = label;
  return label;
}

std::vector<int> FramePool::with(Use use) const {
  std::vector<int> list;
  for (int k = 0; k < size(); ++k)
    if (frames_[k].use == use) list.push_back(k);
  return list;
}

std::shared_ptr<const Frame> FramePool::geometry(int k) {
  PoolFrame& frame = frames_[k];
  if (frame.geometry) return frame.geometry;
  auto geometry = std::make_shared<const Frame>(self_, *label(k), cutoff_);
  if (geometry_room_.take(geometry->bytes())) frame.geometry = geometry;
  return geometry;
}

FramePool::Ranges FramePool::ranges(const std::vector<int>& frames) {
  Ranges r{cutoff_, 1e300, -1e300};
  for (const int k : frames) {
    if (!mine(k)) continue;
    const auto label = this->label(k);
    if (label->has_energy) {
      r.min_energy = std::min(r.min_energy, label->energy / label->atoms());
      r.max_energy = std::max(r.max_energy, label->energy / label->atoms());
    }
    r.min_distance = std::min(r.min_distance, geometry(k)->min_distance());
  }
  r.min_distance = context_.comm.min(r.min_distance);
  r.min_energy = context_.comm.min(r.min_energy);
  r.max_energy = context_.comm.max(r.max_energy);
  return r;
}

FramePool::Answer FramePool::answer(PotentialStep& step, int k, bool with_score) {
  const auto geometry = this->geometry(k);
  const Configuration& c = geometry->configuration();
  AtomisticResult result = Atomistic::make_output(c);
  const int sample = 0;
  Answer answer;
  if (with_score) {
    step.evaluate_with_score(c, std::span<const int>(&sample, 1), result, std::span<double>(&answer.score, 1));
    const auto host = host_copy(step.atom_score());
    answer.atom_score.assign(host.data(), host.data() + c.n_local);
  } else {
    step.evaluate(c, std::span<const int>(&sample, 1), result);
  }
  answer.energy = result.energy;
  answer.virial = result.virial;
  const auto force = host_copy(result.force);
  for (int i = 0; i < c.n_local; ++i)
    for (int x = 0; x < 3; ++x) answer.force.push_back(force(i, x));
  return answer;
}

FramePool::Residual FramePool::residual(PotentialStep& step, int k, const Ridge& ridge) {
  const auto kept = this->label(k);
  const FrameLabel& label = *kept;
  const Answer a = answer(step, k, false);
  const Ridge::Offset offset = ridge.group_offset(frames_[k].group);
  Residual r;
  r.energy = label.has_energy ? label.energy - a.energy - label.atoms() * offset.energy : 0.0;
  r.force = label.force;
  for (std::size_t i = 0; i < r.force.size(); ++i) r.force[i] -= a.force[i];
  for (int v = 0; v < 6; ++v) {
    const int i = component[v][0], j = component[v][1];
    if (!label.has_virial) {
      r.virial[v] = 0.0;
      continue;
    }
    r.virial[v] = label.virial[i][j] - a.virial[i][j] - (i == j ? label.atoms() * offset.virial : 0.0);
  }
  return r;
}

void FramePool::add_metrics(PotentialStep& step, const std::vector<int>& frames, const Ridge& ridge,
                            const std::string& prefix, std::map<std::string, double>& metrics) {
  double sums[6] = {};  // squares of forces, of energies, of virials (per component), and their numbers
  for (const int k : frames) {
    if (!mine(k)) continue;
    const Residual r = residual(step, k, ridge);
    const auto label = this->label(k);
    const double n = label->atoms();
    for (const double f : r.force) sums[0] += f * f;
    sums[1] += r.energy * r.energy / (n * n);
    for (const double w : r.virial) sums[2] += w * w / (6.0 * n * n);
    sums[3] += 3.0 * n;
    sums[4] += label->has_energy;
    sums[5] += label->has_virial;
  }
  context_.comm.sum(std::span<double>(sums));
  metrics[prefix + "/force_rmse_eV_per_A"] = std::sqrt(sums[0] / std::max(sums[3], 1.0));
  if (sums[4] > 0.0) metrics[prefix + "/energy_rmse_meV_per_atom"] = 1e3 * std::sqrt(sums[1] / sums[4]);
  if (sums[5] > 0.0) metrics[prefix + "/virial_rmse_meV_per_atom"] = 1e3 * std::sqrt(sums[2] / sums[5]);
}

std::vector<train::CalibrationPair> FramePool::atom_pairs(PotentialStep& step, const std::vector<int>& frames) {
  std::vector<double> values;
  for (const int k : frames) {
    if (!mine(k)) continue;
    const Answer a = answer(step, k, true);
    const auto label = this->label(k);
    const std::vector<double>& truth = label->force;
    for (std::size_t i = 0; i < a.atom_score.size(); ++i) {
      values.push_back(a.atom_score[i]);
      values.push_back(std::hypot(truth[3 * i] - a.force[3 * i], truth[3 * i + 1] - a.force[3 * i + 1],
                                  truth[3 * i + 2] - a.force[3 * i + 2]));
    }
  }
  const std::vector<double> all = context_.comm.all_gather(std::span<const double>(values));
  std::vector<train::CalibrationPair> pairs;
  for (std::size_t i = 0; i + 1 < all.size(); i += 2) pairs.push_back({all[i], all[i + 1]});
  return pairs;
}

std::vector<FrameError> FramePool::frame_errors(PotentialStep& step, const std::vector<int>& frames) {
  std::vector<double> values(3 * frames.size(), 0.0);  // each rank fills in its own, the sum is everybody's
  for (std::size_t f = 0; f < frames.size(); ++f) {
    const int k = frames[f];
    if (!mine(k)) continue;
    const Answer a = answer(step, k, true);
    const auto label = this->label(k);
    const std::vector<double>& truth = label->force;
    double largest = 0.0, squares = 0.0;
    for (std::size_t i = 0; i < truth.size(); i += 3) {
      const double error =
          std::hypot(truth[i] - a.force[i], truth[i + 1] - a.force[i + 1], truth[i + 2] - a.force[i + 2]);
      largest = std::max(largest, error);
      squares += error * error;
    }
    values[3 * f] = a.score;
    values[3 * f + 1] = largest;
    values[3 * f + 2] = std::sqrt(squares / std::max<double>(1.0, static_cast<double>(truth.size())));
  }
  context_.comm.sum(std::span<double>(values));
  std::vector<FrameError> errors;
  for (std::size_t f = 0; f < frames.size(); ++f)
    errors.push_back({values[3 * f], values[3 * f + 1], values[3 * f + 2]});
  return errors;
}

std::vector<train::CalibrationPair> FramePool::calibration(PotentialStep& step, const std::vector<int>& frames) {
  std::vector<train::CalibrationPair> pairs;
  for (const FrameError& e : frame_errors(step, frames)) pairs.push_back({e.score, e.largest});
  return pairs;
}

}  // namespace locum::potential
