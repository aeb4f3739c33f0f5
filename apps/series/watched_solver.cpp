#include "apps/series/watched_solver.hpp"

namespace locum::apps {
namespace {

void count(const imaging::PtychographySolver& solver, SolvedRegions& regions) {
  for (const auto& report : solver.reports()) {
    ++regions.count;
    regions.open += !report.converged;
  }
}

}  // namespace

void WatchedSolver::evaluate(const Ptychogram& input, std::span<const int> samples, ObjectFunction& output) {
  solver_.evaluate(input, samples, output);
  count(solver_, audits_);
}

void WatchedSolver::evaluate_from(const ObjectFunction& start, const Ptychogram& input, std::span<const int> samples,
                                  ObjectFunction& output) {
  solver_.evaluate_from(start, input, samples, output);
  count(solver_, handed_back_);
}

}  // namespace locum::apps
