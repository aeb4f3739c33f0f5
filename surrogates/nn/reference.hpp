// An image network as plain loops over host arrays in double precision, straight from the definitions: what the engine
// is tested against (its gradients too, by differences), and what benchmarks check their answers with. It is slow.
#pragma once

#include <span>
#include <vector>

#include "kokkos_kernels/conv/reference.hpp"
#include "surrogates/nn/network_description.hpp"

namespace locum::nn::reference {

using conv::reference::Images;

// The outputs for the images x, in the description's order. parameters: as ImageNetwork::layout() has them.
std::vector<Images> evaluate(const NetworkDescription& network, std::span<const double> parameters, const Images& x);

}  // namespace locum::nn::reference
