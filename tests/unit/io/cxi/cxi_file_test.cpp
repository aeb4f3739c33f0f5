#include "io/cxi/cxi_file.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <random>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/cxi/sample_frames.hpp"
#include "tests/unit/io/refusals.hpp"
#include "tests/unit/io/scan/sample_scan.hpp"
#include "tests/unit/io/temporary_folder.hpp"

namespace locum::io {
namespace {

TEST(DiffractionFile, WhatAllRanksWroteIsReadInEveryTypeSizeAndOrder) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  const std::string path = folder.file("a.cxi");
  for (const auto [frames, nx, ny] :
       {std::array{1, 2, 2}, {2, 3, 3}, {13, 9, 9}, {11, 16, 16}, {6, 33, 33}, {5, 7, 10}})
    for (const Storage storage : {Storage::uint16, Storage::uint32, Storage::float32})
      for (const FrameOrder order : {FrameOrder::centred, FrameOrder::fft}) {
        auto layout = sample_frames(frames, nx, ny);
        layout.counts = storage;
        write_sample_frames(comm, path, layout, order);
        DiffractionKeys keys;
        const DiffractionFile file(path, keys);
        ASSERT_EQ(file.frames(), frames);
        ASSERT_EQ(file.nx(), nx);
        ASSERT_EQ(file.ny(), ny);
        for (const FrameOrder wanted : {FrameOrder::centred, FrameOrder::fft}) {
          auto expected = sample_counts(layout, 0, frames, wanted);
          const auto mask = file.mask(wanted);
          for (std::size_t k = 0; k < expected.size(); ++k) expected[k] *= mask[k % mask.size()];
          EXPECT_EQ(all_counts(file, wanted), expected);
          EXPECT_EQ(std::count(mask.begin(), mask.end(), 0), 1);
        }
        EXPECT_EQ(file.mask(FrameOrder::centred)[1], 0);
        // The FFT's order of (0, 1): by the shift of ⌊n/2⌋ that numpy's ifftshift makes.
        EXPECT_EQ(
            file.mask(FrameOrder::fft)[static_cast<std::size_t>((nx - nx / 2) % nx * ny + (1 + ny - ny / 2) % ny)], 0);
        comm.barrier();
      }
}

TEST(DiffractionFile, GeometryAndImagesComeBack) {
  TemporaryFolder folder;
  const std::string path = folder.file("a.cxi");
  auto layout = sample_frames();
  for (const bool electrons : {true, false}) {
    layout.electrons = electrons;
    write_sample_frames(Communicator::self(), path, layout);
    const DiffractionFile file(path);
    EXPECT_EQ(file.electrons(), electrons);
    // Doubles through metres and back: a few rounding errors.
    EXPECT_NEAR(file.wavelength(), 0.025, 1e-15);
    for (const double pixel : file.object_pixel()) EXPECT_NEAR(pixel, 0.5, 1e-13);
    for (std::size_t k = 0; k < layout.positions.size(); ++k)
      EXPECT_NEAR(file.positions()[k], layout.positions[k], 1e-13);
    EXPECT_EQ(file.probe().modes, 2);
    EXPECT_EQ(file.probe().values, layout.probe.values);
    EXPECT_TRUE(file.object().empty());
    EXPECT_EQ(file.unit(), "counts");
    auto background = layout.background;
    background[1] = 0;  // a bad pixel
    EXPECT_EQ(file.background(FrameOrder::centred), background);
    // The energy alone gives the same wave: the constants of both directions are the same.
    DiffractionKeys keys;
    keys.wavelength = "none";
    keys.particle = electrons ? "electron" : "photon";
    EXPECT_NEAR(DiffractionFile(path, keys).wavelength(), 0.025, 1e-12);
  }
}

TEST(DiffractionFile, AnyListOfFramesIsReadInTheOrderOfTheList) {
  TemporaryFolder folder;
  const auto layout = sample_frames(12);
  write_sample_frames(Communicator::self(), folder.file("a.cxi"), layout);
  DiffractionKeys keys;
  keys.mask = "none";
  const DiffractionFile file(folder.file("a.cxi"), keys);
  const std::vector<std::int64_t> list{7, 3, 4, 5, 3, 11, 0, 7};
  std::vector<float> counts(list.size() * 64);
  file.read(list, FrameOrder::centred, counts);
  for (std::size_t k = 0; k < list.size(); ++k) {
    const auto expected = sample_counts(layout, list[k], 1);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), counts.begin() + static_cast<std::ptrdiff_t>(64 * k)));
  }
  std::vector<float> none;
  file.read(std::vector<std::int64_t>{}, FrameOrder::fft, none);
  std::vector<float> one(64);
  EXPECT_THROW(file.read(std::vector<std::int64_t>{12}, FrameOrder::fft, one), IoError);
  EXPECT_THROW(file.read(std::vector<std::int64_t>{-1}, FrameOrder::fft, one), IoError);
  EXPECT_THROW(file.read(0, 2, FrameOrder::fft, one), ConfigError);
}

