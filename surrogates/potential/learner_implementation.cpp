#include "surrogates/potential/learner_implementation.hpp"

#include <algorithm>
#include <set>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/potential/frame_parts.hpp"
#include "surrogates/potential/score_fit.hpp"

namespace locum::potential {
namespace {

// Outer end of the core in smallest distances of the data: later labels, hotter ones, may come that near without having
// to unlearn a core of some electronvolts.
constexpr double core_share = 0.85;

std::vector<int> elements_of(const std::vector<FieldSet>& frames) {
  std::set<int> elements;
  for (const auto& f : frames)
    for (const auto z : f.integer("atomic_number")) elements.insert(static_cast<int>(z));
  return {elements.begin(), elements.end()};
}

}  // namespace

PotentialLearner::Implementation::Implementation(Context context_, PotentialConfig config, TrainingConfig training_,
                                                 std::vector<FieldSet> frames,
                                                 const std::vector<int>& kept)
    : context(std::move(context_)),
      training(training_),
      potential(std::make_shared<NeuralPotential>(config, elements_of(frames), kept)),
      core_only(std::make_shared<NeuralPotential>(config, elements_of(frames), kept)),
      step(potential),
      core_step(core_only),
      pool(context, config.cutoff),
      ridge(context, static_cast<int>(potential->elements().size()), potential->invariants().count, training_),
      distances(context, static_cast<int>(potential->elements().size()), potential->config().components) {
  training.validate();
  std::vector<FrameLabel> labels;
  for (std::size_t k = 0; k < frames.size(); ++k) labels.push_back(label_of(frames[k], static_cast<std::int64_t>(k)));
  const auto part = parts_of(frames, training);
  for (std::size_t k = 0; k < labels.size(); ++k) {
    const Use use = part[k] == train::Part::train        ? Use::train
                    : part[k] == train::Part::validation ? Use::validation
                                                         : Use::test;
    pool.add(std::move(labels[k]), use, *potential);
  }
  initial_frames = pool.size();
  for (const int k : pool.with(Use::train)) ridge.declare_group(pool.at(k).label.group);
}

FrameLabel PotentialLearner::Implementation::label_of(const FieldSet& fields, std::int64_t index) const {
  FrameLabel label = read_label(fields, index);
  if (training.offsets == "size") label.group = label.atoms();
  if (training.offsets == "source" && fields.has("source")) label.group = fields.integer_scalar("source");
  return label;
}

nn::CommitteeShape PotentialLearner::Implementation::shape() const {
  const PotentialConfig& c = potential->config();
  return {c.members, c.components, c.hidden};
}

train::TrainerConfig PotentialLearner::Implementation::trainer_config() const {
  return {training.epochs,   training.batch_frames, training.learning_rate, training.warm_up, training.ema_decay,
          training.patience, context.seed};
}

void PotentialLearner::Implementation::set_ranges(const std::vector<int>& frames) {
  const FramePool::Ranges r = pool.ranges(frames);
  const bool first = potential->min_distance == 0.0;
  potential->min_distance = first ? r.min_distance : std::min(potential->min_distance, r.min_distance);
  potential->min_energy = first ? r.min_energy : std::min(potential->min_energy, r.min_energy);
  potential->max_energy = first ? r.max_energy : std::max(potential->max_energy, r.max_energy);
  // The core ends before data begin, once and for all: what was fitted stays consistent with it.
  if (first) potential->default_core = core_share * potential->min_distance;
  core_only->default_core = potential->default_core;
  core_only->upload();
  potential->upload();
}

void PotentialLearner::Implementation::whiten() {
  const int S = static_cast<int>(potential->elements().size());
  extractor.use(*potential);
  Moments moments(context, S, potential->invariants().count);
  for (const int k : pool.with(Use::train))
    if (pool.mine(k)) moments.add(extractor.invariants(pool.geometry(k)), pool.at(k).species);
  moments.commit();
  for (int z = 0; z < S; ++z)
    set_whitening(context, potential->config(), moments.mean(z), moments.covariance(z), potential->species()[z]);
  potential->upload();
  extractor.use(*potential);
}

void PotentialLearner::Implementation::gather_training(const std::vector<int>& frames, bool keep) {
  for (const int k : frames) ridge.declare_group(pool.at(k).label.group);
  RowMajor<double**> design;
  for (const int k : frames) {
    if (!pool.mine(k)) continue;
    const int rows = 3 * pool.at(k).label.atoms() + 7;
    if (design.extent_int(0) != rows || design.extent_int(1) != ridge.width())
      design = RowMajor<double**>(uninitialized("design"), rows, ridge.width());
    NetworkFeatures features;
    if (keep)
      features = extractor.network(pool.geometry(k), design);
    else
      features.x = extractor.design_and_components(pool.geometry(k), design);
    FrameLabel label = pool.at(k).label;
    if (pool.geometry(k).min_distance() < potential->core_outer()) {
      const auto core = pool.answer(core_step, k, false);
      label.energy -= core.energy;
      for (std::size_t i = 0; i < label.force.size(); ++i) label.force[i] -= core.force[i];
      for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b) label.virial[a][b] -= core.virial[a][b];
    }
    ridge.add(design, label, pool.at(k).species);
    RowMajor<double**> x(uninitialized("x_double"), features.x.extent(0), features.x.extent(1));
    Kokkos::deep_copy(x, features.x);
    distances.add(x, pool.at(k).species);
    if (!keep) continue;
    pool.at(k).sample = std::make_shared<NetworkSample>();
    pool.at(k).sample->features = std::move(features);
  }
  ridge.commit();
  distances.commit();
}

