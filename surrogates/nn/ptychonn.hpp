// PtychoNN (Cherukara et al. 2020, Appl. Phys. Lett. 117, 044103), in the shape of its public PyTorch code: two 3 × 3
// convolutions at 32, 64 and 128 channels with max-pooling; two decoders, amplitude (sigmoid) and phase (π tanh), of
// two convolutions at 128, 64 and 64 channels with bilinear upsampling, and one to a single channel. 1,247,074
// parameters.
#pragma once

#include "surrogates/nn/network_description.hpp"

namespace locum::nn {

inline constexpr std::size_t ptychonn_parameters = 1247074;  // at width 32

// One channel in (the frame); outputs: amplitude, then phase in radians. Images of any size that 8 divides.
// width: channels of the first level, 32 in the paper.
NetworkDescription ptychonn(int width = 32);

}  // namespace locum::nn
