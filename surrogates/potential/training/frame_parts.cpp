#include "surrogates/potential/training/frame_parts.hpp"

namespace locum::potential {

std::vector<std::int64_t> trajectories_of(const std::vector<FieldSet>& frames) {
  std::vector<std::int64_t> trajectory;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    const bool one_of_many = frames[k].has("trajectory") && frames[k].integer_scalar("trajectory") >= 0;
    trajectory.push_back(one_of_many ? frames[k].integer_scalar("trajectory") : -1 - static_cast<std::int64_t>(k));
  }
  return trajectory;
}

std::vector<train::Part> parts_of(const std::vector<FieldSet>& frames, const TrainingConfig& training) {
  return train::split_by_trajectory(trajectories_of(frames), training.validation_fraction, training.test_fraction,
                                    training.fold);
}

std::vector<FieldSet> frames_of(const std::vector<FieldSet>& frames, const std::vector<train::Part>& parts,
                                train::Part part) {
  std::vector<FieldSet> some;
  for (std::size_t k = 0; k < frames.size(); ++k)
    if (parts[k] == part) some.push_back(frames[k]);
  return some;
}

}  // namespace locum::potential
