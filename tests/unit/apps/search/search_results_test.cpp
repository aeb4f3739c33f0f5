#include "apps/search/search_results.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "apps/report/gnuplot.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

// Candidates 0 and 1 have finished both rungs, 2 has failed on the first.
SearchResults sample() {
  SearchResults r;
  r.rungs = {{3, 10}, {2, 30}};
  r.candidates.resize(3);
  r.operations = {100.0, 20.0, 50.0};
  r.invariants = {681, 77, 203};
  r.trainings = {{0, 0, 0, 0.20, 0.22, 3.0, 10.1, 1.5, ""},
                 {1, 0, 0, 0.30, 0.33, 4.0, 2.1, 0.5, ""},
                 {2, 0, 0, NAN, NAN, NAN, NAN, 0.1, "singular"},
                 {0, 1, 0, 0.1 / 3.0, 0.3, NAN, 10.0, 4.0, ""},
                 {1, 1, 0, 0.25, 0.28, 3.5, 2.0, 1.0, ""}};
  return r;
}

TEST(SearchResults, TrainingsComeBackFromTheFileToTheLastBit) {
  const SearchResults r = sample();
  const auto back = trainings_from_json(to_json(r), "search.json");
  ASSERT_EQ(back.size(), r.trainings.size());
  for (std::size_t k = 0; k < back.size(); ++k) {
    EXPECT_EQ(back[k].candidate, r.trainings[k].candidate);
    EXPECT_EQ(back[k].rung, r.trainings[k].rung);
    EXPECT_EQ(back[k].failure, r.trainings[k].failure);
    EXPECT_EQ(std::isnan(back[k].energy_rmse), std::isnan(r.trainings[k].energy_rmse));
    if (back[k].failure.empty()) {
      EXPECT_EQ(back[k].error, r.trainings[k].error);
      EXPECT_EQ(back[k].force_rmse, r.trainings[k].force_rmse);
    }
  }
  EXPECT_EQ(training_from_json(to_json(r.trainings[3])).error, 0.1 / 3.0);
  EXPECT_THROW(trainings_from_json("{\"trainings\": 3}", "search.json"), ConfigError);
  EXPECT_THROW(trainings_from_json("not json", "search.json"), ConfigError);
}

TEST(SearchResults, ACandidateStandsWhereTheMeanOfAllItsFoldsIs) {
  SearchResults r = sample();
  r.folds = 2;
  EXPECT_FALSE(r.standing(0, 0));
  r.trainings.push_back({0, 0, 1, 0.10, 0.12, 5.0, 9.0, 2.5, ""});
  ASSERT_TRUE(r.standing(0, 0));
  EXPECT_TRUE(r.has(0, 0, 1));
  EXPECT_FALSE(r.has(1, 0, 1));
  EXPECT_DOUBLE_EQ(r.standing(0, 0)->error, 0.15);
  EXPECT_DOUBLE_EQ(r.standing(0, 0)->force_rmse, std::sqrt((0.22 * 0.22 + 0.12 * 0.12) / 2.0));
  EXPECT_DOUBLE_EQ(r.standing(0, 0)->energy_rmse, std::sqrt((9.0 + 25.0) / 2.0));
  EXPECT_EQ(r.standing(0, 0)->microseconds, 9.0);
  EXPECT_EQ(r.standing(0, 0)->seconds, 4.0);
  EXPECT_EQ(r.last(0)->rung, 0);
  EXPECT_FALSE(r.last(1));
}

TEST(SearchResults, TheSmallestErrorThatIsCheapEnoughIsChosen) {
  const SearchResults r = sample();
  EXPECT_EQ(chosen_candidate(r, 0.0), 0);
  EXPECT_EQ(chosen_candidate(r, 100.0), 0);
  EXPECT_EQ(chosen_candidate(r, 99.0), 1);
  EXPECT_EQ(chosen_candidate(r, 10.0), -1);
}

TEST(SearchResults, TheTableHasEveryCandidateTheBestFirst) {
  SearchResults r = sample();
  r.chosen = 1;
  const std::string text = table(r);
  EXPECT_LT(text.find("0.0333"), text.find("0.2500"));
  EXPECT_LT(text.find("0.2500"), text.find("failed: singular"));
  EXPECT_EQ(text.find("0.2000"), std::string::npos);  // an earlier rung's
  EXPECT_NE(text.find("→*     1"), std::string::npos);
}

TEST(SearchResults, TheFrontIsDrawn) {
  SearchResults r = sample();
  r.chosen = 0;
  const GnuplotResult drawn = run_gnuplot("gnuplot", front_figure(r));
  EXPECT_EQ(drawn.error, "");
  EXPECT_NE(drawn.svg.find("full training"), std::string::npos);
  EXPECT_NE(drawn.svg.find("chosen"), std::string::npos);
  r.trainings.resize(3);
  EXPECT_EQ(front_figure(r), "");  // nothing has been trained in full
}

}  // namespace
}  // namespace locum::apps
