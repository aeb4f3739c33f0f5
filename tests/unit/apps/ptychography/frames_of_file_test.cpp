// The pass over all frames that finds counts that are none, before hours of work.
#include "apps/ptychography/frames_of_file.hpp"

#include <gtest/gtest.h>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

// Frame j has j in each of its 2 × 3 pixels.
Ptychogram counting(int frames) {
  Ptychogram input;
  input.comm = Communicator::world();
  input.nx = 2;
  input.ny = 3;
  input.position.assign(static_cast<std::size_t>(frames), {0.0, 0.0});
  std::vector<float> counts;
  for (int j = 0; j < frames; ++j) counts.insert(counts.end(), 6, static_cast<float>(j));
  input.frames = std::make_shared<FramesInMemory>(frames, counts);
  return input;
}

TEST(FrameStatistics, AreOfAllFramesOnEveryRank) {
  const FrameStatistics s = frame_statistics(counting(7));
  EXPECT_DOUBLE_EQ(s.mean, 18.0);
  EXPECT_DOUBLE_EQ(s.least, 0.0);
  EXPECT_DOUBLE_EQ(s.most, 36.0);
  EXPECT_DOUBLE_EQ(s.largest, 6.0);
  EXPECT_EQ(s.empty, 1);
  EXPECT_EQ(s.empty_frames, std::vector<std::int64_t>{0});
  EXPECT_EQ(s.mean_frame, std::vector<double>(6, 3.0));
}

TEST(FrameStatistics, LeaveMaskedPixelsOut) {
  Ptychogram input = counting(3);
  input.mask = {1.0f, 0.0f, 1.0f, 1.0f, 1.0f, 1.0f};
  const FrameStatistics s = frame_statistics(input);
  EXPECT_DOUBLE_EQ(s.mean, 5.0);
  EXPECT_EQ(s.mean_frame[1], 0.0);
}

TEST(FrameStatistics, RefuseDataWithoutACount) { EXPECT_THROW(frame_statistics(counting(1)), ConfigError); }

class Damaged final : public FrameSource {
 public:
  int frames() const override { return 5; }
  void read(std::span<const int> which, std::span<float>) const override {
    for (const int j : which)
      if (j == 3) throw IoError("frame 3 has a count of nan");
  }
};

TEST(FrameStatistics, ThrowOnAllRanksWhatOneRankMeets) {
  Ptychogram input = counting(5);
  input.frames = std::make_shared<Damaged>();
  EXPECT_THROW(frame_statistics(input), IoError);
}

}  // namespace
}  // namespace locum::apps
