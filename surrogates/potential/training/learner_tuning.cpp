// PotentialLearner's fine-tuning: what it takes from a given model, and what it leaves for the next.
#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/potential/training/learner_implementation.hpp"

namespace locum::potential {
namespace {

constexpr int held_out_every = 4;  // of the frames to replay

}  // namespace

void PotentialLearner::Implementation::take_starting_point() {
  start->tune.validate();
  for (SpeciesParameters& s : potential->species()) s.spread_head.clear();  // it knows another last layer
  potential->upload();
  if (training.offsets == "source") first_group = 1;  // group 0: what the given model has learned from
  if (!start->tune.memory) return;
  const auto found = start->model.groups.find(memory_group);
  if (found == start->model.groups.end())
    throw ConfigError("the given model carries no normal equations", "tune.memory",
                      "set tune.memory = false: the linear part is then pulled to the given weights");
  remember(found->second);
  if (training.offsets == "source") first_group = ridge.largest_group() + 1;
}

// Frames of the old domain: every fourth is held out, some of the others are trained on again.
void PotentialLearner::Implementation::add_replay() {
  std::vector<int> candidates;
  if (!start->replay) return;
  const auto add = [this](int k, Use use) {
    const FrameFacts facts = start->replay->facts(k);
    require_known(facts);
    pool.add(start->replay, k, training.offsets == "source" ? 0 : group_of(facts), use);
  };
  for (int k = 0; k < static_cast<int>(start->replay->size()); ++k)
    if (k % held_out_every == held_out_every - 1)
      add(k, Use::old_domain);
    else
      candidates.push_back(k);
  const auto order = train::shuffled(static_cast<int>(candidates.size()), context.seed, 2000000);
  for (int k = 0; k < static_cast<int>(order.size()) && k < start->tune.replay_frames; ++k)
    add(candidates[order[k]], Use::replay);
}

void PotentialLearner::Implementation::require_known(const FrameFacts& facts) const {
  for (int z = 0; z < static_cast<int>(facts.elements.size()); ++z)
    if (facts.elements[z]) potential->species_of(z);  // throws, and names the known ones
}

// What the given model answers on the held-out frames of its own domain, and what this one does.
void PotentialLearner::Implementation::add_old_domain(std::map<std::string, double>& metrics) {
  const std::vector<int> frames = pool.with(Use::old_domain);
  if (frames.empty()) return;
  PotentialStep given(NeuralPotential::from_record(start->model));
  pool.add_metrics(given, frames, ridge, "old_domain_before", metrics);
  pool.add_metrics(step, frames, ridge, "old_domain", metrics);
}

Ridge::Pull PotentialLearner::Implementation::given_linear() const {
  Ridge::Pull pull{start->tune.prior, {}};
  const auto given = NeuralPotential::from_record(start->model);
  for (const SpeciesParameters& s : given->species()) {
    pull.to.linear.insert(pull.to.linear.end(), s.linear.begin(), s.linear.end());
    pull.to.constant.push_back(s.constant);
  }
  return pull;
}

void PotentialLearner::Implementation::train_networks(NetworkObjective& objective, double bare_loss,
                                                      const EpochCallback& callback) {
  std::vector<double> given;
  if (const auto model = start ? NeuralPotential::from_record(start->model) : nullptr; model && model->use_network) {
    for (const SpeciesParameters& s : model->species()) given.insert(given.end(), s.network.begin(), s.network.end());
  } else {
    for (std::size_t z = 0; z < potential->species().size(); ++z) {
      const auto part = nn::initial_parameters(shape(), context.seed, z);
      given.insert(given.end(), part.begin(), part.end());
    }
  }
  const int S = static_cast<int>(potential->species().size());
  const train::Restriction restriction =
      tuning_restriction(start ? start->tune : TuneConfig{}, shape(), S, std::move(given));
  train::RestrictedObjective restricted(objective, restriction);
  train::Objective& over = start ? static_cast<train::Objective&>(restricted) : objective;
  if (!trainer) trainer.emplace(trainer_config(), restriction.initial(context.seed));
  trainer->run(over, callback);
  // Where validation does not gain, the pure ridge answers.
  potential->use_network = trainer->best_loss() < bare_loss;
  take_network(restriction.expand(trainer->best()));
  trainer.reset();
}

FieldSet PotentialLearner::Implementation::memory() const {
  FieldSet memory;
  memory.add_all(ridge.state(), "ridge.");
  const auto& atoms = distances.total();
  memory.add("distances", "1", {static_cast<std::int64_t>(atoms.size())}, atoms);
  const auto& frames = frame_means.total();
  memory.add("frame_means", "1", {static_cast<std::int64_t>(frames.size())}, frames);
  return memory;
}

void PotentialLearner::Implementation::remember(const FieldSet& memory) {
  ridge.restore(memory.part("ridge."));
  distances.restore(memory.real("distances"));
  frame_means.restore(memory.real("frame_means"));
}

}  // namespace locum::potential
