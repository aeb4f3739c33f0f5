// The file of a set: what it says of frames without counts, and of who was scattered.
#include <gtest/gtest.h>

#include <cmath>

#include "apps/series/series_results.hpp"
#include "tests/unit/apps/series/tiny_series.hpp"

namespace locum::apps {
namespace {

SetRecord nobody_handed_back(const SeriesSet& set) {
  SetRecord record;
  record.tiles = static_cast<std::int64_t>(set.data.tiles.size());
  record.uncertainty.assign(9, 0.1);
  record.handed.assign(9, 0.0);
  return record;
}

TEST(SetFile, TheErrorOfAFrameWithoutCountsIsNotZero) {
  const SeriesRunConfig config = testing::tiny_series(1);
  const SeriesSet set = series_set({}, config, 0);
  std::vector<FourierError> errors(9);
  for (FourierError& e : errors) {
    e.amplitude = 1.0;
    e.amplitudes = 10.0;
  }
  errors[4] = {};
  const io::Reconstruction file = set_file(config, set, set.truth, nobody_handed_back(set), errors);
  ASSERT_EQ(file.frames.front().name, "fourier_error");
  EXPECT_TRUE(std::isnan(file.frames.front().values[4]));
  EXPECT_FLOAT_EQ(file.frames.front().values[3], 0.1f);
  for (const auto& map : file.maps)
    for (const float v : map.values) ASSERT_TRUE(std::isfinite(v)) << map.name;
}

TEST(SetFile, SaysPhotonsWherePhotonsWereCounted) {
  const SeriesRunConfig config = testing::tiny_series(1);
  SeriesSet set = series_set({}, config, 0);
  const std::vector<FourierError> errors(9);
  EXPECT_TRUE(set_file(config, set, set.truth, nobody_handed_back(set), errors).electrons);
  set.electrons = false;
  EXPECT_FALSE(set_file(config, set, set.truth, nobody_handed_back(set), errors).electrons);
}

}  // namespace
}  // namespace locum::apps
