// A list of work shared out among the ranks as they become free.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kokkos_kernels/base/communicator.hpp"

namespace locum::apps {

// Calls work(item, between) for every entry of `open`, which is the same on every rank, on whichever rank is free;
// `between` is to be called now and then during long work. No rank waits for another before the end of the list. False
// when a signal to any rank ended it before: what was begun is then finished. What one rank throws, all throw.
// Collective; `work` is not.
bool hand_out(const Communicator& comm, const std::string& title, const std::vector<std::int64_t>& open,
              const std::function<void(std::int64_t item, const std::function<void()>& between)>& work);

}  // namespace locum::apps
