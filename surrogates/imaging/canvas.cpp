#include "surrogates/imaging/canvas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "surrogates/imaging/phase_integration.hpp"

namespace locum::imaging {
namespace {

using Value = Ptychogram::Value;

std::vector<float> probe_intensity(const Ptychogram& input) {
  std::vector<float> sum(input.window(), 0.0f);
  for (int m = 0; m < input.modes; ++m)
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += std::norm(input.probe[m * input.window() + k]);
  return sum;
}

// Of what is lit at all.
float median_of(const std::vector<float>& light) {
  const float highest = *std::max_element(light.begin(), light.end());
  std::vector<float> lit;
  for (float l : light)
    if (l > 0.2f * highest) lit.push_back(l);
  const auto middle = lit.begin() + static_cast<std::ptrdiff_t>(lit.size() / 2);
  std::nth_element(lit.begin(), middle, lit.end());
  return *middle;
}

// The phase factor that brings `from` nearest to `towards`.
Value turn(const std::vector<float>& weight, const std::vector<Value>& towards, const std::vector<Value>& from) {
  std::complex<double> product = 0.0;
  for (std::size_t k = 0; k < weight.size(); ++k)
    product +=
        static_cast<double>(weight[k]) * std::complex<double>(towards[k]) * std::conj(std::complex<double>(from[k]));
  const double size = std::abs(product);
  return size > 0.0 ? Value(product / size) : Value(1.0f);
}

// The phase that would move each frame's centre of mass to where it was measured: shifts spread below the probes and
// integrated over the box of what is lit.
std::vector<float> missing_by_centres(const ExecutionSpace& space, const Ptychogram& input,
                                      const std::vector<FourierError>& errors, const std::vector<float>& light) {
  const std::vector<float> probe = probe_intensity(input);
  std::array<std::vector<float>, 2> slope = {std::vector<float>(light.size()), std::vector<float>(light.size())};
  for (int j = 0; j < input.size(); ++j) {
    const PixelBox window = input.window_of(j);
    const auto& e = errors[static_cast<std::size_t>(j)];
    const std::array<float, 2> shift = {static_cast<float>(e.shift_x), static_cast<float>(e.shift_y)};
    for (int x = 0; x < input.nx; ++x)
      for (int y = 0; y < input.ny; ++y)
        for (std::size_t axis = 0; axis < 2; ++axis)
          slope[axis][static_cast<std::size_t>(window.x0 + x) * input.object_ny + window.y0 + y] +=
              shift[axis] * probe[static_cast<std::size_t>(x) * input.ny + y];
  }
  const float rim = 0.1f * median_of(light), least = 1e-3f * *std::max_element(light.begin(), light.end());
  PixelBox lit{input.object_nx, input.object_ny, 0, 0};
  for (int x = 0; x < input.object_nx; ++x)
    for (int y = 0; y < input.object_ny; ++y)
      if (light[static_cast<std::size_t>(x) * input.object_ny + y] > rim)
        lit = {std::min(lit.x0, x), std::min(lit.y0, y), std::max(lit.x1, x + 1), std::max(lit.y1, y + 1)};
  std::array<std::vector<float>, 2> inside;
  for (int x = lit.x0; x < lit.x1; ++x)
    for (int y = lit.y0; y < lit.y1; ++y) {
      const std::size_t k = static_cast<std::size_t>(x) * input.object_ny + y;
      for (std::size_t axis = 0; axis < 2; ++axis)
        inside[axis].push_back(2.0f * std::numbers::pi_v<float> * slope[axis][k] / std::max(light[k], least));
    }
  const std::vector<float> phase = integrate_gradient(space, lit.nx(), lit.ny(), inside[0], inside[1]);
  std::vector<float> map(light.size(), 0.0f);
  for (int x = lit.x0; x < lit.x1; ++x)
    std::copy_n(phase.begin() + static_cast<std::ptrdiff_t>(x - lit.x0) * lit.ny(), lit.ny(),
                map.begin() + static_cast<std::ptrdiff_t>(x) * input.object_ny + lit.y0);
  return map;
}

}  // namespace

std::vector<float> illumination(const Ptychogram& input) {
  const std::vector<float> probe = probe_intensity(input);
  std::vector<float> sum(input.object_size(), 0.0f);
  for (int j = 0; j < input.size(); ++j) {
    const PixelBox window = input.window_of(j);
    for (int x = 0; x < input.nx; ++x)
      for (int y = 0; y < input.ny; ++y)
        sum[static_cast<std::size_t>(window.x0 + x) * input.object_ny + window.y0 + y] +=
            probe[static_cast<std::size_t>(x) * input.ny + y];
  }
  return sum;
}

Canvas make_canvas(const ExecutionSpace& space, const Ptychogram& input, DiffractionModel& model,
                   ObjectFunction object) {
  std::vector<int> frames(static_cast<std::size_t>(input.size()));
  std::iota(frames.begin(), frames.end(), 0);
  ObjectFunction gradient;
  model.gradient(input, frames, object, gradient);
  const std::vector<FourierError> errors = model.fourier_errors(input, frames, object);
  const double counts =
      std::accumulate(errors.begin(), errors.end(), 0.0, [](double sum, const auto& e) { return sum + e.counts; });
  const std::vector<float> light = illumination(input);
  const std::vector<float> phase = missing_by_centres(space, input, errors, light);
  const float median = median_of(light), bright = *std::max_element(light.begin(), light.end());

  Canvas canvas{input.object_nx, input.object_ny, {}, std::vector<float>(light.size()), std::move(object)};
  canvas.input.assign(light.size() * input_channels, 0.0f);
  const auto slope = [&](std::size_t before, std::size_t after) {
    return std::arg(canvas.object.value[after] * std::conj(canvas.object.value[before]));
  };
  const int nx = canvas.nx, ny = canvas.ny;
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y) {
      const std::size_t k = static_cast<std::size_t>(x) * ny + y, row = static_cast<std::size_t>(ny);
      const float lit = light[k] / median;
      canvas.weight[k] = lit > 0.25f ? std::min(1.0f, 2.0f * lit) : 0.0f;
      if (lit < 0.1f) continue;
      const Value o = canvas.object.value[k];
      // The step down the gradient of Σ (√I − √M)², over the object itself.
      const Value step = -static_cast<float>(0.5 * counts) * gradient.value[k] / (light[k] + 0.02f * bright) *
                         std::conj(o) / (std::norm(o) + 0.05f);
      float* out = canvas.input.data() + k * input_channels;
      out[0] = std::log(std::abs(o) + 0.05f) + 0.2f;
      out[1] = 10.0f * step.real();
      out[2] = 10.0f * step.imag();
      out[3] = std::min(lit, 2.0f);
      out[4] = slope(x > 0 ? k - row : k, x + 1 < nx ? k + row : k);
      out[5] = slope(y > 0 ? k - 1 : k, y + 1 < ny ? k + 1 : k);
      out[6] = 5.0f * phase[k];
    }
  return canvas;
}

