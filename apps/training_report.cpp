#include "apps/training_report.hpp"

#include <fmt/format.h>

#include "apps/label_errors.hpp"
#include "apps/uncertainty.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "surrogates/potential/inference/potential_step.hpp"

namespace locum::apps {

void report_test(const Context& context, potential::PotentialLearner& learner, double held_out_rmse,
                 const std::shared_ptr<potential::FrameSource>& test) {
  potential::PotentialStep step(learner.potential());
  const double cutoff = learner.potential()->config().cutoff;
  for (const auto& [name, value] : as_metrics(errors_on_labels(context, step, cutoff, *test, 0), "test"))
    log::info(fmt::format("  {:<40} {:.5g}", name, value));
  const auto coverage = coverage_of_bound(learner, test);
  if (!coverage)
    log::info("  test/coverage                            not known: too few frames are held out to calibrate a bound");
  else
    log::info(fmt::format("  {:<40} {:.3f}  (of the test's atoms; promised: {})", "test/coverage", *coverage,
                          promised_coverage));
  const GateCheck gate = check_gate(learner, held_out_rmse, test);
  if (!gate.calibrated) return;
  log::info(fmt::format("  gate: threshold {:.3f} eV/Å, median bound of the test's frames {:.3f} eV/Å", gate.threshold,
                        gate.median_bound));
  log::info(
      fmt::format("  gate: would hand back {} of the test's {} frames, among them {} of the {} wrong by more than "
                  "{:.3f} eV/Å (three times the held-out error)",
                  gate.flagged, gate.frames, gate.caught, gate.wrong, gate.limit));
}

}  // namespace locum::apps
