#include "solvers/imaging/ptychography/ptychography_solver.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "tests/unit/solvers/imaging/ptychography/plain_model.hpp"

using namespace locum;
using namespace locum::imaging;

namespace {

struct Scan {
  plain::Case c;
  PtychographyConfig config;
  Scan() {
    plain::Setting setting;
    setting.nx = setting.ny = 24;
    setting.radius = 0.25;
    setting.counts = 1e6;
    c = plain::make(setting, plain::grid(setting, 26, 4, 3.0, 0.7, true));
    c.data.tiles = make_tiles(c.data, 9);
    c.data.comm = Communicator::world();
    config.engine = "lsqml";
    config.sweeps = 150;
    config.batch = 8;
    config.tolerance = 2e-3;
  }
  std::vector<int> all() const {
    std::vector<int> tiles(c.data.tiles.size());
    std::iota(tiles.begin(), tiles.end(), 0);
    return tiles;
  }
  ObjectFunction truth() const { return {plain::narrow(c.object)}; }
  double error(const ObjectFunction& answer, int tile) const {
    return std::sqrt(Ptychography::error(c.data, truth(), answer, tile).mean_square);
  }
};

}  // namespace

TEST(PtychographySolver, AnswersEveryTile) {
  Scan s;
  ASSERT_GE(s.c.data.tiles.size(), 4u);
  PtychographySolver solver(s.config);
  ObjectFunction output = Ptychography::make_output(s.c.data);
  solver.evaluate(s.c.data, s.all(), output);
  ASSERT_EQ(solver.reports().size(), 1u);
  for (int tile : s.all()) EXPECT_LT(s.error(output, tile), 0.05) << tile;
}

TEST(PtychographySolver, TilesAreSolvedByThemselvesAndOthersLeftAlone) {
  Scan s;
  PtychographySolver solver(s.config);
  ObjectFunction output = Ptychography::make_output(s.c.data);
  const std::vector<int> tiles = {0};
  solver.evaluate(s.c.data, tiles, output);
  EXPECT_LT(s.error(output, 0), 0.08);
  const PixelBox& core = s.c.data.tiles[0].core;
  for (int x = 0; x < s.c.data.object_nx; ++x)
    for (int y = 0; y < s.c.data.object_ny; ++y) {
      const bool inside = x >= core.x0 && x < core.x1 && y >= core.y0 && y < core.y1;
      if (!inside) {
        EXPECT_EQ(output.value[static_cast<std::size_t>(x * s.c.data.object_ny + y)], Ptychogram::Value(1.0f));
      }
    }
  EXPECT_LT(solver.reports()[0].frames, s.c.data.size());
}

TEST(PtychographySolver, TilesThatShareFramesAreOneRegion) {
  Scan s;
  const auto all = solver_regions(s.c.data, s.all());
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].tiles, s.all());
  EXPECT_EQ(static_cast<int>(all[0].frames.size()), s.c.data.size());
  const int last = static_cast<int>(s.c.data.tiles.size()) - 1;
  const auto corners = solver_regions(s.c.data, std::vector<int>{last, 0});
  ASSERT_EQ(corners.size(), 2u);
  EXPECT_EQ(corners[0].tiles, std::vector<int>{0});
}

TEST(PtychographySolver, GoodAnswersSaveSweepsAndBadOnesCostNone) {
  Scan s;
  PtychographySolver solver(s.config);
  ObjectFunction output = Ptychography::make_output(s.c.data), bad = s.truth();
  solver.evaluate(s.c.data, s.all(), output);
  const int neutral = solver.reports()[0].sweeps;
  const ObjectFunction converged = output;
  solver.evaluate_from(converged, s.c.data, s.all(), output);
  EXPECT_TRUE(solver.reports()[0].from_answer);
  EXPECT_LT(solver.reports()[0].sweeps, neutral);
  for (std::size_t k = 0; k < bad.value.size(); ++k)
    bad.value[k] *= std::polar(1.0f, 2.0f * std::sin(0.9f * static_cast<float>(k)));
  solver.evaluate_from(bad, s.c.data, s.all(), output);
  EXPECT_FALSE(solver.reports()[0].from_answer);
  EXPECT_EQ(solver.reports()[0].sweeps, neutral);
}

