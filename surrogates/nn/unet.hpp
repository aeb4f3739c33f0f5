// The U-Net (Ronneberger, Fischer and Brox 2015, arXiv 1505.04597) in its present form: padded convolutions, group
// normalisation, upsampling instead of transposed convolutions where wanted, residual blocks where wanted.
#pragma once

#include "kokkos_kernels/base/config.hpp"
#include "surrogates/nn/network_description.hpp"

namespace locum::nn {

struct UnetConfig {
  int in = 1, out = 1;  // channels; not of the input file: the task says them
  int width = 32;       // channels of the first level, twice as many at each one below
  int depth = 3;        // levels below the first
  int blocks = 2;       // convolutions at each level, on the way down and on the way up
  int groups = 8;       // of the normalisation; 0: none
  bool residual = false;
  std::string activation = "relu";
  std::string upsampling = "bilinear";

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// Images of any size that 2^depth divides. The last layer is a 1 × 1 convolution without activation.
NetworkDescription unet(const UnetConfig& config);

}  // namespace locum::nn
