#include "apps/compress/distill.hpp"

#include <fmt/format.h>

#include "apps/compress/comparison.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "surrogates/potential/distillation.hpp"
#include "surrogates/potential/frame_parts.hpp"

namespace locum::apps {

void run_distillation(const TrainingRun& run) {
  const TrainConfig& config = run.config;
  const auto teacher = read_model(run.context.comm, config.distill.teacher);
  const auto student = potential::student_of(*teacher, config.distill);
  const auto frames =
      potential::distillation_frames(teacher, run.frames.train, config.training, config.distill, run.context.seed);
  log::info(fmt::format("teacher: {} networks of {} neurons; student: one of {}; {} frames and {} rattled copies",
                        teacher->config().members, teacher->config().hidden, student->config().hidden,
                        run.frames.train.size(), frames.size() - run.frames.train.size()));
  potential::PotentialLearner learner(run.context, student->config(), config.training, frames,
                                      student->kept_invariants());
  learner.adopt(*student);
  train::FitReport report = fit_with_progress(run, learner);
  if (learner.potential()->use_network) {
    const auto training =
        potential::frames_of(frames, potential::parts_of(frames, config.training), train::Part::train);
    const double explained = potential::fit_spread_head(run.context, teacher, learner.potential(), training);
    learner.recalibrate();
    log::info(
        fmt::format("uncertainty head: explains {:.2f} of the variance of the committee's log spread in training, "
                    "{:.2f} on held-out frames",
                    explained,
                    potential::explained_spread(run.context, *teacher, *learner.potential(),
                                                held_out_frames(run, config.training))));
  } else {
    log::warn(
        "the student's network does not lower the held-out error: its linear part answers alone, and only the "
        "distance from the data warns");
  }
  write_model(run, *learner.potential(), "model.h5");
  report_training(run, report, learner);
  compare_models(run, "teacher", teacher, "student", learner.potential());
  log::info(fmt::format("model: {}", run.directory.file("model.h5")));
}

}  // namespace locum::apps
