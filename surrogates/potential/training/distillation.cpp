#include "surrogates/potential/training/distillation.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/linalg/dense.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "surrogates/nn/committee.hpp"
#include "surrogates/potential/invariants/features.hpp"
#include "surrogates/potential/training/frame_parts.hpp"
#include "surrogates/potential/training/frame_pool.hpp"

namespace locum::potential {
namespace {

constexpr double least_spread2 = 1e-24;  // under the logarithm: members that agree to rounding

// frame.trajectory made explicit: numbers from 0 in the order in which the split sorts them.
std::vector<std::int64_t> explicit_trajectories(const std::vector<FieldSet>& frames) {
  std::vector<std::int64_t> trajectory = trajectories_of(frames);
  const std::set<std::int64_t> sorted(trajectory.begin(), trajectory.end());
  for (auto& t : trajectory) t = std::distance(sorted.begin(), sorted.find(t));
  return trajectory;
}

// The teacher's labels for a frame; `truth` of its own where it has some.
void relabel(PotentialStep& step, double cutoff, double truth, FrameLabel& label) {
  const Frame frame(Communicator::self(), label, cutoff);
  AtomisticResult answer = Atomistic::make_output(frame.configuration());
  const int sample = 0;
  step.evaluate(frame.configuration(), std::span<const int>(&sample, 1), answer);
  const auto force = host_copy(answer.force);
  const double of_energy = label.has_energy ? truth : 0.0, of_virial = label.has_virial ? truth : 0.0;
  for (std::size_t k = 0; k < label.force.size(); ++k)
    label.force[k] = truth * label.force[k] + (1.0 - truth) * force(k / 3, k % 3);
  label.energy = of_energy * label.energy + (1.0 - of_energy) * answer.energy;
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b)
      label.virial[a][b] = of_virial * label.virial[a][b] + (1.0 - of_virial) * answer.virial[a][b];
  label.has_energy = label.has_virial = true;
}

// A copy whose score is the spread and nothing else; a pair nearer than those of its data must not add to it.
std::shared_ptr<NeuralPotential> only_spread(const NeuralPotential& potential) {
  auto bare = std::make_shared<NeuralPotential>(potential);
  bare->score = {0.0, 1.0, 0.0};
  bare->min_distance = 0.0;
  bare->upload();
  return bare;
}

double log_square(double spread) { return std::log(std::max(spread * spread, least_spread2)); }

// Normal equations of log spread² = head · (h2, 1) for each species.
class HeadEquations {
 public:
  HeadEquations(int species, int hidden)
      : width_(hidden + 1), sums_(static_cast<std::size_t>(species) * stretch(), 0.0) {}
  // row: (hidden + 1), the last is 1.
  void add(int species, const std::vector<double>& row, double target) {
    double* s = &sums_[species * stretch()];
    for (int r = 0; r < width_; ++r) {
      for (int c = 0; c < width_; ++c) s[r * width_ + c] += row[r] * row[c];
      s[width_ * width_ + r] += row[r] * target;
    }
    s[width_ * width_ + width_] += target * target;
  }
  std::vector<double>& sums() { return sums_; }

  std::vector<double> solve(const ExecutionSpace& space, int species) const {
    const double* s = &sums_[species * stretch()];
    linalg::Matrix<double> a(uninitialized("head_normal"), width_, width_), x(uninitialized("head"), 1, width_);
    const auto a_host = Kokkos::create_mirror_view(a), x_host = Kokkos::create_mirror_view(x);
    for (int r = 0; r < width_; ++r) {
      for (int c = 0; c < width_; ++c) a_host(r, c) = s[r * width_ + c];
      // Neurons that say the same on all data share the weight; the constant is free.
      a_host(r, r) += r + 1 < width_ ? 1e-4 * count(species) + 1e-12 : 1e-12;
      x_host(0, r) = s[width_ * width_ + r];
    }
    Kokkos::deep_copy(a, a_host);
    Kokkos::deep_copy(x, x_host);
    linalg::cholesky(space, a);
    linalg::cholesky_solve(space, a, x);
    const auto host = host_copy(x);
    return {host.data(), host.data() + width_};
  }
  double count(int species) const { return sums_[species * stretch() + width_ * width_ - 1]; }
  // Σ (target − mean)² and Σ (target − head · row)².
  std::pair<double, double> squares(int species, const std::vector<double>& head) const {
    const double* s = &sums_[species * stretch()];
    const double* right = s + width_ * width_;
    double left = right[width_];
    for (int r = 0; r < width_; ++r) {
      left -= 2.0 * head[r] * right[r];
      for (int c = 0; c < width_; ++c) left += head[r] * s[r * width_ + c] * head[c];
    }
    return {right[width_] - right[width_ - 1] * right[width_ - 1] / std::max(count(species), 1.0), left};
  }

