#include "surrogates/potential/training/frame_parts.hpp"

#include <gmock/gmock.h>

namespace locum::potential {
namespace {

FieldSet frame(std::int64_t trajectory) {
  FieldSet fields;
  fields.add_scalar("trajectory", "1", trajectory);
  return fields;
}

TEST(FrameParts, FramesWithoutATrajectoryAreEachOneOfTheirOwn) {
  const std::vector<FieldSet> frames = {frame(4), frame(-1), FieldSet(), frame(4)};
  EXPECT_THAT(trajectories_of(frames), testing::ElementsAre(4, -2, -3, 4));
}

TEST(FrameParts, WholeTrajectoriesAreHeldOutAndEveryFrameHasAPart) {
  std::vector<FieldSet> frames;
  for (int k = 0; k < 30; ++k) frames.push_back(frame(k / 3));
  TrainingConfig training;
  training.validation_fraction = 0.2;
  const auto parts = parts_of(frames, training);
  const auto held_out = frames_of(frames, parts, train::Part::validation);
  EXPECT_EQ(held_out.size(), 6u);
  EXPECT_EQ(frames_of(frames, parts, train::Part::train).size(), 24u);
  for (std::size_t k = 0; k < parts.size(); ++k) EXPECT_EQ(parts[k], parts[k / 3 * 3]);
}

}  // namespace
}  // namespace locum::potential
