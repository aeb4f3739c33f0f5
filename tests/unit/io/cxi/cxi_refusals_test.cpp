#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "io/cxi/cxi_file.hpp"
#include "tests/unit/io/cxi/sample_frames.hpp"
#include "tests/unit/io/refusals.hpp"
#include "tests/unit/io/temporary_folder.hpp"

namespace locum::io {
namespace {

TEST(DiffractionFile, WhatIsMissingIsSaidWithThePlacesThatWereTried) {
  TemporaryFolder folder;
  const std::string path = folder.file("a.h5");
  {
    auto hdf5 = Hdf5File::create((put(path, ""), path));
    hdf5.make_dataset("/entry_1/data_1/positions", Number::real, "m", {3, 3});
    hdf5.close();
  }
  EXPECT_SAYS(refusal(path), "no diffraction frames", "/entry_1/data_1/data", "4DSTEM_simulation", "key data");
  DiffractionKeys keys;
  keys.data = "/entry_1/data_1/frames";
  EXPECT_SAYS(refusal(path, keys), "no /entry_1/data_1/frames", "/entry_1/data_1 has positions");
  keys.data = "/entry_1/data_1/positions";
  EXPECT_SAYS(refusal(path, keys), "holds no frames", "(frames, nx, ny)");
  {
    auto hdf5 = Hdf5File::modify(path);
    hdf5.make_dataset("/entry_1/data_1/data", Number::integer, "counts", {3, 4, 4});
    hdf5.make_dataset("/empty", Number::integer, "counts", {0, 4, 4}, 1);
    hdf5.close();
  }
  EXPECT_SAYS(refusal(path), "no sampling", "the wavelength is missing", "reciprocal_pixel");
  keys.data = "", keys.object_pixel = 1.0;
  EXPECT_SAYS(refusal(path, keys), "no positions for 3 frames", "/entry_1/data_1/translation", "key positions");
  keys.scan_step = {1.0, 1.0};
  EXPECT_SAYS(refusal(path, keys), "no raster");
  keys.data = "/empty";
  EXPECT_SAYS(refusal(path, keys), "/empty has no frames");
  EXPECT_SAYS(refusal(folder.file("none.cxi")), "No such file");
  put(folder.file("text.cxi"), "no HDF5");
  EXPECT_SAYS(refusal(folder.file("text.cxi")), "not a complete HDF5 file");
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 100);
  EXPECT_SAYS(refusal(path), "not a complete HDF5 file");
}

TEST(DiffractionFile, FramesPositionsMaskAndUnitsThatDoNotMatchAreRefused) {
  TemporaryFolder folder;
  const std::string path = folder.file("a.cxi");
  write_sample_frames(Communicator::self(), path, sample_frames());
  {
    auto hdf5 = Hdf5File::modify(path);
    hdf5.make_dataset("/positions", Number::real, "m", {13, 3});
    hdf5.make_dataset("/same", Number::real, "m", {12, 3});
    hdf5.make_dataset("/mask", Number::integer, "1", {8, 8});
    hdf5.write("/mask", std::vector<std::int64_t>(64, 1));
    hdf5.make_dataset("/narrow", Number::integer, "1", {8, 7});
    hdf5.make_dataset("/parsec", Number::real, "parsec", {12, 3});
    hdf5.close();
  }
  const auto with = [&](auto set) {
    DiffractionKeys keys;
    set(keys);
    return refusal(path, keys);
  };
  EXPECT_SAYS(with([](auto& k) { k.positions = "/positions"; }), "12 frames and 13 positions");
  EXPECT_SAYS(with([](auto& k) { k.positions = "/same"; }), "span 0 pixels", "all frames have one position");
  EXPECT_SAYS(with([](auto& k) { k.positions = "/parsec"; }), "'parsec'", "positions_unit");
  EXPECT_SAYS(with([](auto& k) { k.positions_unit = "Angstrom"; }), "taken as Angstrom", "positions_unit = m ");
  EXPECT_SAYS(with([](auto& k) { k.positions_x = "/same"; }), "only one of");
  EXPECT_SAYS(with([](auto& k) { k.mask = "/mask"; }), "leaves none", "mask_is = \"good\"");
  EXPECT_EQ(with([](auto& k) { k.mask = "/mask", k.mask_is = "good"; }), "");
  EXPECT_SAYS(with([](auto& k) { k.mask = "/narrow"; }), "/narrow", "8 × 7", "8 × 8");
  EXPECT_SAYS(with([](auto& k) { k.wavelength = "none", k.energy_unit = "keV"; }), "wavelength of", "is it in J?");
  EXPECT_SAYS(with([](auto& k) { k.distance_unit = "pm"; }), "a pixel of the object has");
  EXPECT_SAYS(with([](auto& k) { k.crop = 10; }), "crop = 10", "the largest that fits is 8");
  EXPECT_SAYS(with([](auto& k) { k.centre = {8.0, 4.0}; }), "zero frequency is at pixel 8");
  EXPECT_SAYS(with([](auto& k) { k.bin = 8; }), "at least 2 × 2");
  EXPECT_SAYS(with([](auto& k) { k.probe = "/entry_1/truth/object"; }), "28 × 38", "8 × 8");
  EXPECT_SAYS(with([](auto& k) { k.mask_is = "fine"; }), "mask_is is 'fine'");
}

TEST(DiffractionFile, CountsThatCannotBeAreRefusedByFrameAndPixel) {
  TemporaryFolder folder;
  const std::string path = folder.file("a.cxi");
  auto layout = sample_frames(4);
  layout.counts = Storage::float32;
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  for (const auto& [value, word] :
       {std::pair{nan, "not a number"}, {inf, "not finite"}, {-inf, "not finite"}, {-2.0, "negative"}}) {
    write_sample_frames(Communicator::self(), path, layout);
    {
      auto hdf5 = Hdf5File::modify(path);
      hdf5.write_slab("/entry_1/data_1/data", {{2, 3, 5}, {1, 1, 1}}, std::vector<double>{value});
      hdf5.write_slab("/entry_1/data_1/data", {{1, 0, 1}, {1, 1, 1}}, std::vector<double>{value});  // masked
      hdf5.close();
    }
    EXPECT_SAYS(refusal(path, {}, true), "frame 2", "pixel (3, 5)", word);
  }
  DiffractionKeys keys;
  keys.negative = "zero";
  EXPECT_EQ(refusal(path, keys, true), "");
}

}  // namespace
}  // namespace locum::io
