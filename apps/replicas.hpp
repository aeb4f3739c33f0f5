// Training data: independent trajectories of the solver at different temperatures and strains, side by side on groups
// of ranks, into one dataset.
#pragma once

#include <functional>
#include <set>
#include <vector>

#include "apps/learn/learn_config.hpp"
#include "kokkos_kernels/base/context.hpp"

namespace locum::apps {

// Rounds of replicas, one for each group of ranks at a time. After a round `commit` is called on every rank with the
// samples that this rank brings (the roots of groups bring theirs, the others none). Replicas named in `done` are
// passed over. A sample has the fields of Atomistic::label and the scalars trajectory (the replica's index), role (0
// train, 1 test) and temperature (K, of the thermostat). Collective. Returns false when a signal asked to stop.
bool run_replicas(const Context& context, const SolverConfig& solver, const DataConfig& data,
                  const std::set<std::int64_t>& done, const std::function<void(const std::vector<FieldSet>&)>& commit);

}  // namespace locum::apps
