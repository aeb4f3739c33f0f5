#include "apps/signals.hpp"

#include <csignal>

namespace locum::apps {
namespace {

// The one mutable global of the program: a signal handler can reach nothing else.
volatile std::sig_atomic_t flag = 0;

void note_signal(int) { flag = 1; }

}  // namespace

void watch_signals() {
  struct sigaction action = {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGUSR1, &action, nullptr);
  // A file that outgrows its limit shall fail with an error that says so, not kill the process.
  std::signal(SIGXFSZ, SIG_IGN);
}

bool signalled() { return flag != 0; }

bool stop_requested(const Communicator& comm) { return comm.any(signalled()); }

}  // namespace locum::apps