// A region's frames leave its phase open: it is turned to the answer around it, whatever that one's phase.
TEST(PtychographySolver, ARegionHasThePhaseOfWhatLiesAroundIt) {
  Scan s;
  PtychographySolver solver(s.config);
  ObjectFunction start = s.truth(), output = Ptychography::make_output(s.c.data);
  const PixelBox& core = s.c.data.tiles[0].core;
  for (int x = 0; x < s.c.data.object_nx; ++x)
    for (int y = 0; y < s.c.data.object_ny; ++y) {
      const bool inside = x >= core.x0 && x < core.x1 && y >= core.y0 && y < core.y1;
      const auto k = static_cast<std::size_t>(x * s.c.data.object_ny + y);
      start.value[k] *=
          std::polar(1.0f, inside ? 2.1f : 0.9f);  // right around the tile but for 0.9 rad, and wrong in it
    }
  solver.evaluate_from(start, s.c.data, std::vector<int>{0}, output);
  EXPECT_LT(s.error(output, 0), 0.08);
  std::complex<double> product = 0.0;
  for (int x = core.x0; x < core.x1; ++x)
    for (int y = core.y0; y < core.y1; ++y) {
      const auto k = static_cast<std::size_t>(x * s.c.data.object_ny + y);
      product += std::complex<double>(output.value[k] * std::conj(s.truth().value[k]));
    }
  EXPECT_NEAR(std::arg(product), 0.9, 0.05);  // the tile's own error is up to 0.08
}

TEST(PtychographySolver, ManyRegionsAreSharedOutAmongTheRanks) {
  Scan s;
  const int last = static_cast<int>(s.c.data.tiles.size()) - 1;
  const std::vector<int> tiles = {0, last};
  PtychographySolver solver(s.config);
  ObjectFunction together = Ptychography::make_output(s.c.data), alone = together;
  solver.evaluate(s.c.data, tiles, together);
  const auto reports = solver.reports();
  s.c.data.comm = Communicator::self();
  solver.evaluate(s.c.data, tiles, alone);
  ASSERT_EQ(reports.size(), 2u);
  for (std::size_t r = 0; r < 2; ++r) EXPECT_EQ(reports[r].tiles, solver.reports()[r].tiles);
  // Regions that ranks work on together stop within a tolerance of 2e-3 of those of one rank.
  for (int tile : tiles) EXPECT_NEAR(s.error(together, tile), s.error(alone, tile), 2e-3);
}

TEST(PtychographySolver, RegionsAreDealtSoThatTheLongestRankIsShortest) {
  const auto of = [](std::vector<int> frames) {
    std::vector<SolverRegion> regions;
    for (const int n : frames) regions.push_back({{}, std::vector<int>(static_cast<std::size_t>(n))});
    return regions;
  };
  using Owners = std::vector<int>;
  EXPECT_EQ(deal_regions(of({}), 2), Owners{});
  EXPECT_EQ(deal_regions(of({80}), 2), Owners{-1});                        // one rank alone would have the other wait
  EXPECT_EQ(deal_regions(of({80, 70}), 1), (Owners{-1, -1}));              // of one rank all are its own
  EXPECT_EQ(deal_regions(of({80, 90}), 2), (Owners{1, 0}));                // 90 against (80 + 90) / 1.5
  EXPECT_EQ(deal_regions(of({80, 80, 80}), 2), (Owners{-1, 0, 1}));        // 80 / 1.5 + 80 against 160
  EXPECT_EQ(deal_regions(of({50, 500, 50}), 2), (Owners{0, -1, 1}));       // the large one together
  EXPECT_EQ(deal_regions(of({40, 70, 30, 60}), 2), (Owners{1, 0, 0, 1}));  // 100 and 100
}
