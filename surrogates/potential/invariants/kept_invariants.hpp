// Some of the invariants: what a pruned potential computes, and nothing else.
#pragma once

#include <vector>

#include "surrogates/potential/invariants/invariants.hpp"

namespace locum::potential {

// The set with the invariants `kept` of `all` (ascending indices; two-body ones, that is those below all.channels, must
// all be there), numbered anew in their order. Products without targets vanish, and so do the harmonics of a degree
// that nothing needs any more. Throws ConfigError for indices that are out of range or out of order.
InvariantSet keep_invariants(const InvariantSet& all, const std::vector<int>& kept);

}  // namespace locum::potential
