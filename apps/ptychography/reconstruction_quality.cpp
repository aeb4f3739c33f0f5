// How good a reconstruction is: against its frames, its halves, and the truth where one is known.
#include <algorithm>
#include <cmath>

#include "apps/ptychography/reconstruction_results.hpp"

namespace locum::apps {
namespace {

constexpr double least_light = 0.1;  // of the largest illumination: where the object is judged
constexpr double free_shift = 4.0;   // pixels by which probe and positions may have moved the object

imaging::RingCorrelation rings_of(const ReconstructionResults& r, const std::vector<float>& region,
                                  std::span<const Ptychogram::Value> a, std::span<const Ptychogram::Value> b) {
  const Ptychogram& in = r.data.input;
  const PixelBox box = imaging::box_of(region, in.object_nx, in.object_ny);
  if (box.nx() < 8 || box.ny() < 8) return {};
  return imaging::ring_correlation(imaging::cropped(a, in.object_nx, in.object_ny, box),
                                   imaging::cropped(b, in.object_nx, in.object_ny, box), box.nx(), box.ny(), in.dx,
                                   in.dy, r.config.resolution.ring);
}

TruthComparison against_truth(const ReconstructionResults& r, const std::vector<float>& region) {
  const Ptychogram& in = r.data.input;
  const StageResult& whole = r.job.whole();
  const auto& asked = r.config.ptychography;
  const bool moves = asked.probe.refine || asked.positions.correct;
  const imaging::Ambiguity remove{true, moves ? free_shift : 0.0};
  TruthComparison c;
  c.object =
      imaging::compare_images(r.data.truth.value, whole.object.value, region, in.object_nx, in.object_ny, remove);
  const auto found = imaging::aligned(whole.object.value, in.object_nx, in.object_ny, c.object.alignment);
  c.rings = rings_of(r, region, r.data.truth.value, found);
  if (!r.data.true_probe.empty())
    c.probe_error = imaging::probe_error(r.data.true_probe, whole.probe, in.nx, in.ny, remove);
  if (!r.data.true_position.empty()) {
    c.position_error = imaging::position_error(r.data.true_position, whole.position);
    c.position_scatter = position_scatter(r.data.true_position, whole.position);
    c.positions_before = imaging::position_error(r.data.true_position, in.position);
  }
  return c;
}

HalvesComparison between_halves(const ReconstructionResults& r, const std::vector<float>& region) {
  const Ptychogram& in = r.data.input;
  const auto &a = r.job.half(0).object.value, &b = r.job.half(1).object.value;
  HalvesComparison c;
  c.difference = imaging::compare_images(a, b, region, in.object_nx, in.object_ny);
  const auto second = imaging::aligned(b, in.object_nx, in.object_ny, c.difference.alignment);
  c.rings = rings_of(r, region, a, second);
  for (std::size_t k = 0; k < a.size(); ++k)
    c.deviation.push_back(region[k] > 0.0f ? 0.5f * std::abs(a[k] - second[k]) : 0.0f);
  return c;
}

}  // namespace

Ptychogram as_found(const ReconstructionResults& r) {
  Ptychogram found = r.data.input;
  found.position = r.job.whole().position;
  found.probe = r.job.whole().probe;
  return found;
}

double position_scatter(const std::vector<std::array<double, 2>>& truth,
                        const std::vector<std::array<double, 2>>& answer) {
  const std::size_t n = truth.size();
  if (n < 4) return 0.0;
  const auto count = static_cast<double>(n);
  std::array<double, 2> middle{}, mean{};
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t d = 0; d < 2; ++d) {
      middle[d] += truth[j][d] / count;
      mean[d] += (answer[j][d] - truth[j][d]) / count;
    }
  // About the means the map is linear: moments of the true positions, and of them with the differences of each axis.
  double xx = 0.0, xy = 0.0, yy = 0.0, square = 0.0;
  std::array<std::array<double, 2>, 2> with{};
  for (std::size_t j = 0; j < n; ++j) {
    const double x = truth[j][0] - middle[0], y = truth[j][1] - middle[1];
    xx += x * x, xy += x * y, yy += y * y;
    for (std::size_t d = 0; d < 2; ++d) {
      const double off = answer[j][d] - truth[j][d] - mean[d];
      with[d][0] += x * off;
      with[d][1] += y * off;
      square += off * off;
    }
  }
  const double determinant = xx * yy - xy * xy;
  if (determinant > 1e-12 * (xx + yy) * (xx + yy))  // else a line, across which nothing is known
    for (const auto& [x, y] : with) square -= (yy * x * x - 2.0 * xy * x * y + xx * y * y) / determinant;
  return std::sqrt(std::max(0.0, square) / count);
}

ReconstructionQuality quality_of(const ReconstructionResults& r) {
  const StageResult& whole = r.job.whole();
  ReconstructionQuality q;
  q.r = imaging::r_factor(whole.errors);
  double counts = 0.0, noise = 0.0, off = 0.0, excess = 0.0;
  for (const FourierError& e : whole.errors) {
    q.frame_r.push_back(e.r());
    counts += e.counts;
    noise += e.noise;
    off += e.off;
    excess += e.excess() * e.excess();
  }
  q.excess = std::sqrt(excess / static_cast<double>(std::max<std::size_t>(1, whole.errors.size())));
  if (counts > 0.0) {
    q.expected_r = std::sqrt(noise / counts);
    q.amplitude_error = std::sqrt(off / counts);
  }
  q.region = imaging::scanned_region(as_found(r), least_light);
  if (!r.data.truth.value.empty()) q.truth = against_truth(r, q.region);
  if (r.job.has_halves()) q.halves = between_halves(r, q.region);
  return q;
}

}  // namespace locum::apps
