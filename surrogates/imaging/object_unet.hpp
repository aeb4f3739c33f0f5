// The network from channels of a window to what its object misses: a U-net (Ronneberger, Fischer and Brox, MICCAI 2015)
// of residual blocks that add to what they are given (He et al., ECCV 2016, pre-activation), without normalisation: the
// size of what is missing is part of the answer.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "surrogates/imaging/object_network_config.hpp"
#include "surrogates/nn/image_network.hpp"

namespace locum::imaging {

// Takes fold² input_channels, gives fold² answer_channels (windows.hpp, `fold`).
nn::NetworkDescription object_unet(const ObjectNetworkConfig& config);

// Random, but for the last layers of the blocks and of the network, which are zero: training starts from ΔO = 0 and
// from blocks that do nothing.
std::vector<double> initial_unet(const nn::ImageNetwork<float>& network, std::uint64_t seed, std::uint64_t member);

}  // namespace locum::imaging
