#include "apps/training_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "apps/label_errors.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "surrogates/gate/calibration.hpp"
#include "surrogates/potential/potential_step.hpp"

namespace locum::apps {
namespace {

constexpr double promised_coverage = 0.9;

// Share of the atoms whose force error stays below the bound that the held-out frames calibrate (split conformal).
double coverage_of_bound(potential::PotentialLearner& learner, const std::vector<FieldSet>& test) {
  std::vector<double> nonconformity;
  for (const auto& pair : learner.atom_calibration()) nonconformity.push_back(pair.error / pair.score);
  const double scale = gate::conformal_quantile(std::move(nonconformity), promised_coverage);
  const auto pairs = learner.atom_pairs(test);
  double covered = 0.0;
  for (const auto& pair : pairs) covered += pair.error <= scale * pair.score;
  return covered / static_cast<double>(pairs.size());
}

// What the gate would do with the test's frames at its default threshold. Wrong: more than three times the error of the
// held-out frames; a gate is there to hand those back.
void report_gate(potential::PotentialLearner& learner, double held_out_rmse, const std::vector<FieldSet>& test) {
  const auto pairs = learner.calibration();
  if (pairs.size() < gate::pairs_needed(promised_coverage)) return;
  gate::GateConfig config;
  config.coverage = promised_coverage;
  gate::Calibration calibration(config, "eV/Angstrom");
  calibration.fit(pairs);
  const double limit = 3.0 * held_out_rmse;
  int flagged = 0, wrong = 0, caught = 0;
  const auto errors = learner.frame_errors(test);
  for (const auto& e : errors) {
    const bool back = calibration.uncertainty(e.score) > calibration.threshold();
    flagged += back;
    wrong += e.rmse > limit;
    caught += back && e.rmse > limit;
  }
  std::vector<double> bounds;
  for (const auto& e : errors) bounds.push_back(calibration.uncertainty(e.score));
  const auto middle = bounds.begin() + static_cast<std::ptrdiff_t>(bounds.size() / 2);
  std::nth_element(bounds.begin(), middle, bounds.end());
  log::info(fmt::format("  gate: threshold {:.3f} eV/Å, median bound of the test's frames {:.3f} eV/Å",
                        calibration.threshold(), *middle));
  log::info(
      fmt::format("  gate: would hand back {} of the test's {} frames, among them {} of the {} wrong by more than "
                  "{:.3f} eV/Å (three times the held-out error)",
                  flagged, errors.size(), caught, wrong, limit));
}

}  // namespace

void report_test(const Context& context, potential::PotentialLearner& learner, double held_out_rmse,
                 const std::vector<FieldSet>& test) {
  potential::PotentialStep step(learner.potential());
  const double cutoff = learner.potential()->config().cutoff;
  for (const auto& [name, value] : as_metrics(errors_on_labels(context, step, cutoff, test, 0), "test"))
    log::info(fmt::format("  {:<40} {:.5g}", name, value));
  log::info(fmt::format("  {:<40} {:.3f}  (of the test's atoms; promised: {})", "test/coverage",
                        coverage_of_bound(learner, test), promised_coverage));
  report_gate(learner, held_out_rmse, test);
}

}  // namespace locum::apps
