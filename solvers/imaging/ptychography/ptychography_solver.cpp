#include "solvers/imaging/ptychography/ptychography_solver.hpp"

#include <algorithm>
#include <complex>
#include <limits>
#include <memory>
#include <numeric>

#include "kokkos_kernels/base/together.hpp"
#include "solvers/imaging/ptychography/reconstruction.hpp"

namespace locum::imaging {
namespace {

// Regions of a whole data set, or those asked for.
std::vector<SolverRegion> regions_of(const Ptychogram& input, std::span<const int> samples) {
  if (static_cast<int>(samples.size()) < static_cast<int>(input.tiles.size())) return solver_regions(input, samples);
  SolverRegion all{{samples.begin(), samples.end()}, std::vector<int>(static_cast<std::size_t>(input.size()))};
  std::iota(all.frames.begin(), all.frames.end(), 0);
  return {all};
}

// A region's frames and their part of the object.
struct RegionPart {
  PtychogramPart part;
  std::vector<PixelBox> cores;  // of its tiles, in the whole object
};

RegionPart part_of_region(const Ptychogram& input, const SolverRegion& region) {
  std::vector<PixelBox> cores;
  for (int tile : region.tiles) cores.push_back(input.tiles[static_cast<std::size_t>(tile)].core);
  PixelBox needed = cores.front();
  for (const PixelBox& core : cores) needed = hull(needed, core);
  return {part_of(input, region.frames, needed), std::move(cores)};
}

// A region's frames do not tell its global phase: it is turned to the answer, by what lies around the region where its
// frames still give light, then by all pixels that agree with that, which are many more: the rim is where a region is
// least sure of itself.
void turn_to(const RegionPart& region, const ObjectFunction& answer, ObjectFunction& object) {
  constexpr float agrees =
      0.3f;  // rad: more than noise and coarse errors of an answer that is right, less than a wrong one
  const auto& [part, cores] = region;
  const std::vector<float> light = illumination(part.data);
  std::vector<float> around = light;
  for (const PixelBox& core : cores)
    for (int x = core.x0 - part.box.x0; x < core.x1 - part.box.x0; ++x)
      std::fill_n(around.begin() + static_cast<std::ptrdiff_t>(x) * part.data.object_ny + core.y0 - part.box.y0,
                  core.ny(), 0.0f);
  const auto turn = [&](const std::vector<float>& weight, float within) {
    std::complex<double> product = 0.0;
    for (std::size_t k = 0; k < weight.size(); ++k) {
      const Ptychogram::Value both = answer.value[k] * std::conj(object.value[k]);
      if (weight[k] > 0.0f && std::abs(std::arg(both)) < within)
        product += static_cast<double>(weight[k]) * std::complex<double>(both);
    }
    const double size = std::abs(product);
    if (!(size > 0.0)) return false;
    const Ptychogram::Value phase(product / size);
    for (auto& v : object.value) v *= phase;
    return true;
  };
  if (turn(around, 4.0f)) turn(light, agrees);  // nothing lies around a region that is the whole
}

// The object of a region's part, collective over its data's ranks.
ObjectFunction solve_part(const RegionPart& region, const PtychographyConfig& config, const ObjectFunction* start,
                          PtychographySolver::Report& report) {
  const Ptychogram& data = region.part.data;
  auto reconstruction = std::make_unique<Reconstruction>(data, config);
  if (start) {
    const double neutral = reconstruction->r_factor();
    PtychographyConfig onward = config;
    onward.warm_up = 0;  // quick but noisy passes are for those who know nothing yet
    const std::unique_ptr<KeptFrames> kept = reconstruction->fields().keep();
    auto from_answer = std::make_unique<Reconstruction>(data, onward, std::vector<int>(), kept.get());
    from_answer->start_from(*start);
    report.from_answer = from_answer->r_factor() < neutral;
    if (report.from_answer) reconstruction = std::move(from_answer);
  }
  reconstruction->run();
  report.frames = data.size();
  report.sweeps = reconstruction->sweeps();
  report.converged = reconstruction->converged();
  for (const SweepRecord& r : reconstruction->history())
    if (r.r >= 0.0) report.r = r.r;
  return reconstruction->object();
}

// The object in the tiles of one region, collective over input.comm.
void solve_region(const Ptychogram& input, const PtychographyConfig& config, const SolverRegion& region,
                  const ObjectFunction* start, PtychographySolver::Report& report, ObjectFunction& output) {
  const RegionPart own = part_of_region(input, region);
  report.tiles = region.tiles;
  ObjectFunction object, from;
  if (start) from = own.part.cut(input, *start);
  object = solve_part(own, config, start ? &from : nullptr, report);
  if (start) turn_to(own, from, object);
  const PixelBox& box = own.part.box;
  for (const PixelBox& core : own.cores)
    for (int x = core.x0; x < core.x1; ++x)
      std::copy_n(object.value.begin() + static_cast<std::ptrdiff_t>(x - box.x0) * box.ny() + core.y0 - box.y0,
                  core.ny(), output.value.begin() + static_cast<std::ptrdiff_t>(x) * input.object_ny + core.y0);
}

// The cores of a region's tiles, from its owner to all.
void share(const Ptychogram& input, const SolverRegion& region, int owner, PtychographySolver::Report& report,
           ObjectFunction& output) {
  std::vector<float> pixels;
  const auto each = [&](const auto& visit) {
    for (int tile : region.tiles) {
      const PixelBox& core = input.tiles[static_cast<std::size_t>(tile)].core;
      for (int x = core.x0; x < core.x1; ++x)
        for (int y = core.y0; y < core.y1; ++y)
          visit(output.value[static_cast<std::size_t>(x) * input.object_ny + static_cast<std::size_t>(y)]);
    }
  };
  each([&](const Ptychogram::Value& v) { pixels.insert(pixels.end(), {v.real(), v.imag()}); });
  input.comm.broadcast(std::span<float>(pixels), owner);
  std::size_t at = 0;
  each([&](Ptychogram::Value& v) {
    v = {pixels[at], pixels[at + 1]};
    at += 2;
  });
  double numbers[4] = {static_cast<double>(report.sweeps), report.r, report.from_answer ? 1.0 : 0.0,
                       report.converged ? 1.0 : 0.0};
  input.comm.broadcast(std::span<double>(numbers), owner);
  report = {region.tiles,
            static_cast<int>(region.frames.size()),
            static_cast<int>(numbers[0]),
            numbers[1],
            numbers[2] > 0.0,
            numbers[3] > 0.0};
}

}  // namespace

std::vector<SolverRegion> solver_regions(const Ptychogram& input, std::span<const int> tiles) {
  std::vector<SolverRegion> regions;
  for (int tile : tiles) {
    SolverRegion grown{{tile}, frames_over(input, input.tiles[static_cast<std::size_t>(tile)].core)};
    std::vector<SolverRegion> apart;
    for (SolverRegion& region : regions) {
      std::vector<int> common, all;
      std::set_intersection(region.frames.begin(), region.frames.end(), grown.frames.begin(), grown.frames.end(),
                            std::back_inserter(common));
      if (common.empty()) {
        apart.push_back(std::move(region));
        continue;
      }
      std::set_union(region.frames.begin(), region.frames.end(), grown.frames.begin(), grown.frames.end(),
                     std::back_inserter(all));
      grown.frames = std::move(all);
      grown.tiles.insert(grown.tiles.begin(), region.tiles.begin(), region.tiles.end());
    }
    apart.push_back(std::move(grown));
    regions = std::move(apart);
  }
  for (SolverRegion& region : regions) std::sort(region.tiles.begin(), region.tiles.end());
  std::sort(regions.begin(), regions.end(),
            [](const SolverRegion& a, const SolverRegion& b) { return a.tiles.front() < b.tiles.front(); });
  return regions;
}

std::vector<int> deal_regions(const std::vector<SolverRegion>& regions, int ranks) {
  constexpr double together = 0.75;  // of the ranks' speed when all of them sweep over one small region
  std::vector<std::size_t> order(regions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return regions[a].frames.size() > regions[b].frames.size(); });
  std::vector<int> best(regions.size(), -1);
  if (ranks == 1) return best;
  double least = std::numeric_limits<double>::max(), shared = 0.0;
  for (std::size_t first = 0; first <= order.size(); ++first) {
    std::vector<double> load(static_cast<std::size_t>(ranks), 0.0);
    std::vector<int> owner(regions.size(), -1);
    for (std::size_t k = first; k < order.size(); ++k) {  // each to the rank that has the least
      const auto lowest = std::min_element(load.begin(), load.end());
      owner[order[k]] = static_cast<int>(lowest - load.begin());
      *lowest += static_cast<double>(regions[order[k]].frames.size());
    }
    const double time = shared + *std::max_element(load.begin(), load.end());
    if (time < least) {
      least = time;
      best = owner;
    }
    if (first < order.size()) shared += static_cast<double>(regions[order[first]].frames.size()) / (together * ranks);
  }
  return best;
}

