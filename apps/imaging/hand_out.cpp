#include "apps/imaging/hand_out.hpp"

#include <algorithm>

#include "apps/signals.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/together.hpp"
#include "kokkos_kernels/base/work_counter.hpp"

namespace locum::apps {

bool hand_out(const Communicator& comm, const std::string& title, const std::vector<std::int64_t>& open,
              const std::function<void(std::int64_t, const std::function<void()>&)>& work) {
  WorkCounter counter(comm);
  const auto total = static_cast<std::int64_t>(open.size());
  std::int64_t finished = 0;
  log::Progress progress(title, static_cast<long>(total));
  together(comm, [&] {
    try {
      while (!signalled()) {
        const std::int64_t k = counter.next();
        if (k >= total) break;
        work(open[static_cast<std::size_t>(k)], [&] { counter.progress(); });
        ++finished;
        progress.at(static_cast<long>(std::min(counter.handed_out(), total)));
      }
      if (signalled()) counter.close();
    } catch (...) {
      counter.close();  // the others finish what they have, and hear of it
      throw;
    }
  });
  return comm.sum(finished) == total;
}

}  // namespace locum::apps
