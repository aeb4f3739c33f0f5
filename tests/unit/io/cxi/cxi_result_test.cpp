#include "io/cxi/cxi_result.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "io/cxi/cxi_file.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/cxi/sample_frames.hpp"
#include "tests/unit/io/temporary_folder.hpp"

namespace locum::io {
namespace {

TEST(Reconstruction, ComesBackAsItWasWritten) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  const auto result = sample_result();
  write_reconstruction(comm, folder.file("r.cxi"), result);
  const auto read = read_reconstruction(folder.file("r.cxi"));
  EXPECT_EQ(read.object.values, result.object.values);
  EXPECT_EQ(read.object.nx, 31);
  EXPECT_EQ(read.probe.modes, 3);
  EXPECT_EQ(read.probe.values, result.probe.values);
  // Through metres and back: rounding of doubles, of the sum and difference of positions too.
  for (std::size_t d = 0; d < 2; ++d) {
    EXPECT_NEAR(read.pixel[d], result.pixel[d], 1e-14);
    EXPECT_NEAR(read.origin[d], result.origin[d], 1e-14);
  }
  ASSERT_EQ(read.positions.size(), result.positions.size());
  for (std::size_t k = 0; k < read.positions.size(); ++k) {
    EXPECT_NEAR(read.positions[k], result.positions[k], 1e-13);
    EXPECT_NEAR(read.initial_positions[k], result.initial_positions[k], 1e-13);
  }
  EXPECT_NEAR(read.wavelength, result.wavelength, 1e-15);
  EXPECT_TRUE(read.electrons);
  EXPECT_EQ(read.background, result.background);
  ASSERT_EQ(read.frames.size(), 2u);
  EXPECT_EQ(read.frames[1].name, "handed_back");
  EXPECT_EQ(read.frames[0].values, result.frames[0].values);
  ASSERT_EQ(read.curves.size(), 2u);  // in the order of the alphabet
  EXPECT_EQ(read.curves[0].axis, "frequency");
  EXPECT_EQ(read.curves[0].axis_unit, "1/Angstrom");
  EXPECT_EQ(read.curves[1].values, result.curves[0].values);
  ASSERT_EQ(read.maps.size(), 2u);
  EXPECT_EQ(read.maps[0].unit, "rad");
  EXPECT_EQ(read.maps[1].values, result.maps[1].values);
  EXPECT_EQ(read.maps[1].title, "0 network, 1 solver");
  EXPECT_EQ(read.provenance, result.provenance);
  EXPECT_EQ(read.title + read.program_version + read.input, "a result0.1.0[solver]\n");
}

TEST(Reconstruction, EqualResultsGiveEqualBytes) {
  TemporaryFolder folder;
  for (const char* name : {"a", "b"}) write_reconstruction(Communicator::self(), folder.file(name), sample_result());
  EXPECT_TRUE(same_bytes(folder.file("a"), folder.file("b")));
}

TEST(Reconstruction, TheLeastThatThereIsWillDo) {
  TemporaryFolder folder;
  Reconstruction result;
  result.object = sample_images(1, 3, 5);
  result.pixel = {1.0, 1.0};
  write_reconstruction(Communicator::self(), folder.file("r.cxi"), result);
  const auto read = read_reconstruction(folder.file("r.cxi"));
  EXPECT_EQ(read.object.values, result.object.values);
  EXPECT_TRUE(read.probe.empty() && read.positions.empty() && read.maps.empty() && read.frames.empty());
  EXPECT_EQ(read.wavelength, 0.0);
}

TEST(Reconstruction, IsTheProbeAndObjectOfAnotherRun) {
  TemporaryFolder folder;
  write_sample_frames(Communicator::self(), folder.file("a.cxi"), sample_frames());
  write_reconstruction(Communicator::self(), folder.file("r.cxi"), sample_result());
  DiffractionKeys keys;
  keys.probe = "r.cxi:/entry_1/probe/data", keys.object = "r.cxi:/entry_1/object/data";
  const DiffractionFile file(folder.file("a.cxi"), keys);
  EXPECT_EQ(file.probe().values, sample_result().probe.values);
  EXPECT_EQ(file.object().values, sample_result().object.values);
}

TEST(Reconstruction, WhatDoesNotFitTogetherIsRefused) {
  TemporaryFolder folder;
  const auto refused = [&](auto change) {
    auto result = sample_result();
    change(result);
    EXPECT_THROW(write_reconstruction(Communicator::self(), folder.file("r.cxi"), result), Error);
  };
  refused([](auto& r) { r.object.values.pop_back(); });
  refused([](auto& r) { r.object.values[3] = {NAN, 0.0f}; });
  refused([](auto& r) { r.probe.modes = 2; });
  refused([](auto& r) { r.pixel[1] = 0.0; });
  refused([](auto& r) { r.maps[0].values.pop_back(); });
  refused([](auto& r) { r.maps[0].name = "probe"; });
  refused([](auto& r) { r.maps[0].name = "a/b"; });
  refused([](auto& r) { r.curves[0].at.pop_back(); });
  refused([](auto& r) { r.frames[0].values.pop_back(); });
  refused([](auto& r) { r.frames[1].name = r.frames[0].name; });
  refused([](auto& r) { r.initial_positions.pop_back(); });
  refused([](auto& r) { r.background.pop_back(); });
  EXPECT_EQ(folder.files(), 0u);
  write_sample_frames(Communicator::self(), folder.file("a.cxi"), sample_frames());
  EXPECT_THROW(read_reconstruction(folder.file("a.cxi")), IoError);  // no result
}

}  // namespace
}  // namespace locum::io