PtychographySolver::PtychographySolver(const PtychographyConfig& config) : config_(config) { config_.validate(); }

void PtychographySolver::evaluate(const Ptychogram& input, std::span<const int> samples, ObjectFunction& output) {
  solve(nullptr, input, samples, output);
}

void PtychographySolver::evaluate_from(const ObjectFunction& start, const Ptychogram& input,
                                       std::span<const int> samples, ObjectFunction& output) {
  solve(&start, input, samples, output);
}

void PtychographySolver::solve(const ObjectFunction* start, const Ptychogram& input, std::span<const int> samples,
                               ObjectFunction& output) {
  const std::vector<SolverRegion> regions = regions_of(input, samples);
  reports_.assign(regions.size(), {});
  const std::vector<int> owner = deal_regions(regions, input.comm.size());
  bool dealt = false;
  for (std::size_t r = 0; r < regions.size(); ++r) {
    if (owner[r] < 0)
      solve_region(input, config_, regions[r], start, reports_[r], output);
    else
      dealt = true;
  }
  if (!dealt) return;
  Ptychogram alone = input;
  alone.comm = Communicator::self();
  together(input.comm, [&] {
    for (std::size_t r = 0; r < regions.size(); ++r)
      if (owner[r] == input.comm.rank()) solve_region(alone, config_, regions[r], start, reports_[r], output);
  });
  for (std::size_t r = 0; r < regions.size(); ++r)
    if (owner[r] >= 0) share(input, regions[r], owner[r], reports_[r], output);
}

}  // namespace locum::imaging
