#include "apps/compress/distill.hpp"

#include <fmt/format.h>

#include "apps/compress/comparison.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "surrogates/potential/training/distillation.hpp"
#include "surrogates/potential/training/frame_parts.hpp"

namespace locum::apps {

void run_distillation(const TrainingRun& run) {
  const TrainConfig& config = run.config;
  const auto teacher = read_model(run.context.comm, config.distill.teacher);
  const auto student = potential::student_of(*teacher, config.distill);
  const auto frames =
      potential::distillation_frames(teacher, run.frames, config.training, config.distill, run.context.seed);
  log::info(fmt::format("teacher: {} networks of {} neurons; student: one of {}; {} frames and {} rattled copies",
                        teacher->config().members, teacher->config().hidden, student->config().hidden,
                        run.frames.size(), frames.size() - run.frames.size()));
  potential::PotentialLearner learner(run.context, student->config(), config.training, frames,
                                      keeping(student->kept_invariants()));
  learner.adopt(*student);
  const train::FitReport fit = fit_with_progress(run, learner);
  const auto trained = learner.potential();
  if (trained->use_network) {
    const auto training =
        potential::frames_of(frames, potential::parts_of(frames, config.training), train::Part::train);
    const double explained = potential::fit_spread_head(run.context, teacher, trained, training);
    const double held_out =
        potential::explained_spread(run.context, *teacher, *trained, held_out_frames(run, config.training));
    log::info(
        fmt::format("uncertainty head: explains {:.2f} of the variance of the committee's log spread in training, "
                    "{:.2f} on held-out frames",
                    explained, held_out));
  } else {
    log::warn(
        "the student's network does not come nearer to its teacher: its linear part answers alone, and only the "
        "distance from the data warns");
  }
  // On the true labels.
  potential::TrainingConfig nothing = config.training;
  nothing.network = false;
  potential::PotentialLearner judge(run.context, trained->config(), nothing, run.frames,
                                    keeping(trained->kept_invariants()));
  judge.adopt(*trained);
  train::FitReport report = judge.fit();
  report.samples = fit.samples;
  report.seconds = fit.seconds;
  write_model(run, judge.potential()->record(), "model.h5");
  report_training(run, report, judge);
  compare_models(run, "teacher", teacher, "student", judge.potential());
  log::info(fmt::format("model: {}", run.directory.file("model.h5")));
}

}  // namespace locum::apps
