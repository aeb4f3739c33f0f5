// What a component needs of its surroundings, carried instead of globals.
#pragma once

#include <cstdint>

#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/base/kokkos.hpp"

namespace locum {

struct Context {
  Communicator comm = Communicator::self();
  ExecutionSpace space = {};
  std::uint64_t seed = 1;  // key of the counter-based generators (kokkos_kernels/random)
};

}  // namespace locum