void PotentialLearner::Implementation::make_sample(int k) {
  if (!pool.mine(k) || pool.at(k).sample) return;
  pool.at(k).sample = std::make_shared<NetworkSample>();
  pool.at(k).sample->features = extractor.network(pool.geometry(k));
}

void PotentialLearner::Implementation::solve_linear() {
  const Ridge::Solution solution = ridge.solve(training.ridge);
  const int M = potential->invariants().count;
  for (std::size_t z = 0; z < potential->species().size(); ++z) {
    SpeciesParameters& s = potential->species()[z];
    s.constant = solution.constant[z];
    s.linear.assign(solution.linear.begin() + z * M, solution.linear.begin() + (z + 1) * M);
    set_distance(distances.mean(static_cast<int>(z)), distances.covariance(static_cast<int>(z)), s);
  }
  potential->upload();
}

// What the linear model leaves; for the frames that have samples on this rank.
void PotentialLearner::Implementation::set_sample_targets(const std::vector<int>& frames) {
  const bool used = potential->use_network;
  potential->use_network = false;
  potential->upload();
  for (const int k : frames) {
    if (!pool.at(k).sample) continue;
    NetworkSample& sample = *pool.at(k).sample;
    const auto r = pool.residual(step, k, ridge);
    const int n = pool.at(k).label.atoms();
    sample.energy = r.energy;
    sample.has_energy = pool.at(k).label.has_energy;
    sample.has_virial = pool.at(k).label.has_virial;
    sample.weight = pool.at(k).label.weight;
    std::copy(r.virial, r.virial + 6, sample.virial);
    sample.force = View<float* [3]>(uninitialized("residual_force"), n);
    const auto host = Kokkos::create_mirror_view(sample.force);
    for (int i = 0; i < n; ++i)
      for (int x = 0; x < 3; ++x) host(i, x) = static_cast<float>(r.force[3 * i + x]);
    Kokkos::deep_copy(sample.force, host);
  }
  potential->use_network = used;
  potential->upload();
}

NetworkObjective PotentialLearner::Implementation::objective(const std::vector<int>& frames) {
  NetworkObjective o(context, shape(), static_cast<int>(potential->elements().size()), training);
  for (const int k : frames) o.add_training(pool.at(k).sample);
  for (const int k : pool.with(Use::validation)) o.add_validation(pool.at(k).sample);
  return o;
}

void PotentialLearner::Implementation::take_network(const std::vector<double>& parameters) {
  auto from = parameters.begin();
  for (SpeciesParameters& s : potential->species()) {
    s.network.assign(from, from + s.network.size());
    from += s.network.size();
  }
  potential->upload();
}

std::vector<double> PotentialLearner::Implementation::network() const {
  std::vector<double> all;
  for (const SpeciesParameters& s : potential->species()) all.insert(all.end(), s.network.begin(), s.network.end());
  return all;
}

// Keeps the samples of a few training frames for updates, and of the validation; drops the others.
void PotentialLearner::Implementation::choose_reservoir(const std::vector<int>& candidates) {
  const auto order = train::shuffled(static_cast<int>(candidates.size()), context.seed, 1000000 + updates);
  reservoir.clear();
  for (std::size_t k = 0; k < order.size() && static_cast<int>(k) < training.reservoir_frames; ++k)
    reservoir.push_back(candidates[order[k]]);
  std::sort(reservoir.begin(), reservoir.end());
  for (int k = 0; k < pool.size(); ++k)
    if (pool.at(k).use == Use::train && !std::binary_search(reservoir.begin(), reservoir.end(), k))
      pool.at(k).sample.reset();
}

std::vector<int> PotentialLearner::Implementation::held_out() const {
  std::vector<int> frames = pool.with(Use::validation);
  const std::vector<int> recent = pool.with(Use::calibration);
  frames.insert(frames.end(), recent.begin(), recent.end());
  return frames;
}

void PotentialLearner::Implementation::finish() {
  potential->score = fit_score(context, potential, step, pool, held_out());
  potential->upload();
  updated_frames = pool.size();
}

std::map<std::string, double> PotentialLearner::Implementation::metrics() {
  std::map<std::string, double> metrics;
  pool.add_metrics(step, pool.with(Use::train), ridge, "train", metrics);
  pool.add_metrics(step, pool.with(Use::validation), ridge, "validation", metrics);
  if (!pool.with(Use::test).empty()) pool.add_metrics(step, pool.with(Use::test), ridge, "test", metrics);
  if (!pool.with(Use::calibration).empty())
    pool.add_metrics(step, pool.with(Use::calibration), ridge, "production", metrics);
  return metrics;
}

}  // namespace locum::potential