// Sums over bins around the zero frequency, pixel by pixel: odd bins are centred on it, even ones begin with it.
TEST(DiffractionFile, CropAndBinKeepTheZeroFrequencyInTheMiddle) {
  TemporaryFolder folder;
  const int n = 21;
  const auto layout = sample_frames(2, n, n);
  write_sample_frames(Communicator::self(), folder.file("a.cxi"), layout);
  for (const int bin : {1, 2, 3, 5})
    for (const int zero : {10, 9, 12})
      for (const int crop : {0, 10 / bin * bin, 15 / bin * bin}) {
        DiffractionKeys keys;
        keys.mask = "none";
        keys.bin = bin, keys.crop = crop;
        keys.centre = {static_cast<double>(zero), static_cast<double>(zero)};
        if (crop == bin) continue;  // one pixel
        const DiffractionFile file(folder.file("a.cxi"), keys);
        const int m = file.nx(), first = zero - m / 2 * bin - (bin % 2 ? bin / 2 : 0);
        EXPECT_TRUE(crop == 0 || m == crop / bin);
        // No larger one would fit.
        const int next = zero - (m + 1) / 2 * bin - (bin % 2 ? bin / 2 : 0);
        EXPECT_TRUE(crop > 0 || next < 0 || next + (m + 1) * bin > n) << m << " " << bin << " " << zero;
        EXPECT_NEAR(file.object_pixel()[0], 0.5 * n / (m * bin), 1e-12);  // rounding only
        const auto counts = all_counts(file, FrameOrder::centred), fft = all_counts(file, FrameOrder::fft);
        for (int i = 0; i < m; ++i)
          for (int j = 0; j < m; ++j) {
            float sum = 0;
            for (int a = 0; a < bin; ++a)
              for (int b = 0; b < bin; ++b) sum += sample_count(1, first + i * bin + a, first + j * bin + b);
            ASSERT_EQ(counts[static_cast<std::size_t>((m + i) * m + j)], sum);
            const int u = (i + m - m / 2) % m, v = (j + m - m / 2) % m;
            ASSERT_EQ(fft[static_cast<std::size_t>((m + u) * m + v)], sum);
          }
        EXPECT_FALSE(file.probe().empty() == (m == n));  // of other extents it is not given
      }
}

TEST(DiffractionFile, A4dStemScanOfOursIsAnInput) {
  TemporaryFolder folder;
  const auto comm = Communicator::self();
  const auto layout = sample_layout();
  {
    auto scan = ScanFile::create(comm, folder.file("scan.h5"), layout, sample_metadata());
    for (std::int64_t tile = 0; tile < layout.tiles; ++tile) {
      EXPECT_SAYS(refusal(scan.unfinished_path()), "several datasets");
      DiffractionKeys cube;
      cube.data = "/entry/CBED/data";
      EXPECT_SAYS(refusal(scan.unfinished_path(), cube), "not finished", std::to_string(layout.tiles - tile) + " of 9");
      write_sample_tile(scan, layout, tile);
    }
    scan.finish();
  }
  DiffractionKeys keys;
  EXPECT_SAYS(refusal(folder.file("scan.h5")), "several datasets", "CBED_depth0000", "mean_CBED_depth0000", "key data");
  keys.data = "/4DSTEM_simulation/data/datacubes/CBED_depth0000/data";
  EXPECT_SAYS(refusal(folder.file("scan.h5"), keys), "0.666667 × 0.5", "square", "oblong_pixels");
  keys.oblong_pixels = true;
  EXPECT_EQ(refusal(folder.file("scan.h5"), keys), "");
  keys.data = "/entry/CBED/data";  // the NXdata of the same numbers
  const DiffractionFile file(folder.file("scan.h5"), keys);
  EXPECT_EQ(file.frames(), 35);
  EXPECT_EQ(file.scan(), (Shape{7, 5}));
  EXPECT_EQ(file.nx(), 3);
  EXPECT_EQ(file.ny(), 4);
  EXPECT_EQ(file.unit(), "electrons");
  EXPECT_TRUE(file.electrons());
  EXPECT_NEAR(file.wavelength(), 0.02508, 1e-5);  // of 200 keV, textbook's digits
  EXPECT_EQ(file.object_pixel()[0], 1.0 / 1.5);
  EXPECT_EQ(file.object_pixel()[1], 1.0 / 2.0);
  EXPECT_EQ(file.positions(), layout.positions);
  std::vector<float> counts(3 * 12);
  const std::vector<std::int64_t> list{13, 4, 5};  // over the end of a row
  file.read(list, FrameOrder::centred, counts);
  for (std::size_t f = 0; f < 3; ++f)
    for (std::size_t k = 0; k < 12; ++k) EXPECT_EQ(counts[12 * f + k], sample_number(3, list[f], k));
}

