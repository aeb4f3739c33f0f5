#include "solvers/imaging/ptychography/quality/quality.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/quality/image_alignment.hpp"

namespace locum::imaging {
namespace {

using Complex = std::complex<double>;
using Value = Ptychogram::Value;

void check_size(std::size_t found, int nx, int ny, const char* what) {
  if (nx < 1 || ny < 1 || found != static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny))
    throw ConfigError(fmt::format("{} has {} numbers, {} × {} were expected", what, found, nx, ny), "quality");
}

ImagePair make_pair(std::span<const Value> truth, std::span<const Value> answer, std::span<const float> weight, int nx,
                    int ny) {
  check_size(truth.size(), nx, ny, "the truth");
  check_size(answer.size(), nx, ny, "the answer");
  check_size(weight.size(), nx, ny, "the weight");
  ImagePair pair{nx, ny, Image(truth.begin(), truth.end()), Image(answer.begin(), answer.end()),
                 std::vector<double>(weight.begin(), weight.end())};
  double sum = 0.0, seen_truth = 0.0, seen_answer = 0.0;
  for (std::size_t k = 0; k < pair.weight.size(); ++k) {
    sum += pair.weight[k];
    seen_truth += pair.weight[k] * std::norm(pair.truth[k]);
    seen_answer += pair.weight[k] * std::norm(pair.answer[k]);
  }
  if (!(sum > 0.0 && seen_truth > 0.0 && seen_answer > 0.0) || !std::isfinite(seen_truth) ||
      !std::isfinite(seen_answer))
    throw NumericalError(
        fmt::format("the weights sum up to {:.3g}, the weighed intensities to {:.3g} and {:.3g}; finite "
                    "numbers above 0 were expected",
                    sum, seen_truth, seen_answer),
        "quality", "an image that is 0 or not finite cannot be compared");
  for (double& w : pair.weight) w /= sum;
  return pair;
}

// Sums of a weighted fit of 1, x and y to the phase error.
struct Plane {
  std::array<double, 3> at{};
  double operator()(double x, double y) const { return at[0] + at[1] * x + at[2] * y; }
};

Plane fitted_plane(const ImagePair& pair, const std::vector<double>& phase, bool ramp) {
  double mean = 0.0, mx = 0.0, my = 0.0;
  const auto over = [&](auto&& visit) {
    for (int ix = 0; ix < pair.nx; ++ix)
      for (int iy = 0; iy < pair.ny; ++iy) visit(pair.weight[pair.index(ix, iy)], phase[pair.index(ix, iy)], ix, iy);
  };
  over([&](double w, double p, double x, double y) {
    mean += w * p;
    mx += w * x;
    my += w * y;
  });
  double xx = 0.0, xy = 0.0, yy = 0.0, px = 0.0, py = 0.0;
  over([&](double w, double p, double x, double y) {
    xx += w * (x - mx) * (x - mx);
    xy += w * (x - mx) * (y - my);
    yy += w * (y - my) * (y - my);
    px += w * (p - mean) * (x - mx);
    py += w * (p - mean) * (y - my);
  });
  const double determinant = xx * yy - xy * xy;
  Plane plane;
  if (ramp && determinant > 1e-9 * xx * yy) {
    plane.at[1] = (yy * px - xy * py) / determinant;
    plane.at[2] = (xx * py - xy * px) / determinant;
  }
  plane.at[0] = mean - plane.at[1] * mx - plane.at[2] * my;
  return plane;
}

// Σ_mn |⟨a_m|b_n⟩|², of modes of `pixels` each: Tr J_a J_b.
double mixed_product(const Image& a, const Image& b, std::size_t pixels) {
  double sum = 0.0;
  for (std::size_t m = 0; m < a.size(); m += pixels)
    for (std::size_t n = 0; n < b.size(); n += pixels) {
      Complex product = 0.0;
      for (std::size_t k = 0; k < pixels; ++k) product += std::conj(a[m + k]) * b[n + k];
      sum += std::norm(product);
    }
  return sum;
}

std::size_t modes_of(std::span<const Value> probe, std::size_t pixels) {
  if (pixels == 0 || probe.empty() || probe.size() % pixels != 0)
    throw ConfigError(fmt::format("a probe of {} numbers, modes of {} were expected", probe.size(), pixels), "quality");
  return probe.size() / pixels;
}

}  // namespace

std::vector<float> scanned_region(const Ptychogram& input, double share) {
  std::vector<float> weight = illumination(input);
  const float least =
      static_cast<float>(share) * (weight.empty() ? 0.0f : *std::max_element(weight.begin(), weight.end()));
  for (float& w : weight)
    if (w < least) w = 0.0f;
  return weight;
}