CanvasAnswer missing(const Canvas& canvas, const ObjectFunction& truth) {
  const Value phase = turn(canvas.weight, canvas.object.value, truth.value);
  CanvasAnswer answer(canvas.weight.size() * answer_channels);
  for (std::size_t k = 0; k < canvas.weight.size(); ++k) {
    const Value o = canvas.object.value[k], t = phase * truth.value[k];
    const float a = std::log((std::abs(t) + 0.02f) / (std::abs(o) + 0.02f));
    answer[2 * k] = std::clamp(a, -1.0f, 1.0f);
    answer[2 * k + 1] = std::arg(t * std::conj(o));
  }
  return answer;
}

ObjectFunction completed(const Canvas& canvas, const CanvasAnswer& answer) {
  ObjectFunction object = canvas.object;
  for (std::size_t k = 0; k < object.value.size(); ++k)
    object.value[k] *= std::polar(std::exp(std::clamp(answer[2 * k], -1.0f, 1.0f)), answer[2 * k + 1]);
  return object;
}

std::vector<double> below_probes(const Ptychogram& input, const std::vector<int>& frames,
                                 const std::vector<float>& map) {
  const std::vector<float> probe = probe_intensity(input);
  const double total = std::accumulate(probe.begin(), probe.end(), 0.0);
  std::vector<double> means;
  for (int j : frames) {
    const PixelBox window = input.window_of(j);
    double sum = 0.0;
    for (int x = 0; x < input.nx; ++x)
      for (int y = 0; y < input.ny; ++y)
        sum += static_cast<double>(probe[static_cast<std::size_t>(x) * input.ny + y]) *
               map[static_cast<std::size_t>(window.x0 + x) * input.object_ny + window.y0 + y];
    means.push_back(std::sqrt(std::max(0.0, sum) / total));
  }
  return means;
}

}  // namespace locum::imaging