 private:
  int stretch() const { return width_ * width_ + width_ + 1; }
  int width_;
  std::vector<double> sums_;  // for each species: Σ row rowᵀ, Σ row target, Σ target²
};

// h2 of the student's network for each atom of one frame, (n, hidden), from its invariants.
std::vector<double> last_layer(const NeuralPotential& student, FeatureExtractor& extractor, const Frame& frame,
                               const std::vector<int>& species) {
  const auto q = host_copy(extractor.invariants(frame));
  const int n = q.extent_int(0), M = q.extent_int(1), d = student.config().components, h = student.config().hidden;
  std::vector<double> layer(static_cast<std::size_t>(n) * h);
  for (std::size_t z = 0; z < student.species().size(); ++z) {
    std::vector<int> atoms;
    for (int i = 0; i < n; ++i)
      if (species[i] == static_cast<int>(z)) atoms.push_back(i);
    if (atoms.empty()) continue;
    const SpeciesParameters& p = student.species()[z];
    const int rows = static_cast<int>(atoms.size());
    linalg::Matrix<double> x("student_x", rows, d);
    const auto x_host = Kokkos::create_mirror_view(x);
    Kokkos::deep_copy(x_host, 0.0);
    for (int r = 0; r < rows; ++r)
      for (int m = 0; m < M; ++m) {
        const double off = q(atoms[r], m) - p.mean[m];
        for (int k = 0; k < d; ++k) x_host(r, k) += off * p.projection[m * d + k];
      }
    Kokkos::deep_copy(x, x_host);
    nn::Committee<double> network({1, d, h});
    network.set_parameters(p.network);
    nn::Committee<double>::Cache cache;
    network.forward(x, rows, cache);
    const auto h2 = host_copy(cache.h2);
    for (int r = 0; r < rows; ++r)
      for (int k = 0; k < h; ++k) layer[static_cast<std::size_t>(atoms[r]) * h + k] = h2(r, k);
  }
  return layer;
}

}  // namespace

void DistillConfig::visit(ConfigVisitor& v) {
  v.value({"teacher", "", "model file of a committee that a single network learns from; empty: no distillation"},
          teacher);
  v.value({"hidden", "", "neurons in each of its hidden layers; 0: as many as the teacher's", {0, 256}}, hidden);
  v.value({"copies", "", "rattled copies of each training frame, labelled by the teacher", {0, 100}}, copies);
  v.value({"rattle", "Angstrom", "standard deviation of their displacements", {0.0, 0.5}}, rattle);
  v.value({"truth", "", "weight of the true labels of the training frames; the teacher's have the rest", {0.0, 1.0}},
          truth);
}

void DistillConfig::validate() const {
  if (hidden < 0 || copies < 0 || rattle < 0.0 || truth < 0.0 || truth > 1.0)
    throw ConfigError("a number is out of range", "distill", "hidden, copies and rattle ≥ 0, 0 ≤ truth ≤ 1");
}

std::shared_ptr<NeuralPotential> student_of(const NeuralPotential& teacher, const DistillConfig& config) {
  PotentialConfig shape = teacher.config();
  shape.members = 1;
  if (config.hidden > 0) shape.hidden = config.hidden;
  auto student = std::make_shared<NeuralPotential>(shape, teacher.elements(), teacher.kept_invariants());
  for (std::size_t z = 0; z < teacher.species().size(); ++z) {
    SpeciesParameters& s = student->species()[z];
    const std::vector<double> none = s.network;
    s = teacher.species()[z];
    s.network = none;
    s.spread_head.clear();
  }
  student->score = teacher.score;
  student->min_distance = teacher.min_distance;
  student->default_core = teacher.default_core;
  student->min_energy = teacher.min_energy;
  student->max_energy = teacher.max_energy;
  student->provenance = teacher.provenance;
  student->upload();
  return student;
}

