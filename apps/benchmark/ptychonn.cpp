// A network of PtychoNN's shape: frames/s of inference and of training (L1 loss, Adam), against the arithmetic bound.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "apps/benchmark/arithmetic_rate.hpp"
#include "apps/benchmark/benchmark.hpp"
#include "apps/benchmark/benchmark_config.hpp"
#include "apps/benchmark/timing.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/collective/device_sum.hpp"
#include "kokkos_kernels/linalg/dense.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "surrogates/nn/device_adam.hpp"
#include "surrogates/nn/image_network.hpp"
#include "surrogates/nn/ptychonn.hpp"
#include "surrogates/nn/reference.hpp"

namespace locum::apps {
namespace {

struct PtychoNnBenchmarkConfig {
  std::string precision = "fp32";
  int batch = 64;   // frames of a call of each rank
  int portion = 0;  // frames at a time within it, in training
  int points = 64;  // of a frame along each side
  int threads = 1;  // of the CPU library
  int repeats = 5;

  void visit(ConfigVisitor& v) {
    v.value({"precision", "", "of images and products", {}, linalg::precision_names()}, precision);
    v.value({"batch", "", "frames of a call of each rank", {1, 1e5}}, batch);
    v.value({"portion", "", "frames at a time in training; 0: as fits the caches", {0, 1e5}}, portion);
    v.value({"points", "", "of a frame along each side", {8, 1024}}, points);
    v.value({"threads", "", "of the convolution library", {1, 256}}, threads);
    v.value({"repeats", "", "calls that are timed", {1, 1000}}, repeats);
  }
};

nn::Images<float> random_images(int batch, int points, std::uint64_t item) {
  const nn::Images<float> images("images", batch, points, points, 1);
  const auto host = Kokkos::create_mirror_view(images);
  for (std::size_t k = 0; k < host.size(); ++k)
    host.data()[k] = static_cast<float>(random::uniform(11, random::Stream::weights, item, k));
  Kokkos::deep_copy(images, host);
  return images;
}

// slope ← sign(y − wanted) · share: the derivative of the mean absolute difference. Gives the sum of the differences.
double l1_slope(const ExecutionSpace& space, const nn::Images<float>& y, const nn::Images<float>& wanted, float share,
                const nn::Images<float>& slope) {
  const float *a = y.data(), *b = wanted.data();
  float* to = slope.data();
  double sum = 0.0;
  Kokkos::parallel_reduce(
      "l1_slope",
      Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<std::int64_t>>(space, 0,
                                                                           static_cast<std::int64_t>(y.size())),
      KOKKOS_LAMBDA(std::int64_t k, double& part) {
        const float d = a[k] - b[k];
        to[k] = d > 0.0f ? share : (d < 0.0f ? -share : 0.0f);
        part += d > 0.0f ? d : -d;
      },
      sum);
  return sum;
}

// The loss's derivative by parameters along one direction, by the engine and by differences of the plain loops; and how
// far the answers are apart. Small frames: the loops are slow.
struct Check {
  double answers = 0.0, gradient = 0.0;
};

template <class T>
Check check(const Context& context) {
  const nn::Extent small{2, 16, 16, 1};
  nn::ImageNetwork<T> network(nn::ptychonn(), context.space);
  auto parameters = network.initial_parameters(context.seed, 0);
  for (double& p : parameters) p = static_cast<float>(p);
  network.set_parameters(parameters);
  const auto x = random_images(small.batch, small.nx, 0);
  const std::vector<nn::Images<float>> y{random_images(2, 16, 1), random_images(2, 16, 2)},
      dy{random_images(2, 16, 3), random_images(2, 16, 4)};
  const View<float*> gradient("gradient", parameters.size());
  const auto cache = network.make_cache();
  network.forward(x, y, *cache);
  network.backward(*cache, dy, gradient);

  nn::reference::Images frames(small.batch, small.nx, small.ny, 1);
  const auto x_host = host_copy(x);
  std::copy_n(x_host.data(), x_host.size(), frames.values.begin());
  const auto slope_host = host_copy(gradient);
  double size = 0.0, change = 0.0, off = 0.0, all = 0.0;
  // Along the gradient itself, where the loss changes fastest.
  std::vector<double> there = parameters, back = parameters;
  for (std::size_t k = 0; k < parameters.size(); ++k) size += std::pow(slope_host(k), 2);
  const double h = 1e-7 / std::sqrt(size);
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    there[k] += h * slope_host(k);
    back[k] -= h * slope_host(k);
  }
  const auto middle = nn::reference::evaluate(network.description(), parameters, frames);
  const auto ahead = nn::reference::evaluate(network.description(), there, frames);
  const auto behind = nn::reference::evaluate(network.description(), back, frames);
  for (std::size_t k = 0; k < 2; ++k) {
    const auto found = host_copy(y[k]), weight = host_copy(dy[k]);
    for (std::size_t i = 0; i < found.size(); ++i) {
      off += std::pow(found.data()[i] - middle[k].values[i], 2);
      all += std::pow(middle[k].values[i], 2);
      change += weight.data()[i] * (ahead[k].values[i] - behind[k].values[i]) / (2 * h);
    }
  }
  return {std::sqrt(off / all), std::abs(size / change - 1.0)};
}

struct Timing {
  double wall = 0.0, processor = 0.0, total = 0.0;
};

// Medians of calls, the first of which is not counted: it plans.
template <class Call>
Timing timed(const Context& context, int repeats, const Call& call) {
  std::vector<double> wall, processor;
  Timing result;
  for (int turn = 0; turn <= repeats; ++turn) {
    context.comm.barrier();
    const Stopwatch watch;
    const std::clock_t start = std::clock();
    call();
    context.space.fence();
    const double used = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    const double seconds = context.comm.max(watch.seconds());
    result.total += seconds;
    if (turn == 0) continue;
    wall.push_back(seconds);
    processor.push_back(used);
  }
  result.wall = median(wall);
  result.processor = median(processor);
  return result;
}

// Forward, L1 loss, backward, sum over the ranks, Adam.
template <class T>
class Training {
 public:
  Training(const Context& context, const PtychoNnBenchmarkConfig& config, nn::ImageNetwork<T>& network)
      : context_(context),
        config_(config),
        network_(network),
        cache_(network.make_cache()),
        sum_(context.comm),
        adam_(context.space, network.parameters()),
        parameters_("parameters", network.parameters()),
        gradient_("gradient", network.parameters()) {
    const auto start = network.initial_parameters(context.seed, 0);
    const auto host = Kokkos::create_mirror_view(parameters_);
    for (std::size_t k = 0; k < start.size(); ++k) host(k) = static_cast<float>(start[k]);
    Kokkos::deep_copy(parameters_, host);
    for (std::uint64_t k = 0; k < 2; ++k) {
      wanted_.push_back(random_images(config.batch, config.points, 20 + k));
      y_.push_back(random_images(config.batch, config.points, 22 + k));
      slope_.push_back(random_images(config.batch, config.points, 24 + k));
    }
  }
  // The mean loss of the batch before the update.
  double step(const nn::Images<float>& frames) {
    network_.share_parameters(parameters_);
    Kokkos::deep_copy(context_.space, gradient_, 0.0f);
    const int portion = config_.portion > 0 ? config_.portion : network_.portion(nn::extent_of(frames));
    double loss = 0.0;
    for (int first = 0; first < config_.batch; first += portion) {
      const int count = std::min(portion, config_.batch - first);
      const auto some = [&](const std::vector<nn::Images<float>>& all) {
        return std::vector<nn::Images<float>>{nn::portion_of(all[0], first, count),
                                              nn::portion_of(all[1], first, count)};
      };
      const auto y = some(y_), wanted = some(wanted_), slope = some(slope_);
      network_.forward(nn::portion_of(frames, first, count), y, *cache_);
      const float share = scale_ / static_cast<float>(wanted_[0].size());
      for (std::size_t k = 0; k < 2; ++k) loss += l1_slope(context_.space, y[k], wanted[k], share, slope[k]);
      network_.backward(*cache_, slope, gradient_);
    }
    sum_.sum(context_.space, gradient_);
    adam_.update(parameters_, gradient_, 1e-4, 1.0 / (scale_ * context_.comm.size()));
    return loss / static_cast<double>(wanted_[0].size());
  }