PixelBox box_of(std::span<const float> weight, int nx, int ny) {
  check_size(weight.size(), nx, ny, "the weight");
  PixelBox box{nx, ny, 0, 0};
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy)
      if (weight[static_cast<std::size_t>(ix) * ny + iy] > 0.0f)
        box = {std::min(box.x0, ix), std::min(box.y0, iy), std::max(box.x1, ix + 1), std::max(box.y1, iy + 1)};
  return box.empty() ? PixelBox{} : box;
}

ImageComparison compare_images(std::span<const Value> truth, std::span<const Value> answer,
                               std::span<const float> weight, int nx, int ny, const Ambiguity& remove) {
  if (!(remove.shift >= 0.0 && remove.shift <= 64.0))
    throw ConfigError(fmt::format("a shift of {} pixels was to be removed, 0 … 64 were expected", remove.shift),
                      "quality");
  const ImagePair pair = make_pair(truth, answer, weight, nx, ny);
  ImageComparison found;
  found.alignment = find_alignment(pair, remove);
  const Image b = apply(pair.answer, nx, ny, found.alignment);
  double complex = 0.0, amplitude = 0.0, all = 0.0;
  std::vector<double> phase(b.size());
  for (std::size_t k = 0; k < b.size(); ++k) {
    const double w = pair.weight[k];
    complex += w * std::norm(pair.truth[k] - b[k]);
    all += w * std::norm(pair.truth[k]);
    amplitude += w * std::pow(std::abs(b[k]) - std::abs(pair.truth[k]), 2);
    phase[k] = std::arg(b[k] * std::conj(pair.truth[k]));
  }
  const Plane plane = fitted_plane(pair, phase, remove.ramp);
  double square = 0.0;
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy) {
      const std::size_t k = pair.index(ix, iy);
      square += pair.weight[k] * std::pow(phase[k] - plane(ix, iy), 2);
    }
  found.complex_error = std::sqrt(complex / all);
  found.amplitude_error = std::sqrt(amplitude);
  found.phase_error = std::sqrt(square);
  return found;
}

std::vector<Value> aligned(std::span<const Value> answer, int nx, int ny, const Alignment& alignment) {
  check_size(answer.size(), nx, ny, "the answer");
  const Image image = apply(Image(answer.begin(), answer.end()), nx, ny, alignment);
  std::vector<Value> out;
  for (const auto& v : image) out.push_back(Value(v));
  return out;
}

ImageComparison compare_objects(const Ptychogram& input, const ObjectFunction& truth, const ObjectFunction& answer,
                                const Ambiguity& remove) {
  return compare_images(truth.value, answer.value, scanned_region(input), input.object_nx, input.object_ny, remove);
}

double probe_error(std::span<const Value> truth, std::span<const Value> answer, int nx, int ny,
                   const Ambiguity& remove) {
  const std::size_t pixels = static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny);
  const std::size_t modes = modes_of(answer, pixels);
  modes_of(truth, pixels);
  const std::vector<float> everywhere(pixels, 1.0f);
  ImagePair first = make_pair(truth.first(pixels), answer.first(pixels), everywhere, nx, ny);
  first.periodic = true;
  Alignment alignment = find_alignment(first, remove);
  alignment.factor = 1.0;
  const Image t(truth.begin(), truth.end());
  Image b;
  for (std::size_t m = 0; m < modes; ++m) {
    const auto mode = answer.subspan(m * pixels, pixels);
    const Image image = apply(Image(mode.begin(), mode.end()), nx, ny, alignment, true);
    b.insert(b.end(), image.begin(), image.end());
  }
  // The factor scales J_B: ‖J_T − f J_B‖ is least for f = Tr J_T J_B / Tr J_B².
  const double tt = mixed_product(t, t, pixels), tb = mixed_product(t, b, pixels), bb = mixed_product(b, b, pixels);
  return std::sqrt(std::max(0.0, 1.0 - tb * tb / (tt * bb)));
}

double r_factor(std::span<const FourierError> errors) {
  double off = 0.0, all = 0.0;
  for (const FourierError& e : errors) {
    off += e.amplitude;
    all += e.amplitudes;
  }
  return all > 0.0 ? off / all : 0.0;
}

double position_error(std::span<const std::array<double, 2>> truth, std::span<const std::array<double, 2>> answer) {
  if (truth.size() != answer.size())
    throw ConfigError(fmt::format("{} positions against {}", answer.size(), truth.size()), "quality");
  if (truth.empty()) return 0.0;
  const auto n = static_cast<double>(truth.size());
  double square = 0.0;
  for (int axis = 0; axis < 2; ++axis) {
    double mean = 0.0;
    for (std::size_t j = 0; j < truth.size(); ++j) mean += (answer[j][axis] - truth[j][axis]) / n;
    for (std::size_t j = 0; j < truth.size(); ++j) square += std::pow(answer[j][axis] - truth[j][axis] - mean, 2) / n;
  }
  return std::sqrt(square);
}

}  // namespace locum::imaging
