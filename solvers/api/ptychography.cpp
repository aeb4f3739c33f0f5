#include "solvers/api/ptychography.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "kokkos_kernels/base/errors.hpp"

namespace locum {
namespace {

using Value = Ptychogram::Value;

std::array<double, 2> centre_of(const Ptychogram& input, int j) {
  return {input.position[j][0] + 0.5 * input.nx, input.position[j][1] + 0.5 * input.ny};
}

// Sums over the pixels of a box that tell how well two objects agree but for a global phase.
struct Agreement {
  std::complex<double> product;  // Σ w O_answer* O_truth
  double truth = 0.0, answer = 0.0;

  void add(double weight, Value t, Value a) {
    product += weight * std::complex<double>(t) * std::conj(std::complex<double>(a));
    truth += weight * std::norm(t);
    answer += weight * std::norm(a);
  }
  // |phase O_answer − O_truth|² summed, over the truth's sum; NaN where either has a pixel that is no number.
  double relative(std::complex<double> phase) const {
    const double off = truth + answer - 2.0 * (std::conj(phase) * product).real();
    if (!std::isfinite(off)) return std::numeric_limits<double>::quiet_NaN();
    return truth > 0.0 ? std::max(0.0, off) / truth : 0.0;
  }
};

std::complex<double> phase_of(std::complex<double> product) {
  const double size = std::abs(product);
  return size > 0.0 ? product / size : std::complex<double>(1.0);
}

// Each frame's probe over the part of its window that lies in `box`: visit(object pixel's index, window pixel's index).
template <class Visit>
void over_window(const Ptychogram& input, int j, const PixelBox& box, const Visit& visit) {
  const PixelBox window = input.window_of(j), part = intersection(window, box);
  for (int x = part.x0; x < part.x1; ++x)
    for (int y = part.y0; y < part.y1; ++y) {
      const int wx = x - window.x0, wy = y - window.y0;
      if (wx < input.nx && wy < input.ny)
        visit(static_cast<std::size_t>(x) * input.object_ny + y, static_cast<std::size_t>(wx) * input.ny + wy);
    }
}

// The tile's agreement, then each frame's.
std::pair<Agreement, std::vector<Agreement>> agreements(const Ptychogram& input, const ObjectFunction& truth,
                                                        const ObjectFunction& answer, const ObjectTile& tile) {
  const std::vector<float> weight = probe_intensity(input);
  Agreement all;
  std::vector<Agreement> each(tile.frames.size());
  for (std::size_t k = 0; k < tile.frames.size(); ++k) {
    over_window(input, tile.frames[k], tile.core, [&](std::size_t pixel, std::size_t at) {
      each[k].add(weight[at], truth.value[pixel], answer.value[pixel]);
    });
    all.product += each[k].product;
    all.truth += each[k].truth;
    all.answer += each[k].answer;
  }
  return {all, std::move(each)};
}

// Cuts a tile across an axis into as many equal parts as it takes for none to be longer than `side`, the extent of its
// frames' centres being what is shared out. A part without a frame is joined to the next.
std::vector<ObjectTile> cut_across(const Ptychogram& input, const ObjectTile& tile, int axis, int side) {
  std::vector<std::pair<double, int>> along;
  for (int j : tile.frames) along.emplace_back(centre_of(input, j)[axis], j);
  std::sort(along.begin(), along.end());
  const double low = along.front().first, extent = along.back().first - low;
  const int count = std::max(1, static_cast<int>(std::ceil(extent / side - 1e-6)));
  std::vector<ObjectTile> parts;
  ObjectTile rest = tile;
  auto from = along.begin();
  for (int k = 1; k <= count; ++k) {
    const int cut = static_cast<int>(std::lround(low + extent * k / count));
    const auto to =
        k == count ? along.end() : std::find_if(from, along.end(), [&](const auto& at) { return at.first >= cut; });
    if (to == from) continue;
    ObjectTile part{rest.core, {}};
    for (; from != to; ++from) part.frames.push_back(from->second);
    std::sort(part.frames.begin(), part.frames.end());
    if (from != along.end())
      (axis == 0 ? part.core.x1 : part.core.y1) = (axis == 0 ? rest.core.x0 : rest.core.y0) = cut;
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace

ObjectFunction Ptychography::make_output(const Ptychogram& input) {
  return {std::vector<Value>(input.object_size(), Value(1.0f))};
}

void Ptychography::copy_sample(const Ptychogram& input, const ObjectFunction& from, ObjectFunction& to, int sample) {
  const PixelBox& core = input.tiles[static_cast<std::size_t>(sample)].core;
  for (int x = core.x0; x < core.x1; ++x) {
    const auto first = static_cast<std::ptrdiff_t>(static_cast<std::size_t>(x) * input.object_ny + core.y0);
    std::copy_n(from.value.begin() + first, core.ny(), to.value.begin() + first);
  }
}

SampleError Ptychography::error(const Ptychogram& input, const ObjectFunction& truth, const ObjectFunction& answer,
                                int sample) {
  const auto [all, each] = agreements(input, truth, answer, input.tiles[static_cast<std::size_t>(sample)]);
  const auto phase = phase_of(all.product);
  SampleError error;
  error.mean_square = all.relative(phase);
  for (const Agreement& frame : each) error.largest = std::max(error.largest, std::sqrt(frame.relative(phase)));
  if (std::isnan(error.mean_square)) error.largest = error.mean_square;  // std::max passes over NaN
  return error;
}

std::vector<double> frame_errors(const Ptychogram& input, const ObjectFunction& truth, const ObjectFunction& answer,
                                 int tile) {
  const auto [all, each] = agreements(input, truth, answer, input.tiles[static_cast<std::size_t>(tile)]);
  std::vector<double> errors;
  for (const Agreement& frame : each) errors.push_back(std::sqrt(frame.relative(phase_of(all.product))));
  return errors;
}

FieldSet Ptychography::label(const Ptychogram& input, const ObjectFunction& output, int sample) {
  const PixelBox& core = input.tiles[static_cast<std::size_t>(sample)].core;
  const std::vector<int> frames = frames_over(input, core);
  const PtychogramPart part = part_of(input, frames, core);
  const PixelBox& box = part.box;
  std::vector<float> counts(frames.size() * input.window());
  input.frames->read(frames, counts);
  std::vector<double> position, object, probe;
  for (const auto& p : part.data.position) position.insert(position.end(), {p[0], p[1]});
  for (const Value& v : part.cut(input, output).value) object.insert(object.end(), {v.real(), v.imag()});
  for (const Value& v : input.probe) probe.insert(probe.end(), {v.real(), v.imag()});
  const auto count = static_cast<std::int64_t>(frames.size());
  FieldSet fields;
  fields.add("counts", "1", {count, input.nx, input.ny}, std::vector<double>(counts.begin(), counts.end()));
  fields.add("position", "pixel", {count, 2}, std::move(position));
  fields.add("probe", "1", {static_cast<std::int64_t>(input.probe.size()), 2}, std::move(probe));
  fields.add("object", "1", {static_cast<std::int64_t>(box.nx()) * box.ny(), 2}, std::move(object));
  fields.add("object_shape", "1", {2}, std::vector<std::int64_t>{box.nx(), box.ny()});
  fields.add("core", "pixel", {4},
             std::vector<std::int64_t>{core.x0 - box.x0, core.y0 - box.y0, core.x1 - box.x0, core.y1 - box.y0});
  fields.add("pixel", "Angstrom", {2}, std::vector<double>{input.dx, input.dy});
  const auto mask = input.mask.empty() ? std::vector<double>(input.window(), 1.0)
                                       : std::vector<double>(input.mask.begin(), input.mask.end());
  const auto background = input.background.empty()
                              ? std::vector<double>(input.window(), 0.0)
                              : std::vector<double>(input.background.begin(), input.background.end());
  fields.add("mask", "1", {input.nx, input.ny}, mask);
  fields.add("background", "1", {input.nx, input.ny}, background);
  return fields;
}

std::vector<ObjectTile> make_tiles(const Ptychogram& input, int side) {
  if (side < 1) throw ConfigError(fmt::format("tiles of {} pixels, 1 or more was expected", side), "make_tiles");
  std::vector<ObjectTile> tiles;
  if (input.size() == 0) return tiles;
  ObjectTile all{input.whole(), std::vector<int>(static_cast<std::size_t>(input.size()))};
  std::iota(all.frames.begin(), all.frames.end(), 0);
  for (const ObjectTile& strip : cut_across(input, all, 0, side))
    for (ObjectTile& tile : cut_across(input, strip, 1, side)) tiles.push_back(std::move(tile));
  return tiles;
}

double FourierError::excess() const {
  const double left = off - noise;
  return std::sqrt((left < 0.0 ? 0.0 : left) / (counts > 0.0 ? counts : 1.0));  // NaN stays NaN
}

double FourierError::r() const {
  return amplitudes > 0.0 ? amplitude / amplitudes : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace locum
