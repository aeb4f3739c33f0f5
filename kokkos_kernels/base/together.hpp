// Errors that all ranks throw together. Work that fails on one rank must not leave the others waiting in the next
// collective call: they agree on the outcome first.
#pragma once

#include <functional>

#include "kokkos_kernels/base/communicator.hpp"

namespace locum {

// Runs `work` on every rank. If it threw anywhere, every rank throws the error of the lowest rank that failed, with
// that error's code and text. Collective; `work` must not leave other ranks inside a collective call of its own.
void together(const Communicator& comm, const std::function<void()>& work);

}  // namespace locum
