#include "apps/uncertainty.hpp"

#include <algorithm>
#include <vector>

#include "surrogates/gate/calibration.hpp"

namespace locum::apps {

std::optional<double> coverage_of_bound(potential::PotentialLearner& learner,
                                        const std::shared_ptr<const potential::FrameSource>& frames) {
  std::vector<std::vector<double>> nonconformity;
  for (const auto& frame : learner.atom_calibration()) {
    auto& of_frame = nonconformity.emplace_back();
    for (const auto& pair : frame) of_frame.push_back(pair.error / pair.score);
  }
  if (nonconformity.size() < gate::pairs_needed(promised_coverage)) return {};
  const double scale = gate::hierarchical_quantile(nonconformity, promised_coverage);
  const auto pairs = learner.atom_pairs(frames);
  const auto covered = std::count_if(pairs.begin(), pairs.end(), [scale](const train::CalibrationPair& pair) {
    return pair.error <= scale * pair.score;
  });
  return static_cast<double>(covered) / static_cast<double>(std::max<std::size_t>(1, pairs.size()));
}

GateCheck check_gate(potential::PotentialLearner& learner, double held_out_rmse,
                     const std::shared_ptr<const potential::FrameSource>& frames) {
  GateCheck check;
  const auto pairs = learner.calibration();
  if (pairs.size() < gate::pairs_needed(promised_coverage)) return check;
  gate::GateConfig config;
  config.coverage = promised_coverage;
  gate::Calibration calibration(config, "eV/Angstrom");
  calibration.fit(pairs);
  check.calibrated = true;
  check.threshold = calibration.threshold();
  check.limit = 3.0 * held_out_rmse;
  check.frames = static_cast<int>(frames->size());
  std::vector<double> bounds;
  for (const auto& e : learner.frame_errors(frames)) {
    bounds.push_back(calibration.uncertainty(e.score));
    const bool back = bounds.back() > check.threshold;
    check.flagged += back;
    check.wrong += e.rmse > check.limit;
    check.caught += back && e.rmse > check.limit;
  }
  if (bounds.empty()) return check;
  const auto middle = bounds.begin() + static_cast<std::ptrdiff_t>(bounds.size() / 2);
  std::nth_element(bounds.begin(), middle, bounds.end());
  check.median_bound = *middle;
  return check;
}

}  // namespace locum::apps
