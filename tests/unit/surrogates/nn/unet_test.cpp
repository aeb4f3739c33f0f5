#include "surrogates/nn/unet.hpp"

#include <gtest/gtest.h>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/nn/image_network.hpp"

namespace locum::nn {
namespace {

TEST(Unet, TakesAnySizeThatItsDepthDivides) {
  UnetConfig config;
  config.in = 5;
  config.out = 3;
  config.width = 8;
  for (int depth = 0; depth <= 3; ++depth) {
    config.depth = depth;
    const ImageNetwork<float> engine(unet(config));
    const int n = 1 << depth;
    EXPECT_EQ(engine.description().divisor(), n);
    EXPECT_EQ(engine.output({2, 3 * n, n, 5}), (Extent{2, 3 * n, n, 3})) << depth;
    if (depth > 0) {
      EXPECT_THROW(engine.output({2, 3 * n + 1, n, 5}), ConfigError);
    }
  }
}

// Counted by hand: one level of 4 channels, one below of 8, one convolution each, no normalisation.
TEST(Unet, HasTheParametersOfItsConvolutions) {
  UnetConfig config;
  config.in = 2;
  config.out = 3;
  config.width = 4;
  config.depth = 1;
  config.blocks = 1;
  config.groups = 0;
  const int down = 9 * 2 * 4 + 4, below = 9 * 4 * 8 + 8, narrower = 8 * 4, up = 9 * 8 * 4 + 4, last = 4 * 3 + 3;
  EXPECT_EQ(ImageNetwork<float>(unet(config)).parameters(),
            static_cast<std::size_t>(down + below + narrower + up + last));
}

TEST(Unet, WhatCannotBeIsRefused) {
  UnetConfig config;
  config.groups = 5;  // does not divide 32
  EXPECT_THROW(unet(config), ConfigError);
  config.groups = 0;
  config.activation = "softmax";
  EXPECT_THROW(unet(config), ConfigError);
  config.activation = "relu";
  config.upsampling = "cubic";
  EXPECT_THROW(unet(config), ConfigError);
  config.upsampling = "nearest";
  config.width = 0;
  EXPECT_THROW(unet(config), ConfigError);
}

}  // namespace
}  // namespace locum::nn