std::vector<FieldSet> distillation_frames(const std::shared_ptr<const NeuralPotential>& teacher,
                                          const std::vector<FieldSet>& frames, const TrainingConfig& training,
                                          const DistillConfig& config, std::uint64_t seed) {
  const double cutoff = teacher->config().cutoff;
  const auto parts = parts_of(frames, training);
  const auto trajectory = explicit_trajectories(frames);
  PotentialStep step(teacher);
  std::vector<FieldSet> all, copies;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    FrameLabel label = read_label(frames[f], static_cast<std::int64_t>(f));
    label.trajectory = trajectory[f];
    const FrameLabel original = label;
    if (parts[f] == train::Part::train) relabel(step, cutoff, config.truth, label);
    if (parts[f] == train::Part::validation) relabel(step, cutoff, 0.0, label);
    all.push_back(write_label(label));
    if (parts[f] != train::Part::train) continue;
    for (int copy = 0; copy < config.copies; ++copy) {
      FrameLabel rattled = original;
      for (std::size_t k = 0; k < rattled.position.size(); ++k)
        rattled.position[k] +=
            config.rattle * random::normal_pair(seed, random::Stream::displacement, k, f, copy).first;
      relabel(step, cutoff, 0.0, rattled);
      copies.push_back(write_label(rattled));
    }
  }
  all.insert(all.end(), copies.begin(), copies.end());
  return all;
}

double fit_spread_head(const Context& context, const std::shared_ptr<const NeuralPotential>& teacher,
                       const std::shared_ptr<NeuralPotential>& student, const std::vector<FieldSet>& frames) {
  if (student->config().members != 1 || teacher->config().members < 2 || !teacher->use_network)
    throw ConfigError("a student of one network and a teacher with a committee in use were expected", "fit_spread_head",
                      "distil a model that was trained with potential.members > 1");
  const auto spread = only_spread(*teacher);
  PotentialStep step(spread);
  FramePool pool(context, teacher->config().cutoff);
  pool.geometry_room().set_limit(0);  // each is asked for once or twice
  for (std::size_t f = 0; f < frames.size(); ++f)
    pool.add(read_label(frames[f], static_cast<std::int64_t>(f)), Use::train, *teacher);
  FeatureExtractor extractor;
  extractor.use(*student);
  const int h = student->config().hidden, S = static_cast<int>(student->species().size());
  HeadEquations equations(S, h);
  for (int k = 0; k < pool.size(); ++k) {
    if (!pool.mine(k)) continue;
    const auto answer = pool.answer(step, k, true);
    std::vector<int> species;
    const auto label = pool.label(k);
    for (const int z : label->atomic_number) species.push_back(student->species_of(z));
    const auto layer = last_layer(*student, extractor, *pool.geometry(k), species);
    for (std::size_t i = 0; i < answer.atom_score.size(); ++i) {
      std::vector<double> row(layer.begin() + i * h, layer.begin() + (i + 1) * h);
      row.push_back(1.0);
      equations.add(species[i], row, log_square(answer.atom_score[i]));
    }
  }
  context.comm.sum(std::span<double>(equations.sums()));
  double variance = 0.0, left = 0.0;
  for (int z = 0; z < S; ++z) {
    student->species()[z].spread_head = equations.solve(context.space, z);
    const auto [all, rest] = equations.squares(z, student->species()[z].spread_head);
    variance += all;
    left += rest;
  }
  student->upload();
  return variance > 0.0 ? 1.0 - left / variance : 0.0;
}

double explained_spread(const Context& context, const NeuralPotential& teacher, const NeuralPotential& student,
                        const std::vector<FieldSet>& frames) {
  PotentialStep of_teacher(only_spread(teacher)), of_student(only_spread(student));
  FramePool pool(context, teacher.config().cutoff);
  pool.geometry_room().set_limit(0);
  for (std::size_t f = 0; f < frames.size(); ++f)
    pool.add(read_label(frames[f], static_cast<std::int64_t>(f)), Use::train, teacher);
  double sums[4] = {};  // Σ y, Σ y², Σ (y − student's)², number
  for (int k = 0; k < pool.size(); ++k) {
    if (!pool.mine(k)) continue;
    const auto truth = pool.answer(of_teacher, k, true).atom_score, guess = pool.answer(of_student, k, true).atom_score;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const double y = log_square(truth[i]), off = y - log_square(guess[i]);
      sums[0] += y;
      sums[1] += y * y;
      sums[2] += off * off;
      sums[3] += 1.0;
    }
  }
  context.comm.sum(std::span<double>(sums));
  const double variance = sums[1] - sums[0] * sums[0] / std::max(1.0, sums[3]);
  return variance > 0.0 ? 1.0 - sums[2] / variance : 0.0;
}

}  // namespace locum::potential
