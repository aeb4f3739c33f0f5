// The solver as the series uses it, and how many of the regions that it was given it brought to its stop rule.
#pragma once

#include <cstdint>
#include <string>

#include "solvers/imaging/ptychography/ptychography_solver.hpp"

namespace locum::apps {

struct SolvedRegions {
  std::int64_t count = 0, open = 0;  // open: ended at ptychography.sweeps, not by the stop rule
};

class WatchedSolver final : public PtychographyStep {
 public:
  explicit WatchedSolver(const imaging::PtychographyConfig& config) : solver_(config) {}

  std::string name() const override { return solver_.name(); }
  // What judges the network, from ptychography.start: audits, and drawn tiles that only their correction hands back.
  void evaluate(const Ptychogram& input, std::span<const int> samples, ObjectFunction& output) override;
  // What was handed back.
  void evaluate_from(const ObjectFunction& start, const Ptychogram& input, std::span<const int> samples,
                     ObjectFunction& output) override;

  bool starts_from_answer() const override { return solver_.starts_from_answer(); }

  // Since forget(), the same on every rank.
  const SolvedRegions& handed_back() const { return handed_back_; }
  const SolvedRegions& audits() const { return audits_; }
  void forget() { handed_back_ = audits_ = {}; }

 private:
  imaging::PtychographySolver solver_;
  SolvedRegions handed_back_, audits_;
};

}  // namespace locum::apps
