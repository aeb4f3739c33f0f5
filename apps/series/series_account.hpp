// The account of a series: the gate's book in terms of whole data sets.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "apps/series/baselines.hpp"
#include "apps/series/set_record.hpp"
#include "surrogates/gate/account.hpp"

namespace locum::apps {

// A tile that is solved by itself takes with it the frames around it, so that the solver's calls in the run say nothing
// of what the solver alone would take. That is known from the sets that it reconstructed alone, from the best classical
// start: c_s is their time for each tile, T_solver_only that of all sets (the mean over compared ones of the same kind
// stands for those that are not; "measured" where all are), beside what is not the step. r c_s of the denominators is
// what the solver really took in the run. Without comparisons none of these is known: NaN, and "not measured".
gate::Account series_account(gate::Account account, const std::vector<SetRecord>& records,
                             const std::vector<SetComparison>& comparisons);

// What the application's speed-up would be beside other engines (compare.engines) that reconstruct all sets alone: name
// and ratio of each. account: series_account().
std::vector<std::pair<std::string, double>> applications_beside(const gate::Account& account,
                                                                const std::vector<SetRecord>& records,
                                                                const std::vector<SetComparison>& comparisons);

}  // namespace locum::apps