TEST(DiffractionFile, PositionsAreTurnedAsTheKeysSay) {
  TemporaryFolder folder;
  const std::string path = folder.file("a.cxi");
  const auto layout = sample_frames();
  write_sample_frames(Communicator::self(), path, layout);
  DiffractionKeys keys;
  keys.swap_axes = keys.reverse_x = true;
  keys.rotation = 90;
  const auto turned = DiffractionFile(path, keys).positions();
  // (x, y) → (y, x) → (−y, x) → turned by 90°: (−x, −y)
  for (std::size_t k = 0; k < layout.positions.size(); ++k) EXPECT_NEAR(turned[k], -layout.positions[k], 1e-12);
  // The same positions as two datasets in nm, and as a transposed translation.
  {
    auto hdf5 = Hdf5File::modify(path);
    std::vector<double> x, y;
    for (std::size_t j = 0; j < layout.positions.size(); j += 2)
      x.push_back(0.1 * layout.positions[j]), y.push_back(0.1 * layout.positions[j + 1]);
    hdf5.make_dataset("/mine/x", Number::real, "nm", {12});
    hdf5.write("/mine/x", x);
    hdf5.make_dataset("/mine/y", Number::real, "", {12});
    hdf5.write("/mine/y", y);
    hdf5.close();
  }
  DiffractionKeys two, three;
  two.positions_x = "mine/x", two.positions_y = "/mine/y", two.positions_unit = "nm";
  three.positions = "/entry_1/sample_1/geometry_1/translation";
  for (const auto& other : {two, three}) {
    const DiffractionFile same(path, other);
    for (std::size_t k = 0; k < layout.positions.size(); ++k)
      EXPECT_NEAR(same.positions()[k], layout.positions[k], 1e-12);
  }
}

TEST(DiffractionFile, KeysLeadIntoOtherFiles) {
  TemporaryFolder folder;
  const auto layout = sample_frames();
  write_sample_frames(Communicator::self(), folder.file("a.cxi"), layout);
  {
    auto hdf5 = Hdf5File::modify(folder.file("a.cxi"));
    hdf5.make_dataset("/frames", Number::integer, "counts", {2, 6, 4, 4}, 1);
    hdf5.close();
  }
  DiffractionKeys keys;
  keys.data = "/frames", keys.reciprocal_pixel = 0.25, keys.mask = keys.background = "none";
  keys.positions = "other.h5:/entry_1/data_1/translation";
  std::filesystem::rename(folder.file("a.cxi"), folder.file("other.h5"));
  std::filesystem::copy(folder.file("other.h5"), folder.file("a.cxi"));
  const DiffractionFile file(folder.file("a.cxi"), keys);
  EXPECT_NEAR(file.positions()[5], layout.positions[5], 1e-12);
  EXPECT_EQ(file.object_pixel()[0], 1.0);
  keys.positions = "missing.h5:/a";
  EXPECT_SAYS(refusal(folder.file("a.cxi"), keys), "missing.h5", "No such file");
  keys.positions = "", keys.scan_step = {2.0, 3.0};
  const DiffractionFile raster(folder.file("a.cxi"), keys);
  EXPECT_EQ(raster.positions()[2 * 7], 2.0);  // frame (1, 1)
  EXPECT_EQ(raster.positions()[2 * 7 + 1], 3.0);
}

TEST(DiffractionWriter, LeavesNothingUnlessEveryFrameIsThere) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  const std::string path = folder.file("a.cxi");
  const auto layout = sample_frames(4 * comm.size());
  {
    DiffractionWriter writer(comm, path, layout);
    if (comm.rank() > 0) writer.write(4 * comm.rank(), FrameOrder::fft, sample_counts(layout, 0, 4));
    if (comm.rank() == 0) writer.write(0, FrameOrder::fft, sample_counts(layout, 0, 3));
    EXPECT_THROW(writer.finish(), IoError);
  }
  comm.barrier();
  EXPECT_EQ(folder.files(), 0u);
  comm.barrier();
  {
    DiffractionWriter writer(comm, path, layout);
    std::vector<float> counts(64, 1.0f);
    for (const float value : {-1.0f, std::nanf(""), 1e10f}) {
      counts[9] = value;
      EXPECT_THROW(writer.write(4 * comm.rank(), FrameOrder::fft, counts), NumericalError);
    }
    EXPECT_THROW(writer.write(layout.frames, FrameOrder::fft, counts), ConfigError);
    EXPECT_THROW(writer.write(0, FrameOrder::fft, std::span<const float>(counts).first(63)), ConfigError);
  }
  auto wrong = layout;
  wrong.positions.pop_back();
  EXPECT_THROW(DiffractionWriter(comm, path, wrong), ConfigError);
  EXPECT_THROW(DiffractionWriter(comm, folder.file("no/folder.cxi"), layout), IoError);
  comm.barrier();
  EXPECT_EQ(folder.files(), 0u);
  comm.barrier();
}

}  // namespace
}  // namespace locum::io
