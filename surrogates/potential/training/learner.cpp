#include "surrogates/potential/training/learner.hpp"

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/potential/training/learner_implementation.hpp"

namespace locum::potential {
namespace {

constexpr double update_rate = 0.3;  // of the first training's learning rate

// Throws ConfigError naming the first setting in which two potentials differ.
void check_same_kind(const NeuralPotential& mine, const NeuralPotential& other) {
  if (mine.elements() != other.elements())
    throw ConfigError("the model knows other elements than the data hold", "PotentialLearner::adopt");
  const FieldSet a = mine.record().groups.at("architecture"), b = other.record().groups.at("architecture");
  for (const auto& [name, field] : a.fields())
    if (field.values != b.at(name).values)
      throw ConfigError("the model was made with another " + name, "potential." + name,
                        "give the settings that the model's input.toml has");
  if (mine.kept_invariants() != other.kept_invariants())
    throw ConfigError("the model has " + std::to_string(other.invariants().count) + " invariants, " +
                          std::to_string(mine.invariants().count) + " were expected, or others of them",
                      "PotentialLearner::adopt");
}

}  // namespace

PotentialLearner::PotentialLearner(Context context, PotentialConfig potential, TrainingConfig training,
                                   std::vector<FieldSet> frames, LearnerOptions options)
    : PotentialLearner(std::move(context), potential, training, std::make_shared<FramesInMemory>(frames),
                       std::move(options)) {}
PotentialLearner::PotentialLearner(Context context, PotentialConfig potential, TrainingConfig training,
                                   std::shared_ptr<FrameSource> frames, LearnerOptions options)
    : implementation_(std::make_unique<Implementation>(std::move(context), potential, training, std::move(frames),
                                                       std::move(options))) {}
PotentialLearner::~PotentialLearner() = default;

std::shared_ptr<NeuralPotential> PotentialLearner::potential() const { return implementation_->potential; }
const PrecisionCheck& PotentialLearner::precision() const { return implementation_->precision; }

FieldTree PotentialLearner::record() const {
  constexpr std::size_t largest_memory = std::size_t{64} << 20;
  FieldTree record = implementation_->potential->record();
  const std::size_t width = implementation_->ridge.width();
  if (implementation_->gathers && 8 * width * width <= largest_memory)
    record.groups[memory_group] = implementation_->memory();
  return record;
}
const MemoryForecast& PotentialLearner::forecast() const { return implementation_->forecast; }

void PotentialLearner::adopt(const NeuralPotential& model) {
  Implementation& my = *implementation_;
  check_same_kind(*my.potential, model);
  *my.potential = model;
  my.potential->upload();
  my.core_only->default_core = model.default_core;
  my.core_only->upload();
  my.extractor.use(*my.potential);
  my.linear_done = true;
  my.gathers = false;
}

train::FitReport PotentialLearner::fit(const EpochCallback& callback) {
  Implementation& my = *implementation_;
  const Stopwatch watch;
  my.potential->precision = Precision::fp64;  // what is learned from must not be rounded
  const std::vector<int> frames = my.network_frames(), validation = my.pool.with(Use::validation);
  const bool resumed = my.linear_done;
  my.pool.read_labels();
  if (!resumed) {
    // What was held out is known ground too: its errors are measured. Only nearer pairs than any label has are news.
    std::vector<int> known = my.pool.with(Use::train);
    known.insert(known.end(), validation.begin(), validation.end());
    my.set_ranges(known);
    if (my.start)
      my.extractor.use(*my.potential);  // the given whitening stays
    else
      my.whiten();
    my.gather_training(my.linear_frames(), my.training.network);
    my.solve_linear();
    my.linear_done = true;
  }
  if (my.training.network && my.training.epochs > 0) {
    my.make_samples(frames);
    my.make_samples(validation);
    my.set_sample_targets(frames);
    my.set_sample_targets(validation);
    NetworkObjective objective = my.objective(frames);
    const std::vector<double> none(objective.parameters(), 0.0);
    auto bare = objective.validate(none);
    if (!my.trainer && callback) callback(0, bare);
    my.train_networks(objective, bare.at("validation/loss"), callback);
    my.choose_reservoir(frames);
  }
  my.finish();
  train::FitReport report;
  report.metrics = my.metrics();
  report.samples = static_cast<std::int64_t>(frames.size());
  report.seconds = watch.seconds();
  return report;
}

void PotentialLearner::add(const FieldSet& label) {
  Implementation& my = *implementation_;
  const int number = my.pool.size() - my.initial_frames;
  FrameLabel read = my.label_of(label, my.pool.size());
  read.trajectory = -1;
  const int every = my.training.calibration_every;
  my.pool.add(std::move(read), number % every == every / 2 ? Use::calibration : Use::train, *my.potential);
}

train::FitReport PotentialLearner::update() {
  Implementation& my = *implementation_;
  if (!my.linear_done) throw ConfigError("update() before fit()", "PotentialLearner", "train the first model first");
  const Stopwatch watch;
  my.potential->precision = Precision::fp64;
  ++my.updates;
  std::vector<int> fresh, all_new;
  for (int k = my.updated_frames; k < my.pool.size(); ++k) {
    all_new.push_back(k);
    if (my.pool.at(k).use == Use::train) fresh.push_back(k);
  }
  if (!all_new.empty()) my.set_ranges(all_new);
  my.extractor.use(*my.potential);
  const bool network = my.training.network && my.potential->use_network && my.training.update_epochs > 0;
  my.gather_training(fresh, network);
  my.solve_linear();
  if (network && !fresh.empty()) {
    std::vector<int> frames = my.reservoir;
    frames.insert(frames.end(), fresh.begin(), fresh.end());
    const std::vector<int> validation = my.pool.with(Use::validation);
    my.make_samples(frames);
    my.make_samples(validation);
    my.set_sample_targets(frames);
    my.set_sample_targets(validation);
    NetworkObjective objective = my.objective(frames);
    train::TrainerConfig config = my.trainer_config();
    config.epochs = my.training.update_epochs;
    config.learning_rate *= update_rate;
    config.seed += 7919u * my.updates;  // another order than before
    train::Trainer trainer(config, my.network());
    trainer.run(objective);
    my.take_network(trainer.best());
    my.choose_reservoir(frames);
  }
  my.finish();
  train::FitReport report;
  my.pool.add_metrics(my.step, my.pool.with(Use::validation), my.ridge, "validation", report.metrics);
  if (!my.pool.with(Use::calibration).empty())
    my.pool.add_metrics(my.step, my.pool.with(Use::calibration), my.ridge, "production", report.metrics);
  report.samples = static_cast<std::int64_t>(my.pool.with(Use::train).size());
  report.seconds = watch.seconds();
  return report;
}

std::vector<train::CalibrationPair> PotentialLearner::calibration() {
  return implementation_->pool.calibration(implementation_->step, implementation_->held_out());
}

std::vector<std::vector<train::CalibrationPair>> PotentialLearner::atom_calibration() {
  std::vector<std::vector<train::CalibrationPair>> frames;
  for (const int k : implementation_->held_out())
    frames.push_back(implementation_->pool.atom_pairs(implementation_->step, {k}));
  return frames;
}

FramePool PotentialLearner::Implementation::judged(std::shared_ptr<const FrameSource> labels) const {
  FramePool frames(context, potential->config().cutoff);
  frames.label_room().set_limit(0);  // each is asked for once
  frames.geometry_room().set_limit(0);
  for (std::int64_t k = 0; k < labels->size(); ++k) frames.add(labels, k, group_of(labels->facts(k)), Use::test);
  return frames;
}

std::vector<train::CalibrationPair> PotentialLearner::atom_pairs(const std::vector<FieldSet>& labels) {
  return atom_pairs(std::make_shared<FramesInMemory>(labels));
}

std::vector<train::CalibrationPair> PotentialLearner::atom_pairs(std::shared_ptr<const FrameSource> labels) {
  FramePool frames = implementation_->judged(std::move(labels));
  return frames.atom_pairs(implementation_->step, frames.with(Use::test));
}

std::vector<FrameError> PotentialLearner::frame_errors(const std::vector<FieldSet>& labels) {
  return frame_errors(std::make_shared<FramesInMemory>(labels));
}

std::vector<FrameError> PotentialLearner::frame_errors(std::shared_ptr<const FrameSource> labels) {
  FramePool frames = implementation_->judged(std::move(labels));
  return frames.frame_errors(implementation_->step, frames.with(Use::test));
}

FieldSet PotentialLearner::state() const {
  const Implementation& my = *implementation_;
  FieldSet state;
  for (const auto& [name, group] : my.potential->record().groups) state.add_all(group, "potential." + name + ".");
  state.add_all(my.memory(), "memory.");
  state.add_scalar("precision", "1", static_cast<std::int64_t>(my.potential->precision));
  state.add_scalar("linear_done", "1", std::int64_t{my.linear_done});
  state.add_scalar("updates", "1", std::int64_t{my.updates});
  state.add_scalar("updated_frames", "1", std::int64_t{my.updated_frames});
  state.add_scalar("initial_frames", "1", std::int64_t{my.initial_frames});
  state.add("reservoir", "1", {static_cast<std::int64_t>(my.reservoir.size())},
            std::vector<std::int64_t>(my.reservoir.begin(), my.reservoir.end()));
  state.add_scalar("new_labels", "1", std::int64_t{my.pool.size() - my.initial_frames});
  for (int k = my.initial_frames; k < my.pool.size(); ++k)
    state.add_all(write_label(*my.pool.at(k).label), "label." + std::to_string(k - my.initial_frames) + ".");
  if (my.trainer) state.add_all(my.trainer->state(), "trainer.");
  return state;
}

void PotentialLearner::restore(const FieldSet& state) {
  Implementation& my = *implementation_;
  if (state.integer_scalar("initial_frames") != my.initial_frames)
    throw ConfigError("the learner was built from " + std::to_string(my.initial_frames) + " frames, its state from " +
                          std::to_string(state.integer_scalar("initial_frames")),
                      "PotentialLearner::restore", "restart with the dataset of the first run");
  FieldTree record = my.potential->record();
  for (auto& [name, group] : record.groups) group = state.part("potential." + name + ".");
  if (state.has("precision"))  // runs that were begun before there was a choice have none
    record.attributes["inference_precision"] = name_of(static_cast<Precision>(state.integer_scalar("precision")));
  const auto provenance = my.potential->provenance;
  *my.potential = *NeuralPotential::from_record(record);
  my.potential->provenance = provenance;
  my.core_only->default_core = my.potential->default_core;
  my.core_only->upload();
  my.remember(state.part("memory."));
  my.linear_done = state.integer_scalar("linear_done") != 0;
  my.updates = static_cast<int>(state.integer_scalar("updates"));
  for (int k = 0; k < my.pool.size(); ++k) my.drop_sample(k);
  my.pool.truncate(my.initial_frames);
  const auto labels = state.integer_scalar("new_labels");
  for (std::int64_t k = 0; k < labels; ++k) add(state.part("label." + std::to_string(k) + "."));
  my.updated_frames = static_cast<int>(state.integer_scalar("updated_frames"));
  my.reservoir.assign(state.integer("reservoir").begin(), state.integer("reservoir").end());
  my.trainer.reset();
  my.extractor.use(*my.potential);
  if (const FieldSet kept = state.part("trainer."); kept.has("epoch")) {
    my.trainer.emplace(my.trainer_config(), my.network());
    my.trainer->restore(kept);
  }
}

}  // namespace locum::potential
