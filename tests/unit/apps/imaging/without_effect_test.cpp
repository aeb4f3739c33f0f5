#include "apps/imaging/without_effect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace locum::apps {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ImagingConfig of_mode(const std::string& mode) {
  ImagingConfig config;
  config.imaging.mode = mode;
  return config;
}

TEST(WithoutEffect, DefaultsAreNoComplaint) {
  EXPECT_THAT(without_effect(of_mode("stem")), IsEmpty());
  EXPECT_THAT(without_effect(of_mode("hrtem")), IsEmpty());
}

TEST(WithoutEffect, AScanTakesAllOfItsOwnSettings) {
  ImagingConfig config = of_mode("stem");
  config.imaging.method = "prism";
  config.scan.points = {4, 4};
  config.detectors.push_back({});
  config.microscope.aberrations.Cs = 1.0;
  config.coherence.source_size = 0.7;
  EXPECT_THAT(without_effect(config), IsEmpty());
  config.coherence.illumination = 0.2;
  config.hrtem.depths = {10.0};
  EXPECT_THAT(without_effect(config), ElementsAre(HasSubstr("coherence.illumination"), HasSubstr("[hrtem]")));
}

TEST(WithoutEffect, APlaneWaveHasNoProbe) {
  ImagingConfig config = of_mode("hrtem");
  config.coherence.illumination = 0.2;
  config.hrtem.depths = {10.0};
  EXPECT_THAT(without_effect(config), IsEmpty());
  config.imaging.method = "local";
  config.scan.points = {4, 4};
  config.detectors.front().kind = "bf";
  config.microscope.aberrations.Cs = 1.0;
  config.coherence.source_size = 0.7;
  EXPECT_THAT(without_effect(config),
              ElementsAre(HasSubstr("imaging.method"), HasSubstr("[scan]"), HasSubstr("[[detectors]]"),
                          HasSubstr("[hrtem.objective.aberrations]"), HasSubstr("coherence.source_size")));
}

}  // namespace
}  // namespace locum::apps
