#include "apps/imaging/scan_job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "io/scan/scan_reader.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/apps/imaging/fake_engine.hpp"

namespace locum::apps {
namespace {

namespace fs = std::filesystem;
using imaging::DetectorConfig;

DetectorConfig detector(const std::string& kind) {
  DetectorConfig config;
  config.kind = kind;
  return config;
}

// Band limit 26.7 mrad. An annulus, rings, a centre of mass and 4D data.
imaging::DetectorSet detectors() {
  DetectorConfig radial = detector("radial");
  radial.width = 8.0;
  DetectorConfig pixels = detector("pixelated");
  pixels.bin = 4;
  return imaging::DetectorSet({32, 32, 10.0, 10.0}, 200.0, 10.0, {detector("bf"), radial, detector("com"), pixels});
}

// 7 × 9 probes over the whole cell.
ScanRun small_run() {
  ScanRun run;
  imaging::ScanConfig scan;
  scan.points = {7, 9};
  run.scan = imaging::make_scan(scan, 10.0, 10.0, 200.0, 10.0);
  run.configurations = 5;
  run.tile = 4;
  run.metadata.title = "a test";
  run.metadata.fingerprint = "one";
  run.metadata.energy = 200.0;
  return run;
}

std::string bytes(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class ScanJobTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (world_.comm.is_root()) fs::remove_all(root_);
    world_.comm.barrier();
  }
  void TearDown() override {
    world_.comm.barrier();
    if (world_.comm.is_root()) fs::remove_all(root_);
  }
  static Context context_of(Communicator comm) {
    Context context;
    context.comm = std::move(comm);
    return context;
  }
  std::string folder(const std::string& name) const { return root_ + "/" + name; }
  std::string own(const std::string& name) const { return folder(name) + std::to_string(world_.comm.rank()); }

  // The finished file's path.
  std::string run(const Context& context, const std::string& path, const ScanRun& setup, bool restart = false) {
    RunDirectory directory(context.comm, path, restart);
    if (!restart) directory.write_text("input.toml", "");
    ScanJob job(context, directory, setup, detectors_, engine_);
    EXPECT_TRUE(job.run(restart));
    account_ = job.account();
    return directory.file("scan.h5");
  }

