#include "surrogates/imaging/canvas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "kokkos_kernels/fft/transform.hpp"
#include "surrogates/imaging/phase_integration.hpp"

namespace locum::imaging {
namespace {

using Value = Ptychogram::Value;

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

// Sizes that transform quickly, where the object has room for them.
void widen(int& first, int& last, int n) {
  const int more = fft::good_size(last - first) - (last - first);
  if (last - first + more > n) return;
  first = std::max(0, std::min(first - more / 2, n - (last - first + more)));
  last = first + fft::good_size(last - first);
}

// The box of what is lit by more than `rim`, or a few pixels more, and a map cut to it.
PixelBox lit_box(const Ptychogram& input, const std::vector<float>& light, float rim) {
  PixelBox lit{input.object_nx, input.object_ny, 0, 0};
  for (int x = 0; x < input.object_nx; ++x)
    for (int y = 0; y < input.object_ny; ++y)
      if (light[static_cast<std::size_t>(x) * input.object_ny + y] > rim)
        lit = {std::min(lit.x0, x), std::min(lit.y0, y), std::max(lit.x1, x + 1), std::max(lit.y1, y + 1)};
  widen(lit.x0, lit.x1, input.object_nx);
  widen(lit.y0, lit.y1, input.object_ny);
  return lit;
}

std::vector<float> cut(const std::vector<float>& map, int ny, const PixelBox& box) {
  std::vector<float> part;
  for (int x = box.x0; x < box.x1; ++x) {
    const auto row = map.begin() + static_cast<std::ptrdiff_t>(x) * ny;
    part.insert(part.end(), row + box.y0, row + box.y1);
  }
  return part;
}

std::vector<float> put_back(const std::vector<float>& part, const Ptychogram& input, const PixelBox& box) {
  std::vector<float> map(input.object_size(), 0.0f);
  for (int x = box.x0; x < box.x1; ++x)
    std::copy_n(part.begin() + static_cast<std::ptrdiff_t>(x - box.x0) * box.ny(), box.ny(),
                map.begin() + static_cast<std::ptrdiff_t>(x) * input.object_ny + box.y0);
  return map;
}

struct Light {
  std::vector<float> light;             // the illumination
  std::vector<float> slope_x, slope_y;  // the phase's gradient, rad a pixel, that would move each frame's centre of
                                        // mass to where it was measured: shifts spread below the probes
};

// Ranks share the object's rows: every sum is one rank's, and the same from any number of them.
Light light_of(const Ptychogram& input, const std::vector<FourierError>& errors) {
  std::vector<float> numbers(3 * errors.size(), 1.0f);
  for (std::size_t j = 0; j < errors.size(); ++j) {
    numbers[errors.size() + j] = 2.0f * std::numbers::pi_v<float> * static_cast<float>(errors[j].shift_x);
    numbers[2 * errors.size() + j] = 2.0f * std::numbers::pi_v<float> * static_cast<float>(errors[j].shift_y);
  }
  const Communicator& comm = input.comm;
  const auto row_of = [&](int rank) {
    return static_cast<int>(static_cast<std::int64_t>(input.object_nx) * rank / comm.size());
  };
  const std::vector<float> mine = spread(input, numbers, 3, row_of(comm.rank()), row_of(comm.rank() + 1));
  const std::vector<float> all = comm.size() > 1 ? comm.all_gather(std::span<const float>(mine)) : mine;
  Light l;
  auto from = all.begin();
  for (int rank = 0; rank < comm.size(); ++rank)
    for (std::vector<float>* map : {&l.light, &l.slope_x, &l.slope_y}) {
      const auto count = static_cast<std::ptrdiff_t>(row_of(rank + 1) - row_of(rank)) * input.object_ny;
      map->insert(map->end(), from, from + count);
      from += count;
    }
  const float least = 1e-3f * *std::max_element(l.light.begin(), l.light.end());
  for (std::size_t k = 0; k < l.light.size(); ++k) {
    const float over = 1.0f / std::max(l.light[k], least);
    l.slope_x[k] *= over;
    l.slope_y[k] *= over;
  }
  return l;
}

// What is left of the channels once z is known.
void fill_channels(const Canvas& canvas, const std::vector<Value>& object, const std::vector<Value>& step,
                   const std::vector<float>& light, const std::vector<float>& centres, const std::vector<float>& raised,
                   float scale, std::vector<float>& input) {
  const int nx = canvas.nx, ny = canvas.ny;
  const auto slope = [&](std::size_t before, std::size_t after) {
    return std::arg(object[after] * std::conj(object[before]));
  };
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y) {
      const std::size_t row = static_cast<std::size_t>(ny), k = static_cast<std::size_t>(x) * row + y;
      if (light[k] < 0.1f) continue;
      const Value ratio = step[k] * std::conj(object[k]) / (std::norm(object[k]) + 0.05f);
      float* out = input.data() + k * input_channels;
      out[0] = 3.0f * (std::log(std::sqrt(std::norm(object[k])) + 0.05f) + 0.15f);
      out[1] = 30.0f * scale * ratio.real();
      out[2] = 30.0f * scale * ratio.imag();
      out[3] = std::min(light[k], 2.0f);
      out[4] = 2.0f * slope(x > 0 ? k - row : k, x + 1 < nx ? k + row : k);
      out[5] = 2.0f * slope(y > 0 ? k - 1 : k, y + 1 < ny ? k + 1 : k);
      out[6] = 5.0f * scale * centres[k];
      out[7] = 5.0f * scale * raised[k];
    }
}

}  // namespace

