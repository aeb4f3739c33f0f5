// Signals of batch systems: SIGTERM and SIGUSR1 ask for a checkpoint and an orderly exit (ExitCode::interrupted).
#pragma once

#include <string>

#include "kokkos_kernels/base/communicator.hpp"

namespace locum::apps {

// Thrown after the checkpoint that a signal asked for has been written.
struct Interrupted {
  std::string message;
};

// Installs the handlers. A handler only raises a flag.
void watch_signals();

// True when this very rank was signalled; the others may not know. Local.
bool signalled();

// True on every rank as soon as any rank was signalled. Collective.
bool stop_requested(const Communicator& comm);

}  // namespace locum::apps
