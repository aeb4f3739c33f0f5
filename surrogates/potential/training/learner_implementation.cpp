#include "surrogates/potential/training/learner_implementation.hpp"

#include <algorithm>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/potential/training/score_fit.hpp"
#include "surrogates/train/split.hpp"

namespace locum::potential {
namespace {

// Outer end of the core in smallest distances of the data: later labels, hotter ones, may come that near without having
// to unlearn a core of some electronvolts.
constexpr double core_share = 0.85;

}  // namespace

PotentialLearner::Implementation::Implementation(Context context_, PotentialConfig config, TrainingConfig training_,
                                                 std::shared_ptr<FrameSource> frames, LearnerOptions options)
    : context(std::move(context_)),
      training(training_),
      inference(std::move(options.inference)),
      potential(options.start
                    ? NeuralPotential::from_record(options.start->model)
                    : std::make_shared<NeuralPotential>(config, elements_of(*frames), std::move(options.kept))),
      core_only(
          std::make_shared<NeuralPotential>(potential->config(), potential->elements(), potential->kept_invariants())),
      step(potential),
      core_step(core_only),
      pool(context, potential->config().cutoff),
      ridge(context, static_cast<int>(potential->elements().size()), potential->invariants().count, training_),
      distances(context, static_cast<int>(potential->elements().size()), potential->config().components),
      frame_means(context, static_cast<int>(potential->elements().size()), potential->config().components),
      start(std::move(options.start)) {
  training.validate();
  inference.validate();
  extractor.store_as(linalg::precision_of(training.precision));
  if (start) take_starting_point();
  std::vector<std::int64_t> kept, trajectory;
  for (std::int64_t k = 0; k < frames->size(); ++k) {
    const FrameFacts facts = frames->facts(k);
    if (facts.weight == 0.0) continue;
    require_known(facts);
    kept.push_back(k);
    // A frame that belongs to no trajectory is one of its own.
    trajectory.push_back(facts.trajectory >= 0 ? facts.trajectory : -1 - k);
  }
  const auto part =
      train::split_by_trajectory(trajectory, training.validation_fraction, training.test_fraction, training.fold);
  for (std::size_t k = 0; k < kept.size(); ++k) {
    const Use use = part[k] == train::Part::train        ? Use::train
                    : part[k] == train::Part::validation ? Use::validation
                                                         : Use::test;
    pool.add(frames, kept[k], group_of(frames->facts(kept[k])), use);
  }
  std::vector<bool> wanted(static_cast<std::size_t>(frames->size()), false);
  for (int k = 0; k < pool.size(); ++k)
    if (pool.mine(k)) wanted[static_cast<std::size_t>(pool.at(k).index)] = true;
  frames->keep_only([&wanted](std::int64_t k) { return wanted[static_cast<std::size_t>(k)]; });
  if (start) add_replay();
  initial_frames = pool.size();
  for (const int k : linear_frames()) ridge.declare_group(pool.at(k).group);
  plan_memory();
}

// Frames to replay are in the normal equations of the given model already, if they count on.
std::vector<int> PotentialLearner::Implementation::linear_frames() const {
  return start && !start->tune.memory ? network_frames() : pool.with(Use::train);
}

std::vector<int> PotentialLearner::Implementation::network_frames() const {
  std::vector<int> frames = pool.with(Use::replay);
  const std::vector<int> fresh = pool.with(Use::train);
  frames.insert(frames.end(), fresh.begin(), fresh.end());
  return frames;
}

std::int64_t PotentialLearner::Implementation::group_of(const FrameFacts& facts) const {
  return training.offsets == "size" ? facts.atoms : training.offsets == "source" ? first_group + facts.source : 0;
}

FrameLabel PotentialLearner::Implementation::label_of(const FieldSet& fields, std::int64_t index) const {
  FrameLabel label = read_label(fields, index);
  if (training.offsets == "size") label.group = label.atoms();
  if (training.offsets == "source" && fields.has("source")) label.group = first_group + fields.integer_scalar("source");
  return label;
}

std::vector<int> PotentialLearner::Implementation::species_of(const FrameLabel& label) const {
  std::vector<int> species;
  for (const int z : label.atomic_number) species.push_back(potential->species_of(z));
  return species;
}

nn::CommitteeShape PotentialLearner::Implementation::shape() const {
  const PotentialConfig& c = potential->config();
  return {c.members, c.components, c.hidden};
}

train::TrainerConfig PotentialLearner::Implementation::trainer_config() const {
  const double rate = (start ? start->tune.rate : 1.0) * training.learning_rate;
  return {training.epochs,  training.batch_frames, rate,
          training.warm_up, training.ema_decay,    training.patience,
          context.seed,     training.optimizer,    training.precision == "fp16"};
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

void PotentialLearner::Implementation::solve_linear() {
  const bool pulled = start && !start->tune.memory && updates == 0;
  const Ridge::Solution solution = ridge.solve(training.ridge, pulled ? given_linear() : Ridge::Pull{});
  const int M = potential->invariants().count;
  for (int z = 0; z < static_cast<int>(potential->species().size()); ++z) {
    SpeciesParameters& s = potential->species()[z];
    s.constant = solution.constant[z];
    s.linear.assign(solution.linear.begin() + z * M, solution.linear.begin() + (z + 1) * M);
    const std::vector<double> covariance = distances.covariance(z);
    set_distance(distances.mean(z), covariance, s);
    set_frame_distance(frame_means.mean(z), frame_means.covariance(z), covariance,
                       distances.count(z) / std::max(frame_means.count(z), 1.0), s);
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
    const auto label = pool.label(k);
    const int n = label->atoms();
    sample.energy = r.energy;
    sample.has_energy = label->has_energy;
    sample.has_virial = label->has_virial;
    sample.weight = label->weight;
    sample.energy_weight = label->energy_weight;
    sample.force_weight = label->force_weight;
    sample.virial_weight = label->virial_weight;
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
  for (const int k : frames) o.add_training([this, k] { return sample(k); });
  for (const int k : pool.with(Use::validation)) o.add_validation([this, k] { return sample(k); });
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
    if (pool.at(k).use == Use::train && !std::binary_search(reservoir.begin(), reservoir.end(), k)) drop_sample(k);
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
  precision = grant_precision(context, inference, potential, step, pool, held_out());
  updated_frames = pool.size();
}

std::map<std::string, double> PotentialLearner::Implementation::metrics() {
  std::map<std::string, double> metrics;
  pool.add_metrics(step, pool.with(Use::train), ridge, "train", metrics);
  pool.add_metrics(step, pool.with(Use::validation), ridge, "validation", metrics);
  if (!pool.with(Use::test).empty()) pool.add_metrics(step, pool.with(Use::test), ridge, "test", metrics);
  if (!pool.with(Use::calibration).empty())
    pool.add_metrics(step, pool.with(Use::calibration), ridge, "production", metrics);
  add_old_domain(metrics);
  return metrics;
}

}  // namespace locum::potential