Canvas make_canvas(const ExecutionSpace& space, const Ptychogram& input, DiffractionModel& model, int stage,
                   ObjectFunction object) {
  std::vector<int> frames(static_cast<std::size_t>(input.size()));
  std::iota(frames.begin(), frames.end(), 0);
  ObjectFunction gradient;
  std::vector<FourierError> errors;
  model.gradient_and_errors(input, frames, object, gradient, errors);
  const double counts =
      std::accumulate(errors.begin(), errors.end(), 0.0, [](double sum, const auto& e) { return sum + e.counts; });
  Light lights = light_of(input, errors);
  std::vector<float>& light = lights.light;
  const float median = median_of(light), bright = *std::max_element(light.begin(), light.end());
  const PixelBox lit = lit_box(input, light, 0.1f * median);
  PoissonSources sources;
  sources.gradient_x = cut(lights.slope_x, input.object_ny, lit);
  sources.gradient_y = cut(lights.slope_y, input.object_ny, lit);

  const std::size_t size = light.size();
  std::vector<Value> step(size, Value(0.0f));
  std::vector<float> by_phase(size, 0.0f);
  Canvas canvas{input.object_nx,          input.object_ny,          std::vector<float>(size * input_channels, 0.0f),
                std::vector<float>(size), std::vector<float>(size), {}};
  for (std::size_t k = 0; k < size; ++k) {
    // Down the gradient of Σ ℓ, which is half of what the model's L has, times the counts.
    const Value z = static_cast<float>(-0.5 * counts) * gradient.value[k] / (light[k] + 0.02f * bright);
    light[k] /= median;
    canvas.weight[k] = light[k] > 0.25f ? std::min(1.0f, 2.0f * light[k]) : 0.0f;
    canvas.reach[k] = std::min(1.0f, light[k] / 0.3f);
    if (light[k] < 0.1f) continue;
    step[k] = z;
    by_phase[k] = 0.05f * light[k] * (std::conj(object.value[k]) * z).imag();
  }
  sources.source = cut(by_phase, input.object_ny, lit);
  const PoissonAnswers low = solve_poisson(space, lit.nx(), lit.ny(), sources);
  const std::vector<float> centres = put_back(low.phase, input, lit), raised = put_back(low.potential, input, lit);
  fill_channels(canvas, object.value, step, light, centres, raised, std::pow(stage_factor, static_cast<float>(stage)),
                canvas.input);
  for (std::size_t k = 0; k < size; ++k) object.value[k] += step[k];
  canvas.object = std::move(object);
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
  for (std::size_t k = 0; k < object.value.size(); ++k) {
    const float reach = canvas.reach[k];
    object.value[k] *= std::polar(std::exp(reach * std::clamp(answer[2 * k], -0.5f, 0.5f)), reach * answer[2 * k + 1]);
  }
  return object;
}

std::vector<double> below_probes(const Ptychogram& input, const std::vector<int>& frames,
                                 const std::vector<float>& map) {
  const std::vector<float> probe = probe_intensity(input);
  const double total = std::accumulate(probe.begin(), probe.end(), 0.0);
  const auto share = [&](int rank) { return frames.size() * static_cast<std::size_t>(rank) / input.comm.size(); };
  std::vector<double> means;
  std::vector<float> columns(static_cast<std::size_t>(input.ny));  // sums over x: lanes
  for (std::size_t k = share(input.comm.rank()); k < share(input.comm.rank() + 1); ++k) {
    const PixelBox window = input.window_of(frames[k]);
    std::fill(columns.begin(), columns.end(), 0.0f);
    for (int x = 0; x < input.nx; ++x) {
      const float* p = probe.data() + static_cast<std::size_t>(x) * input.ny;
      const float* m = map.data() + static_cast<std::size_t>(window.x0 + x) * input.object_ny + window.y0;
      for (int y = 0; y < input.ny; ++y) columns[y] += p[y] * m[y];
    }
    const double sum = std::accumulate(columns.begin(), columns.end(), 0.0);
    means.push_back(std::sqrt((sum < 0.0 ? 0.0 : sum) / total));  // NaN stays NaN
  }
  return input.comm.size() > 1 ? input.comm.all_gather(std::span<const double>(means)) : means;
}

}  // namespace locum::imaging