  Context world_ = context_of(Communicator::world());
  Context self_ = context_of(Communicator::self());
  std::string root_ = "scan_job_test." + std::to_string(world_.comm.size());
  imaging::DetectorSet detectors_ = detectors();
  FakeEngine engine_{detectors_};
  ScanAccount account_;
};

TEST_F(ScanJobTest, ImagesAreMeansOverConfigurationsWithTheirStandardError) {
  const ScanRun setup = small_run();
  const io::ScanReader reader(run(world_, folder("run"), setup));
  const auto image = reader.image("bf"), error = reader.image("bf_error");
  ASSERT_EQ(image.size(), 63u);
  for (std::size_t p = 0; p < image.size(); ++p) {
    double mean = 0.0, scatter = 0.0;
    for (int c = 0; c < 5; ++c) mean += FakeEngine::value(c, setup.scan.position[p], 0) / 5.0;
    for (int c = 0; c < 5; ++c) scatter += std::pow(FakeEngine::value(c, setup.scan.position[p], 0) - mean, 2);
    EXPECT_NEAR(image[p], mean, 1e-7);  // a float's rounding of 0.35
    EXPECT_NEAR(error[p], std::sqrt(scatter / (5 * 4)), 1e-7);
  }
  const auto rings = reader.image_shape("radial");
  EXPECT_EQ(rings, (io::Shape{7, 9, detectors_.detectors()[1].numbers}));
  EXPECT_EQ(reader.image_shape("com"), (io::Shape{7, 9, 2}));
  EXPECT_EQ(account_.probes_here, 63);
  EXPECT_EQ(account_.tiles, 16);
}

TEST_F(ScanJobTest, PatternsAreMeansOverConfigurations) {
  const ScanRun setup = small_run();
  const io::ScanReader reader(run(world_, folder("run"), setup));
  const auto [qx, qy] = engine_.pattern();
  ASSERT_EQ(reader.cube_shape("pixelated"), (io::Shape{7, 9, qx, qy}));
  const auto values = std::get<std::vector<double>>(reader.cube_region("pixelated", {{6, 8, 0, 0}, {1, 1, qx, qy}}));
  for (int q = 0; q < qx * qy; ++q) {
    double mean = 0.0;
    for (int c = 0; c < 5; ++c) mean += FakeEngine::value(c, setup.scan.position[62], 100 + q) / (5.0 * qx * qy);
    EXPECT_NEAR(values[q], mean, 1e-7 * 0.35);
  }
}

// Counts, folding and everything else on: the whole file, bytes and all.
TEST_F(ScanJobTest, TheFileIsTheSameWhoeverMakesIt) {
  for (const double source : {0.0, 1.5}) {
    ScanRun setup = small_run();
    setup.electrons = 1e4;
    setup.source_sigma = source;
    setup.each_configuration = true;
    const std::string together = bytes(run(world_, folder("world" + std::to_string(source)), setup));
    const std::string alone = bytes(run(self_, own("self" + std::to_string(source) + "_"), setup));
    EXPECT_GT(together.size(), 10000u);
    EXPECT_EQ(together == alone, true);
  }
}

TEST_F(ScanJobTest, AFailureOfOneRankIsThrownByAllAndWhatWasDoneIsGoneOnWith) {
  ScanRun setup = small_run();
  setup.source_sigma = 1.5;
  const std::string unbroken = bytes(run(world_, folder("unbroken"), setup));
  std::int64_t probes = 0;
  // Every session fails in a tile of the last rank that gets so far, three times.
  for (int session = 0; session < 3; ++session) {
    engine_.probes = 0;
    int tiles = 0;
    const int most = world_.comm.size() < 4 ? 2 : 1;  // so that four ranks leave something to do, too
    engine_.before_scan = [&](int configuration, auto) {
      if (configuration == 0 && ++tiles > most) throw IoError("the test says so", "here");
    };
    RunDirectory directory(world_.comm, folder("broken"), session > 0);
    if (session == 0) directory.write_text("input.toml", "");
    ScanJob job(world_, directory, setup, detectors_, engine_);
    EXPECT_THROW(job.run(session > 0), IoError);
    EXPECT_FALSE(directory.has("scan.h5"));
    probes += world_.comm.sum(engine_.probes);
  }
  engine_.before_scan = nullptr;
  engine_.probes = 0;
  EXPECT_EQ(bytes(run(world_, folder("broken"), setup, true)) == unbroken, true);
  // Nothing was done twice, but for the four probes of each rank and session that the forecast is measured with.
  EXPECT_LE(probes + world_.comm.sum(engine_.probes), 63 * 5 + 4 * 4 * world_.comm.size());
}

TEST_F(ScanJobTest, TheForecastKnowsWhatItCostsToMakeAConfigurationAgain) {
  ScanRun setup = small_run();
  setup.configurations = 20;  // enough probes for the forecast on four ranks
  engine_.kept_configurations = 1;
  int last = 0;
  engine_.before_scan = [&](int configuration, auto) {
    if (configuration != last && configuration > 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    last = configuration;
  };
  run(world_, folder("run"), setup);
  const Forecast& f = account_.forecast;
  EXPECT_GT(f.remake_seconds, 0.0015);  // 2 ms but for what the clocks of a loaded machine take from the second batch
  EXPECT_GE(f.seconds, f.remake_seconds * 16 * 19 / world_.comm.size());
}

TEST_F(ScanJobTest, AFinishedScanIsNotBegunAgain) {
  const ScanRun setup = small_run();
  run(world_, folder("run"), setup);
  engine_.probes = 0;
  run(world_, folder("run"), setup, true);
  EXPECT_EQ(engine_.probes, 0);
}

TEST_F(ScanJobTest, AFileThatWasNotYetMadeWholeIsMadeAnew) {
  const ScanRun setup = small_run();
  const std::string whole = bytes(run(world_, folder("run"), setup));
  {
    RunDirectory directory(world_.comm, folder("killed"), false);
    directory.write_text("input.toml", "");
    directory.write_text("scan.h5.part", "the beginning of a file");
  }
  EXPECT_EQ(bytes(run(world_, folder("killed"), setup, true)) == whole, true);
}

TEST_F(ScanJobTest, CountsAreIntegersAroundTheirExpectation) {
  ScanRun setup = small_run();
  setup.electrons = 1e4;
  const io::ScanReader reader(run(world_, folder("run"), setup));
  const auto counts = reader.image("bf"), expected = reader.image("bf_expected");
  double deviation = 0.0;
  for (std::size_t p = 0; p < counts.size(); ++p) {
    EXPECT_EQ(counts[p], std::floor(counts[p]));
    deviation += std::pow(counts[p] - 1e4 * expected[p], 2) / (1e4 * expected[p]);
  }
  // χ² of 63 numbers: 63 ± 11.2; five standard deviations, and not without noise.
  EXPECT_NEAR(deviation, 63.0, 56.0);
  EXPECT_EQ(reader.unit("bf"), "electrons");
  EXPECT_NE(reader.unit("com"), "electrons");
  const auto [qx, qy] = engine_.pattern();
  const auto cube = reader.cube_region("pixelated", {{0, 0, 0, 0}, {7, 9, qx, qy}});
  ASSERT_TRUE(std::holds_alternative<std::vector<std::int64_t>>(cube));
}

TEST_F(ScanJobTest, TheSourceIsFoldedInAsOverTheWholeImage) {
  const ScanRun sharp = small_run();
  ScanRun setup = sharp;
  setup.source_sigma = 1.5;
  const io::ScanReader before(run(world_, folder("sharp"), sharp)), after(run(world_, folder("folded"), setup));
  for (const std::string name : {"bf", "radial"}) {
    auto expected = before.image(name);
    const auto found = after.image(name);
    imaging::blur_source<double>(expected, setup.scan.shape, expected.size() / 63, 1.5);
    for (std::size_t k = 0; k < found.size(); ++k) EXPECT_NEAR(found[k], expected[k], 1e-7);  // both were floats
  }
  const auto [qx, qy] = engine_.pattern();
  const io::Slab all{{0, 0, 0, 0}, {7, 9, qx, qy}};
  auto expected = std::get<std::vector<double>>(before.cube_region("pixelated", all));
  const auto found = std::get<std::vector<double>>(after.cube_region("pixelated", all));
  imaging::blur_source<double>(expected, setup.scan.shape, static_cast<std::size_t>(qx) * qy, 1.5);
  for (std::size_t k = 0; k < found.size(); ++k) EXPECT_NEAR(found[k], expected[k], 1e-7 * 0.35);
}

TEST_F(ScanJobTest, WhatCannotFitIsRefusedWithTheNumbers) {
  ScanRun setup = small_run();
  setup.memory = 1024.0 * 1024.0;
  engine_.memory_bytes.shared = 3.0 * 1024.0 * 1024.0;
  RunDirectory directory(world_.comm, folder("run"), false);
  ScanJob job(world_, directory, setup, detectors_, engine_);
  try {
    job.run(false);
    FAIL() << "3 MiB went into 1 MiB";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("1.0 MiB"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("grid.sampling"));
  }
  EXPECT_FALSE(directory.has("scan.h5.part"));
  EXPECT_EQ(engine_.prepared, 0);
}

TEST(ScanTiles, CoverEveryProbeOnceWhateverTheirSize) {
  for (const std::int64_t probes : {1, 15, 64, 1000, 100000})
    for (const std::int64_t wanted : {0, 1, 7, 1000}) {
      const auto tiles = scan_tiles(probes, tile_size(wanted, probes, 1e6));
      std::int64_t next = 0;
      for (const auto& tile : tiles) {
        EXPECT_EQ(tile.first, next);
        EXPECT_GT(tile.count, 0);
        next += tile.count;
      }
      EXPECT_EQ(next, probes);
    }
  EXPECT_LE(tile_size(0, 100000, 512.0 * 512 * 12), 85);  // a quarter of a GiB
}

TEST(ScanTiles, TheSmallerLastTileIsHandedOutLast) {
  const auto tiles = scan_tiles(10, 4);
  EXPECT_EQ(open_tiles(tiles, [](std::int64_t) { return false; }), (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(open_tiles(tiles, [](std::int64_t k) { return k == 1; }), (std::vector<std::int64_t>{0, 2}));
}

}  // namespace
}  // namespace locum::apps