 private:
  const Context& context_;
  const PtychoNnBenchmarkConfig& config_;
  nn::ImageNetwork<T>& network_;
  std::shared_ptr<typename nn::ImageNetwork<T>::Cache> cache_;
  collective::DeviceSum sum_;
  nn::DeviceAdam adam_;
  View<float*> parameters_, gradient_;
  std::vector<nn::Images<float>> wanted_, y_, slope_;
  float scale_ = std::is_same_v<T, conv::Fp16> ? 65536.0f : 1.0f;  // so that fp16 holds slopes of 1e-6
};

// How far the first, the middle and the last frame's answers of the call that was timed are from those of it alone.
template <class T>
double off_alone(const nn::ImageNetwork<T>& network, const nn::Images<float>& frames,
                 const std::vector<nn::Images<float>>& y) {
  const int count = frames.extent_int(0), points = frames.extent_int(1);
  double off = 0.0, all = 0.0;
  for (const int frame : {0, count / 2, count - 1}) {
    const std::vector<nn::Images<float>> alone{random_images(1, points, 31), random_images(1, points, 32)};
    network.forward(nn::portion_of(frames, frame, 1), alone);
    for (std::size_t k = 0; k < alone.size(); ++k) {
      const auto expected = host_copy(alone[k]), found = host_copy(nn::portion_of(y[k], frame, 1));
      for (std::size_t i = 0; i < expected.size(); ++i) {
        off += std::pow(found.data()[i] - expected.data()[i], 2);
        all += std::pow(expected.data()[i], 2);
      }
    }
  }
  return std::sqrt(off / all);
}

template <class T>
BenchmarkResult time_network(const Context& context, const PtychoNnBenchmarkConfig& config, bool training) {
  const auto precision = linalg::precision_of(config.precision);
  BenchmarkResult result;
  const Check check = apps::check<T>(context);
  // Twenty roundings in a row of the format, and gradients that lose some ReLUs and maxima to rounding.
  const double unit = std::is_same_v<T, float> ? 1.2e-7 : std::is_same_v<T, conv::Bf16> ? 4e-3 : 5e-4;
  result.verified = check.answers < 20 * unit && check.gradient < 100 * unit;
  result.check =
      fmt::format("answers differ by {:.1e} from the plain loops, the gradient's size by {:.1e} from differences",
                  check.answers, check.gradient);

  const nn::Extent extent{config.batch, config.points, config.points, 1};
  nn::ImageNetwork<T> network(nn::ptychonn(), context.space, precision == linalg::Precision::tf32);
  network.set_parameters(network.initial_parameters(context.seed, 0));
  const auto frames = random_images(config.batch, config.points, 10);
  const std::vector<nn::Images<float>> y{random_images(config.batch, config.points, 11),
                                         random_images(config.batch, config.points, 12)};
  Timing timing;
  if (training) {
    Training<T> trainer(context, config, network);
    double first = 0.0, last = 0.0;
    timing = timed(context, config.repeats, [&] {
      last = trainer.step(frames);
      if (first == 0.0) first = last;
    });
    result.verified = result.verified && last < first;
    result.check += fmt::format("; the loss falls from {:.4f} to {:.4f}", first, last);
  } else {
    timing = timed(context, config.repeats, [&] { network.forward(frames, y); });
    const double off = off_alone(network, frames, y);
    result.verified = result.verified && off < 20 * unit;
    result.check += fmt::format("; frames of the batch by {:.1e} from each alone", off);
  }
  const double operations = network.operations(extent) * (training ? 3.0 : 1.0);
  const double bound = arithmetic_rate(context, precision) * config.threads;
  result.seconds = timing.total;
  result.rate = context.comm.size() * config.batch / timing.wall;
  result.unit = training ? "frames/s trained" : "frames/s";
  result.bound_share = config.batch / timing.wall * operations / bound;
  result.bound = fmt::format(
      "{:.3g} GFlop a frame at {:.3g} GFlop/s of bare products and sums; {}² points, batches of {}, {}; {:.3g} ms of "
      "processor time a frame; {}",
      1e-9 * operations, 1e-9 * bound, config.points, config.batch, config.precision,
      1e3 * timing.processor / config.batch, conv::library());
  return result;
}

BenchmarkResult run(const Context& context, const CommandLine& line, bool training) {
  const auto config = benchmark_config<PtychoNnBenchmarkConfig>(line);
  if (config.points % 8 != 0)
    throw ConfigError(fmt::format("points is {}, it must be a multiple of 8", config.points), "ptychonn: points");
  linalg::set_threads(1);
  conv::set_threads(config.threads);
  switch (linalg::precision_of(config.precision)) {
    case linalg::Precision::bf16:
      return time_network<conv::Bf16>(context, config, training);
    case linalg::Precision::fp16:
      return time_network<conv::Fp16>(context, config, training);
    default:
      return time_network<float>(context, config, training);
  }
}

}  // namespace

BenchmarkResult benchmark_ptychonn(const Context& context, const CommandLine& line) {
  return run(context, line, false);
}
BenchmarkResult benchmark_ptychonn_training(const Context& context, const CommandLine& line) {
  return run(context, line, true);
}

}  // namespace locum::apps
