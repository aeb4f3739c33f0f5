// The solver in the ptychographic step: frames to object, by iteration until converged.
//
// Asked for all tiles it makes one reconstruction. Asked for some, it joins those whose windows overlap into regions
// and solves each region by itself: with every frame whose probe reaches into the region's cores, from the neutral
// start (config.start), to the same rule of convergence, and writes the cores' pixels. Nothing of the output given is
// used: what an audit is compared with must not know the answer that it judges.
//
// evaluate_from does the same from an answer that is there: for each region from the better of that and the neutral
// start, by R over the region's frames, so that a bad answer costs one pass over them and no more; what begins from the
// answer needs no warm-up. The region is turned by the constant phase that its frames do not tell, to the answer around
// it.
//
// Several regions are shared out among the ranks, some of them whole, some to all ranks together (deal_regions).
#pragma once

#include <string>
#include <vector>

#include "solvers/api/ptychography.hpp"
#include "solvers/imaging/ptychography/ptychography_config.hpp"

namespace locum::imaging {

// Tiles that are solved together, and all frames that are needed for them.
struct SolverRegion {
  std::vector<int> tiles, frames;
};
// Tiles in one region share frames, or are linked by others that do. In the order of their first tiles.
std::vector<SolverRegion> solver_regions(const Ptychogram& input, std::span<const int> tiles);

// Which rank solves each region by itself; −1: all of them together. Ranks that sweep over a small region together wait
// for each other, ranks that have whole ones may be left without: as many of the largest are solved together as makes
// the longest rank's time least, counted in frames; the rest are dealt, the largest first, each to whom has the least.
std::vector<int> deal_regions(const std::vector<SolverRegion>& regions, int ranks);

class PtychographySolver final : public PtychographyStep {
 public:
  explicit PtychographySolver(const PtychographyConfig& config);
  std::string name() const override { return config_.engine; }
  void evaluate(const Ptychogram& input, std::span<const int> samples, ObjectFunction& output) override;
  void evaluate_from(const ObjectFunction& start, const Ptychogram& input, std::span<const int> samples,
                     ObjectFunction& output) override;
  bool starts_from_answer() const override { return true; }

  // Of the last call: what each region took.
  struct Report {
    std::vector<int> tiles;
    int frames = 0, sweeps = 0;
    double r = 0.0;  // Σ|√I − √M| / Σ√I in the last sweep
    bool from_answer = false, converged = false;
  };
  const std::vector<Report>& reports() const { return reports_; }

 private:
  void solve(const ObjectFunction* start, const Ptychogram& input, std::span<const int> samples,
             ObjectFunction& output);

  PtychographyConfig config_;
  std::vector<Report> reports_;
};

}  // namespace locum::imaging
