#include "io/picture/picture.hpp"

#include <gtest/gtest.h>
#include <png.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "io/picture/picture_colors.hpp"
#include "io/picture/scale_bar.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/temporary_folder.hpp"

namespace locum::io {
namespace {

Picture ramp(int nx, int ny, double dx = 1.0, double dy = 1.0) {
  Picture picture{nx, ny, dx, dy, {}, "1", {}};
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy) picture.values.push_back(10.0 * ix + iy);
  return picture;
}

PictureConfig plain(int least_pixels = 1) {
  PictureConfig config;
  config.least_pixels = least_pixels;
  config.scale_bar = false;
  return config;
}

struct Png {
  unsigned width = 0, height = 0;
  std::vector<png_byte> bytes;
};

// Through libpng's own simple reader, as eight-bit grey or RGB.
Png read_png(const std::string& path, bool colored) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_TRUE(png_image_begin_read_from_file(&image, path.c_str())) << image.message;
  image.format = colored ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  Png png{image.width, image.height, std::vector<png_byte>(PNG_IMAGE_SIZE(image))};
  EXPECT_TRUE(png_image_finish_read(&image, nullptr, png.bytes.data(), 0, nullptr)) << image.message;
  return png;
}

TEST(Picture, XGoesToTheRightAndYUpwards) {
  TemporaryFolder folder;
  auto picture = ramp(3, 2);
  picture.values = {0, 255, 51, 102, 153, 204};  // (0,0) (0,1) (1,0) …
  write_png(folder.file("a.png"), picture, plain());
  const auto png = read_png(folder.file("a.png"), false);
  ASSERT_EQ(png.width, 3u);
  ASSERT_EQ(png.height, 2u);
  EXPECT_EQ(png.bytes, (std::vector<png_byte>{255, 102, 204, 0, 51, 153}));
  EXPECT_EQ(folder.files(), 1u);  // no temporary is left
}

TEST(Picture, SixteenBitsKeepMoreThanEight) {
  TemporaryFolder folder;
  auto config = plain();
  config.bits = 16;
  write_png(folder.file("a.png"), ramp(5, 7), config);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  ASSERT_TRUE(png_image_begin_read_from_file(&image, folder.file("a.png").c_str()));
  EXPECT_TRUE(image.format & PNG_FORMAT_FLAG_LINEAR);  // what libpng calls 16 bits
  png_image_free(&image);
}

TEST(Picture, PixelsThatAreNotSquareAreResampledToSquareOnes) {
  // 10 × 5 pixels of 1 Å × 2 Å: 10 Å × 10 Å. A plane stays a plane away from the edges: bilinear is exact there.
  auto picture = ramp(10, 5, 1.0, 2.0);
  for (int ix = 0; ix < 10; ++ix)
    for (int iy = 0; iy < 5; ++iy) picture.values[static_cast<std::size_t>(5 * ix + iy)] = (iy + 0.5) * 2.0;
  auto config = plain();
  config.low = 0.0, config.high = 10.0;
  auto raster = draw(picture, config);
  ASSERT_EQ(raster.width, 10);
  ASSERT_EQ(raster.height, 10);
  for (int row = 1; row < 9; ++row)
    EXPECT_NEAR(*raster.at(3, row) / 65535.0, (10 - row - 0.5) / 10.0, 1e-5) << row;  // a step of 16 bits is 1.5e-5
}

TEST(Picture, SmallImagesAreEnlargedAndLargeOnesLeft) {
  EXPECT_EQ(draw(ramp(7, 3), plain(70)).width, 70);
  EXPECT_EQ(draw(ramp(7, 3), plain(70)).height, 30);
  EXPECT_EQ(draw(ramp(70, 3), plain(35)).width, 70);
  EXPECT_EQ(draw(ramp(1, 1), plain(4)).height, 4);
}

TEST(Picture, ClipSaturatesTheEnds) {
  auto picture = ramp(10, 10);
  picture.values[0] = -1e6, picture.values[99] = 1e6;
  PictureConfig config;
  EXPECT_EQ(color_range(picture, config).low, -1e6);
  config.clip = 2.0;
  EXPECT_EQ(color_range(picture, config).low, 1.0);  // the second of a hundred: one per cent lies below
  EXPECT_EQ(color_range(picture, config).high, 98.0);
}

TEST(Picture, AFlatImageAndASinglePixelAreDrawn) {
  TemporaryFolder folder;
  auto picture = ramp(4, 4);
  picture.values.assign(16, 3.0);
  EXPECT_NO_THROW(write_png(folder.file("flat.png"), picture));
  EXPECT_NO_THROW(write_png(folder.file("one.png"), ramp(1, 1)));
  EXPECT_NO_THROW(write_tiff(folder.file("one.tif"), ramp(1, 1)));
  EXPECT_NO_THROW(write_tiff16(folder.file("flat.tif"), picture));
}

