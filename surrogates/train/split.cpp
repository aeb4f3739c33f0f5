#include "surrogates/train/split.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::train {

std::vector<Part> split_by_trajectory(std::span<const std::int64_t> trajectory, double validation_fraction,
                                      double test_fraction, int fold) {
  std::map<std::int64_t, Part> part;
  for (const auto t : trajectory) part[t] = Part::train;
  const int n = static_cast<int>(part.size()), needed = test_fraction > 0.0 ? 3 : 2;
  if (n < needed)
    throw ConfigError(
        "the data hold " + std::to_string(n) + " trajectories, a split needs at least " + std::to_string(needed), "",
        "simulate more replicas: frames of one trajectory are too alike to validate on");
  auto share = [n](double fraction) { return std::max(1, static_cast<int>(std::lround(fraction * n))); };
  int tests = test_fraction > 0.0 ? share(test_fraction) : 0;
  int held = std::min(n - 1, tests + share(validation_fraction));
  tests = std::min(tests, held - 1);
  // The k-th of `held` trajectories sits in the middle of the k-th stretch of the list, `fold` further on; tests are
  // spread among them.
  std::vector<std::int64_t> names;
  for (const auto& entry : part) names.push_back(entry.first);
  for (int k = 0; k < held; ++k) {
    const int at = static_cast<int>(((2L * k + 1) * n / (2L * held) + fold) % n);
    const bool test = tests > 0 && (k + 1) * tests / held != k * tests / held;
    part[names[at]] = test ? Part::test : Part::validation;
  }
  std::vector<Part> parts;
  for (const auto t : trajectory) parts.push_back(part[t]);
  return parts;
}

}  // namespace locum::train
