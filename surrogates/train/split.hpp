// Training, validation and test sets by trajectory: neighbouring frames of one trajectory are nearly the same, and a
// split between them would validate on what was learned.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace locum::train {

enum class Part : std::int8_t { train, validation, test };

// The part of each sample from the trajectory it belongs to. Whole trajectories, evenly spread over the sorted list, go
// to validation (at least one) and, when test_fraction > 0, to the test (at least one); at least one stays for
// training. Another fold (0, 1, …) holds out others: cross-validation. Throws ConfigError when there are too few
// trajectories for that (two, or three with a test).
std::vector<Part> split_by_trajectory(std::span<const std::int64_t> trajectory, double validation_fraction,
                                      double test_fraction, int fold = 0);

}  // namespace locum::train
