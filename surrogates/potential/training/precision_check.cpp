#include "surrogates/potential/training/precision_check.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace locum::potential {

std::string PrecisionCheck::text() const {
  if (wanted == Precision::fp64) return "inference in fp64";
  char text[200];
  std::snprintf(text, sizeof text,
                "inference in %s %s: forces differ from fp64 by %.2e eV/Å (RMS) and at most %.2e, "
                "%.2e (RMS) is allowed where held-out forces err by %.4f",
                name_of(wanted).c_str(), granted == wanted ? "granted" : "refused", rms, largest, allowed, held_out);
  return text;
}

PrecisionCheck grant_precision(const Context& context, const InferenceConfig& config,
                               const std::shared_ptr<NeuralPotential>& potential, PotentialStep& step, FramePool& pool,
                               const std::vector<int>& frames) {
  PrecisionCheck check;
  check.wanted = precision_of(config.precision, "inference.precision");
  potential->precision = Precision::fp64;
  if (check.wanted == Precision::fp64) return check;
  const auto forces_in = [&](Precision precision) {
    potential->precision = precision;
    potential->upload();
    std::vector<std::vector<double>> forces;
    for (const int k : frames)
      if (pool.mine(k)) forces.push_back(pool.answer(step, k, false).force);
    return forces;
  };
  const auto full = forces_in(Precision::fp64), reduced = forces_in(check.wanted);
  double sums[3] = {};  // squared differences, squared errors, components
  std::size_t at = 0;
  for (const int k : frames) {
    if (!pool.mine(k)) continue;
    const auto label = pool.label(k);
    const auto& truth = label->force;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const double difference = reduced[at][i] - full[at][i];
      sums[0] += difference * difference;
      sums[1] += (full[at][i] - truth[i]) * (full[at][i] - truth[i]);
      sums[2] += 1.0;
      check.largest = std::max(check.largest, std::abs(difference));
    }
    ++at;
  }
  context.comm.sum(std::span<double>(sums));
  check.largest = context.comm.max(check.largest);
  if (sums[2] > 0.0) {
    check.rms = std::sqrt(sums[0] / sums[2]);
    check.held_out = std::sqrt(sums[1] / sums[2]);
    check.allowed = config.bound * check.held_out;
    // A difference that is not a number is not below anything.
    if (check.rms <= check.allowed) check.granted = check.wanted;
  }
  potential->precision = check.granted;
  potential->upload();
  return check;
}

}  // namespace locum::potential
