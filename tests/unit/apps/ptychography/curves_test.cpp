// Curves of a report as scripts for gnuplot.
#include "apps/ptychography/curves.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace locum::apps {
namespace {

TEST(Curves, WithFewerThanTwoPointsAreNotDrawn) {
  EXPECT_EQ(curves_script({"empty", "x", "y", false, {}}), "");
  EXPECT_EQ(curves_script({"point", "x", "y", false, {{"one", {1.0}, {2.0}, "#000000"}}}), "");
  EXPECT_EQ(curves_html({"point", "x", "y", false, {{"one", {1.0}, {2.0}, "#000000"}}}, "a caption"), "");
}

TEST(Curves, HaveGapsWhereALogarithmHasNoValue) {
  const Curve curve{"R", {1.0, 2.0, 3.0}, {0.5, 0.0, std::numeric_limits<double>::quiet_NaN()}, "#000000"};
  const std::string linear = curves_script({"r", "sweep", "R", false, {curve}});
  EXPECT_NE(linear.find("\n2 0\n3 NaN\n"), std::string::npos) << linear;
  const std::string logarithmic = curves_script({"r", "sweep", "R", true, {curve}});
  EXPECT_NE(logarithmic.find("\n1 0.5\n2 NaN\n3 NaN\n"), std::string::npos) << logarithmic;
  EXPECT_NE(logarithmic.find("set logscale y"), std::string::npos);
}

TEST(Curves, AreDrawnByGnuplotWhereItIsThere) {
  const std::string html =
      curves_html({"r", "sweep", "R", true, {{"R", {1.0, 2.0}, {0.5, 0.25}, "#d55e00", true}}}, "the <b>caption</b>");
  if (html.find("<svg") == std::string::npos) {
    EXPECT_NE(html.find("missing"), std::string::npos) << html;
    GTEST_SKIP() << "gnuplot is not installed";
  }
  EXPECT_NE(html.find("the <b>caption</b>"), std::string::npos);
}

}  // namespace
}  // namespace locum::apps