TEST(Picture, ThePhaseIsCyclicAndTheBrightnessDarkensIt) {
  const auto a = color("phase", 0.0), b = color("phase", 1.0);
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(a[static_cast<std::size_t>(c)], b[static_cast<std::size_t>(c)], 1e-12);
  for (const double t : {0.0, 0.21, 0.5, 0.83}) {
    const auto shade = color("phase", t);
    EXPECT_NEAR(shade[0] + shade[1] + shade[2], 1.5, 1e-12);
  }
  auto picture = ramp(3, 3);
  picture.brightness.assign(9, 0.0);
  auto config = plain();
  config.colors = "phase";
  const auto raster = draw(picture, config);
  EXPECT_EQ(*std::max_element(raster.values.begin(), raster.values.end()), 0);
}

TEST(Picture, ColourMapsAreTheirPublishedEnds) {
  EXPECT_NEAR(color("viridis", 0.0)[2], 0x54 / 255.0, 1e-12);
  EXPECT_NEAR(color("viridis", 2.0)[0], 0xfd / 255.0, 1e-12);  // clamped
  EXPECT_NEAR(color("inferno", 1.0)[1], 1.0, 1e-12);
  for (const std::string map : {"viridis", "inferno"})  // brighter all the way: Rec. 709 luminance
    for (int k = 0; k < 64; ++k) {
      auto light = [&](double t) {
        return color(map, t)[0] * 0.2126 + color(map, t)[1] * 0.7152 + color(map, t)[2] * 0.0722;
      };
      EXPECT_GT(light((k + 1) / 64.0), light(k / 64.0)) << map << k;
    }
  EXPECT_THROW(color("jet", 0.5), ConfigError);
}

TEST(ScaleBar, HasANiceLengthThatFits) {
  EXPECT_EQ(nice_scale_bar(10.0).label, "2 Å");
  EXPECT_EQ(nice_scale_bar(20.0).label, "5 Å");
  EXPECT_EQ(nice_scale_bar(54.3).label, "1 nm");
  EXPECT_EQ(nice_scale_bar(1000.0).label, "20 nm");
  EXPECT_EQ(nice_scale_bar(1.0).label, "0.2 Å");
  for (double width = 0.01; width < 1e5; width *= 1.37) {
    const double length = nice_scale_bar(width).length,
                 digits = length / std::pow(10.0, std::floor(std::log10(length * 1.001)));
    EXPECT_LE(length, 0.3 * width * (1 + 1e-9));
    EXPECT_GT(length, 0.3 * width / 2.6);  // the widest step of the series is 2.5
    EXPECT_TRUE(std::abs(digits - 1) < 1e-9 || std::abs(digits - 2) < 1e-9 || std::abs(digits - 5) < 1e-9) << digits;
  }
}

TEST(ScaleBar, IsAsLongAsItSays) {
  Raster raster;
  raster.width = raster.height = 200;
  raster.pixel = 0.1;  // 20 Å: a bar of 5 Å is 50 pixels
  raster.values.assign(200 * 200, 30000);
  draw_scale_bar(raster);
  int longest = 0;
  for (int row = 0; row < 200; ++row) {
    int run = 0;
    for (int column = 0; column < 200; ++column) {
      run = *raster.at(column, row) == 65535 ? run + 1 : 0;
      longest = std::max(longest, run);
    }
  }
  EXPECT_EQ(longest, 50);
  EXPECT_EQ(*raster.at(199, 0), 30000);                                       // the rest is as it was
  EXPECT_GT(std::count(raster.values.begin(), raster.values.end(), 0), 100);  // the black edge
}

TEST(ScaleBar, IsLeftOutOfTinyPictures) {
  Raster raster;
  raster.width = 39, raster.height = 100;
  raster.values.assign(3900, 7);
  draw_scale_bar(raster);
  EXPECT_EQ(std::count(raster.values.begin(), raster.values.end(), 7), 3900);
}

TEST(Picture, WhatCannotBeDrawnIsRefused) {
  TemporaryFolder folder;
  const std::string path = folder.file("a.png");
  EXPECT_THROW(write_png(path, Picture{}), ConfigError);
  auto picture = ramp(3, 3);
  picture.values.pop_back();
  EXPECT_THROW(write_png(path, picture), ConfigError);
  picture = ramp(3, 3);
  picture.dx = 0.0;
  EXPECT_THROW(write_tiff(path, picture), ConfigError);
  picture = ramp(3, 3);
  picture.values[5] = std::numeric_limits<double>::quiet_NaN();
  try {
    write_png(path, picture);
    FAIL();
  } catch (const NumericalError& error) {
    EXPECT_NE(std::string(error.what()).find("(1, 2)"), std::string::npos) << error.what();
  }
  EXPECT_THROW(write_picture(folder.file("a.jpg"), ramp(3, 3)), ConfigError);
  EXPECT_THROW(write_png(folder.file("none/a.png"), ramp(3, 3)), IoError);
  EXPECT_THROW(draw(ramp(2, 2, 1e-6, 1.0), plain()), ConfigError);
  auto config = plain();
  config.bits = 12;
  EXPECT_THROW(write_png(path, ramp(3, 3), config), ConfigError);
  config = plain();
  config.colors = "jet";
  EXPECT_THROW(write_png(path, ramp(3, 3), config), ConfigError);
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace locum::io
