#include "apps/report/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "apps/report/figures.hpp"
#include "apps/report/gnuplot.hpp"
#include "apps/report/text.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/apps/sample_report.hpp"

namespace locum::apps {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

int count(const std::string& text, const std::string& word) {
  int found = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

bool have_gnuplot() { return run_gnuplot("gnuplot", "set terminal svg\nplot x\n").error.empty(); }

TEST(ReportText, NumbersHaveTheDigitsThatMatter) {
  EXPECT_EQ(significant(0.04123), "0.0412");
  EXPECT_EQ(significant(9.996), "10.0");
  EXPECT_EQ(significant(-2.5, 2), "−2.5");
  EXPECT_EQ(significant(0.0), "0");
  EXPECT_EQ(significant(3.14159e-6), "3.14\u202f×\u202f10<sup>−6</sup>");
  EXPECT_EQ(significant(unknown), "–");
  EXPECT_EQ(significant(HUGE_VAL), "∞");
  EXPECT_EQ(whole(999), "999");
  EXPECT_EQ(whole(9999), "9999");
  EXPECT_EQ(whole(20000), "20\u202f000");
  EXPECT_EQ(whole(-1234567), "−1\u202f234\u202f567");
  EXPECT_EQ(percent(0.0567), "5.7\u202f%");
  EXPECT_EQ(duration(4.1e-4), "410\u202fµs");
  EXPECT_EQ(duration(252.3), "4\u202fmin 12\u202fs");
  EXPECT_EQ(duration(7500), "2\u202fh 5\u202fmin");
  EXPECT_EQ(energy(7.2e6), "7.20\u202fMJ (2.0\u202fkWh)");
}

TEST(ReportText, MarkupInUsersTextStaysText) {
  EXPECT_EQ(escape_html("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  ReportData data;
  data.title = "<script>alert(1)</script>";
  EXPECT_THAT(render_report(data), Not(HasSubstr("<script>")));
}

TEST(ReportTimeline, EveryTimestepFallsIntoOneBin) {
  for (const int steps : {0, 1, 2, 399, 400, 401, 12345}) {
    std::vector<TimelineEntry> entries(steps);
    int solver = 0;
    for (int k = 0; k < steps; ++k) {
      entries[k].time = k;
      entries[k].temperature = k;
      entries[k].uncertainty = k % 7 == 0 ? unknown : 1.0 + k;
      entries[k].player = k % 3 == 0 ? Player::solver : Player::surrogate;
      solver += k % 3 == 0;
    }
    const auto bins = bin_timeline(entries, 400);
    EXPECT_LE(bins.size(), 400u);
    std::int64_t timesteps = 0;
    double played = 0.0;
    for (std::size_t b = 0; b < bins.size(); ++b) {
      timesteps += bins[b].timesteps;
      played += bins[b].solver * static_cast<double>(bins[b].timesteps);
      EXPECT_LE(bins[b].coldest, bins[b].temperature);
      EXPECT_LE(bins[b].temperature, bins[b].hottest);
      if (b > 0) {
        EXPECT_EQ(bins[b].begin, bins[b - 1].end);
      }
    }
    EXPECT_EQ(timesteps, steps);
    EXPECT_NEAR(played, solver, 1e-9 * (1 + steps));  // shares are rounded once a bin
  }
}

TEST(ReportFigures, RmseOfTheParityIsThatOfItsDefinition) {
  EXPECT_TRUE(std::isnan(parity_rmse({})));
  EXPECT_DOUBLE_EQ(parity_rmse({"", {0, 0}, {3, 4}}), std::sqrt(12.5));
}

TEST(ReportGnuplot, AMissingOrFailingProgramIsReported) {
  EXPECT_THAT(run_gnuplot("/nowhere/gnuplot", "plot x\n").error, HasSubstr("/nowhere/gnuplot"));
  EXPECT_THAT(run_gnuplot("false", "plot x\n").error, HasSubstr("code 1"));
  EXPECT_THAT(run_gnuplot("true", "plot x\n").error, HasSubstr("nothing"));
  EXPECT_EQ(svg_element("<?xml?>\n<svg a='1'>x</svg>\n"), "<svg a='1'>x</svg>");
}

TEST(ReportGnuplot, AProgramThatHangsIsEnded) {
  // `cat` of a terminal-less script would end; `yes` never does.
  EXPECT_THAT(run_gnuplot("yes", "", 0.2).error, HasSubstr("too long"));
}

TEST(Report, AnEmptyRunStillHasAPage) {
  const std::string page = render_report({});
  EXPECT_THAT(page, HasSubstr("No production was run"));
  EXPECT_THAT(page, HasSubstr("</html>"));
}

TEST(Report, WithoutGnuplotTheTablesStand) {
  ReportData data = testing::sample_report();
  data.gnuplot = "/nowhere/gnuplot";
  const std::string page = render_report(data);
  EXPECT_THAT(page, HasSubstr("There are no pictures here"));
  EXPECT_EQ(count(page, "<svg"), 0);
  EXPECT_THAT(page, HasSubstr("learned at"));
  EXPECT_THAT(page, HasSubstr("first peak of g(r)"));
}

TEST(Report, NoSpeedUpStandsWithoutItsError) {
  ReportData data = testing::sample_report();
  data.gnuplot = "/nowhere/gnuplot";
  EXPECT_GE(count(render_report(data), "at most 0.0493"), 4);
  data.account.estimate = data.account.upper_95 = unknown;
  EXPECT_GE(count(render_report(data), "error not measured"), 4);
}

TEST(Report, ThePageLoadsNothing) {
  const std::string page = render_report(testing::sample_report());
  for (const char* loads : {"src=", "<link", "<script", "@import", "url("}) EXPECT_THAT(page, Not(HasSubstr(loads)));
}

TEST(Report, AllSixPicturesAreDrawn) {
  if (!have_gnuplot()) GTEST_SKIP() << "no gnuplot here";
  const std::string page = render_report(testing::sample_report());
  EXPECT_EQ(count(page, "<svg"), 6);
  EXPECT_EQ(count(page, "rgb("), 0) << "a colour that does not follow the page";
  EXPECT_LT(page.size(), 2u << 20);
  if (const char* path = std::getenv("LOCUM_SAMPLE_REPORT")) write_report(testing::sample_report(), path);
}

TEST(Report, IsWrittenWholeOrNotAtAll) {
  const auto folder = std::filesystem::temp_directory_path() / ("locum_report_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  ReportData data;
  data.title = "first";
  const std::string path = folder / "report.html";
  write_report(data, path);
  std::filesystem::create_directory(path + ".tmp");  // the place beside is taken: writing fails
  data.title = "second";
  EXPECT_THROW(write_report(data, path), IoError);
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("<h1>first</h1>"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace locum::apps
