#include "solvers/api/ptychogram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "kokkos_kernels/base/errors.hpp"

namespace locum {
namespace {

using Value = Ptychogram::Value;

int first_pixel(double position) { return static_cast<int>(std::floor(position)); }

[[noreturn]] void refuse(const std::string& what, const std::string& hint) {
  throw ConfigError(what, "ptychogram", hint);
}

void check_values(const Ptychogram& p) {
  const auto finite = [](Value v) { return std::isfinite(v.real()) && std::isfinite(v.imag()); };
  if (!std::all_of(p.probe.begin(), p.probe.end(), finite)) refuse("the probe has values that are not finite", "");
  const double beam =
      std::accumulate(p.probe.begin(), p.probe.end(), 0.0, [](double sum, Value v) { return sum + std::norm(v); });
  if (!(beam > 0.0)) refuse("the probe is zero everywhere", "Σ|P|² is the number of counts of an empty frame");
  if (!p.mask.empty() && std::none_of(p.mask.begin(), p.mask.end(), [](float m) { return m > 0.0f; }))
    refuse("the mask leaves no detector pixel", "1 marks a pixel that counts, 0 one that does not");
  if (!std::all_of(p.background.begin(), p.background.end(), [](float b) { return std::isfinite(b) && b >= 0.0f; }))
    refuse("the background has values that are negative or not finite", "it is in counts of one frame");
}

}  // namespace

FramesInMemory::FramesInMemory(int frames, std::vector<float> counts) : frames_(frames), counts_(std::move(counts)) {
  if (frames < 0 || (frames == 0 ? !counts_.empty() : counts_.size() % static_cast<std::size_t>(frames) != 0))
    throw ConfigError(fmt::format("{} counts were given for {} frames of equal size", counts_.size(), frames),
                      "FramesInMemory");
}

void FramesInMemory::read(std::span<const int> which, std::span<float> counts) const {
  const std::size_t size = frames_ > 0 ? counts_.size() / static_cast<std::size_t>(frames_) : 0;
  for (std::size_t k = 0; k < which.size(); ++k)
    std::copy_n(counts_.begin() + static_cast<std::ptrdiff_t>(which[k] * size), size,
                counts.begin() + static_cast<std::ptrdiff_t>(k * size));
}

ChosenFrames::ChosenFrames(std::shared_ptr<const FrameSource> source, std::vector<int> which)
    : source_(std::move(source)), which_(std::move(which)) {}

void ChosenFrames::read(std::span<const int> which, std::span<float> counts) const {
  std::vector<int> there;
  there.reserve(which.size());
  for (int k : which) there.push_back(which_[static_cast<std::size_t>(k)]);
  source_->read(there, counts);
}

PixelBox intersection(const PixelBox& a, const PixelBox& b) {
  return {std::max(a.x0, b.x0), std::max(a.y0, b.y0), std::min(a.x1, b.x1), std::min(a.y1, b.y1)};
}

PixelBox hull(const PixelBox& a, const PixelBox& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {std::min(a.x0, b.x0), std::min(a.y0, b.y0), std::max(a.x1, b.x1), std::max(a.y1, b.y1)};
}

PixelBox Ptychogram::window_of(int j) const {
  const auto reach = [](double at, int n) { return first_pixel(at) + n + (at > std::floor(at) ? 1 : 0); };
  const auto& p = position[static_cast<std::size_t>(j)];
  return {first_pixel(p[0]), first_pixel(p[1]), reach(p[0], nx), reach(p[1], ny)};
}

void Ptychogram::validate() const {
  if (!frames) refuse("there are no frames", "");
  if (nx < 4 || ny < 4) refuse(fmt::format("frames of {} × {} pixels, at least 4 × 4 were expected", nx, ny), "");
  if (!(dx > 0.0 && dy > 0.0)) refuse(fmt::format("pixels of {} × {} Å, positive sizes were expected", dx, dy), "");
  if (frames->frames() != size() || size() == 0)
    refuse(fmt::format("{} frames and {} positions, equal numbers above none were expected", frames->frames(), size()),
           "a position belongs to each frame, in the same order");
  if (modes < 1 || probe.size() != static_cast<std::size_t>(modes) * window())
    refuse(fmt::format("a probe of {} numbers, {} mode(s) of {} × {} were expected", probe.size(), modes, nx, ny),
           "the probe must be sampled on the window of a frame, neither larger nor smaller");
  if (!mask.empty() && mask.size() != window())
    refuse(fmt::format("a mask of {} pixels, {} × {} were expected", mask.size(), nx, ny), "");
  if (!background.empty() && background.size() != window())
    refuse(fmt::format("a background of {} pixels, {} × {} were expected", background.size(), nx, ny), "");
  check_values(*this);
  for (int j = 0; j < size(); ++j) {
    const auto& p = position[static_cast<std::size_t>(j)];
    if (!std::isfinite(p[0]) || !std::isfinite(p[1]) || intersection(window_of(j), whole()) != window_of(j))
      refuse(fmt::format("frame {} lies at pixel ({:.2f}, {:.2f}), its window of {} × {} must lie inside the object of "
                         "{} × {}",
                         j, p[0], p[1], nx, ny, object_nx, object_ny),
             "a larger margin around the scan makes room");
  }
}

std::vector<float> probe_intensity(const Ptychogram& input) {
  std::vector<float> sum(input.window(), 0.0f);
  for (int m = 0; m < input.modes; ++m)
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += std::norm(input.probe[m * input.window() + k]);
  return sum;
}

std::vector<int> frames_over(const Ptychogram& input, const PixelBox& box) {
  const std::vector<float> weight = probe_intensity(input);
  const float rim = 1e-3f * *std::max_element(weight.begin(), weight.end());
  PixelBox lit{input.nx, input.ny, 0, 0};  // of the window
  for (int x = 0; x < input.nx; ++x)
    for (int y = 0; y < input.ny; ++y) {
      if (weight[static_cast<std::size_t>(x) * input.ny + y] < rim) continue;
      lit = {std::min(lit.x0, x), std::min(lit.y0, y), std::max(lit.x1, x + 1), std::max(lit.y1, y + 1)};
    }
  std::vector<int> frames;
  for (int j = 0; j < input.size(); ++j) {
    const PixelBox w = input.window_of(j);
    const PixelBox probe{w.x0 + lit.x0, w.y0 + lit.y0, w.x0 + lit.x1 + 1, w.y0 + lit.y1 + 1};
    if (!intersection(probe, box).empty()) frames.push_back(j);
  }
  return frames;
}

ObjectFunction PtychogramPart::cut(const Ptychogram& whole, const ObjectFunction& object) const {
  ObjectFunction part;
  part.value.reserve(data.object_size());
  for (int x = box.x0; x < box.x1; ++x) {
    const auto row = object.value.begin() + static_cast<std::ptrdiff_t>(x) * whole.object_ny;
    part.value.insert(part.value.end(), row + box.y0, row + box.y1);
  }
  return part;
}

PtychogramPart part_of(const Ptychogram& whole, const std::vector<int>& which, const PixelBox& needed) {
  PtychogramPart part{whole, needed};
  for (int j : which) part.box = hull(part.box, whole.window_of(j));
  Ptychogram& data = part.data;
  data.frames = std::make_shared<ChosenFrames>(whole.frames, which);
  data.object_nx = part.box.nx();
  data.object_ny = part.box.ny();
  data.position.clear();
  for (int j : which) {
    const auto& p = whole.position[static_cast<std::size_t>(j)];
    data.position.push_back({p[0] - part.box.x0, p[1] - part.box.y0});
  }
  data.tiles.clear();
  return part;
}

}  // namespace locum
