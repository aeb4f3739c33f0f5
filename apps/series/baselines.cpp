#include "apps/series/baselines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "solvers/imaging/ptychography/reconstruction.hpp"

namespace locum::apps {
namespace {

constexpr char classical[][16] = {"flat", "back_propagated"};

// A clock that can stand still; the slowest rank's.
class PausedWatch {
 public:
  explicit PausedWatch(const Communicator& comm) : comm_(comm) {}
  double pause() {
    seconds_ += watch_.seconds();
    return comm_.max(seconds_);
  }
  void go_on() { watch_.restart(); }

 private:
  Communicator comm_;
  Stopwatch watch_;
  double seconds_ = 0.0;
};

// Phases at random, uniform within half a radian each way: nothing of the object, and nothing that two of them share.
ObjectFunction random_start(const Ptychogram& input, std::uint64_t seed, int which) {
  ObjectFunction object = Ptychography::make_output(input);
  for (std::size_t k = 0; k < object.value.size(); ++k) {
    const double u = random::uniform(seed, random::Stream::object, k, static_cast<std::uint64_t>(which), 1);
    object.value[k] = std::polar(1.0f, static_cast<float>(u - 0.5));
  }
  return object;
}

Baseline reconstruct(const SeriesRunConfig& config, const SeriesSet& set, double pair_seconds, const std::string& start,
                     const ObjectFunction* from, ObjectFunction& object, const std::string& engine = "") {
  imaging::PtychographyConfig asked = engine.empty() ? config.ptychography : config.ptychography.by_engine(engine);
  if (!from) asked.start = start;
  Baseline b;
  b.engine = engine;
  b.start = start;
  bool early = false;
  PausedWatch watch(set.data.comm);
  imaging::Reconstruction reconstruction(set.data, asked);
  if (from) reconstruction.start_from(*from);
  const auto look = [&](const imaging::SweepRecord& sweep) {
    const double now = watch.pause();
    const bool stop_here = !early && now >= pair_seconds;
    if (stop_here || (sweep.sweep + 1) % config.compare.trace == 0) {
      const ObjectQuality q =
          quality_of(set.data, set.truth, reconstruction.object(), stop_here ? reconstruction.r_factor() : sweep.r);
      b.time.push_back(now);
      b.r.push_back(q.r);
      b.phase_error.push_back(q.phase_error);
      if (stop_here) {
        b.early = q;
        b.early_seconds = now;
        early = true;
      }
    }
    watch.go_on();
    return true;
  };
  reconstruction.run(look);
  object = reconstruction.object();
  b.seconds = watch.pause();
  b.sweeps = reconstruction.sweeps();
  b.converged = reconstruction.converged();
  b.quality = quality_of(set.data, set.truth, object, reconstruction.r_factor());
  b.time.push_back(b.seconds);
  b.r.push_back(b.quality.r);
  b.phase_error.push_back(b.quality.phase_error);
  if (!early) {
    b.early = b.quality;
    b.early_seconds = b.seconds;
  }
  return b;
}

double spread(const std::vector<Baseline>& all, double ObjectQuality::*what) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Baseline& b : all) {
    if (!b.engine.empty()) continue;
    low = std::min(low, b.quality.*what);
    high = std::max(high, b.quality.*what);
  }
  return high - low;
}

std::int64_t rows(std::size_t count) { return static_cast<std::int64_t>(count); }

}  // namespace

const Baseline& SetComparison::best() const {
  const auto classic_end =
      baselines.begin() + static_cast<std::ptrdiff_t>(std::min(std::size(classical), baselines.size()));
  return *std::min_element(baselines.begin(), classic_end, [](const Baseline& a, const Baseline& b) {
    return std::pair(!a.converged, a.seconds) < std::pair(!b.converged, b.seconds);
  });
}

const Baseline* SetComparison::by(const std::string& engine) const {
  const auto found =
      std::find_if(baselines.begin(), baselines.end(), [&](const Baseline& b) { return b.engine == engine; });
  return found == baselines.end() ? nullptr : &*found;
}

double SetComparison::spread_r() const { return spread(baselines, &ObjectQuality::r); }
double SetComparison::spread_phase() const { return spread(baselines, &ObjectQuality::phase_error); }

FieldSet SetComparison::state() const {
  FieldSet fields;
  fields.add_scalar("number", "1", number);
  fields.add_scalar("count", "1", rows(baselines.size()));
  add_complex(fields, "solver", solver.value);
  for (std::size_t k = 0; k < baselines.size(); ++k) {
    const Baseline& b = baselines[k];
    const std::string name = fmt::format("baseline.{}.", k);
    fields.add(
        name + "numbers", "1", {9},
        std::vector<double>{b.seconds, b.quality.r, b.quality.phase_error, b.quality.amplitude_error, b.early_seconds,
                            b.early.r, b.early.phase_error, b.early.amplitude_error, b.converged ? 1.0 : 0.0});
    fields.add_scalar(name + "sweeps", "1", b.sweeps);
    fields.add(name + "time", "s", {rows(b.time.size())}, b.time);
    fields.add(name + "r", "1", {rows(b.r.size())}, b.r);
    fields.add(name + "phase_error", "rad", {rows(b.phase_error.size())}, b.phase_error);
  }
  return fields;
}

SetComparison SetComparison::from_state(const FieldSet& fields, const std::vector<std::string>& engines) {
  SetComparison c;
  c.number = fields.integer_scalar("number");
  c.solver.value = complex_field(fields, "solver");
  const auto count = static_cast<std::size_t>(fields.integer_scalar("count"));
  for (std::size_t k = 0; k < count; ++k) {
    const std::string name = fmt::format("baseline.{}.", k);
    const auto& n = fields.real(name + "numbers");
    Baseline b;
    const std::size_t after = k - std::min(k, std::size(classical));
    if (k < std::size(classical))
      b.start = classical[k];
    else if (after < engines.size())
      std::tie(b.engine, b.start) = std::pair(engines[after], classical[0]);
    else
      b.start = fmt::format("random {}", after - engines.size() + 1);
    b.seconds = n.at(0);
    b.quality = {n.at(1), n.at(2), n.at(3)};
    b.early_seconds = n.at(4);
    b.early = {n.at(5), n.at(6), n.at(7)};
    b.converged = n.at(8) > 0.0;
    b.sweeps = fields.integer_scalar(name + "sweeps");
    b.time = fields.real(name + "time");
    b.r = fields.real(name + "r");
    b.phase_error = fields.real(name + "phase_error");
    c.baselines.push_back(std::move(b));
  }
  return c;
}

SetComparison compare_with_solver(const SeriesRunConfig& config, const SeriesSet& set, std::int64_t number,
                                  double pair_seconds) {
  SetComparison c;
  c.number = number;
  std::vector<ObjectFunction> objects;
  for (const char* start : classical) {
    ObjectFunction object;
    c.baselines.push_back(reconstruct(config, set, pair_seconds, start, nullptr, object));
    objects.push_back(std::move(object));
  }
  c.solver = objects[static_cast<std::size_t>(&c.best() - c.baselines.data())];
  for (const std::string& engine : config.compare.engines) {
    ObjectFunction object;
    c.baselines.push_back(reconstruct(config, set, pair_seconds, classical[0], nullptr, object, engine));
  }
  for (int k = 1; set.other && k <= config.compare.random_starts; ++k) {
    const ObjectFunction from = random_start(set.data, static_cast<std::uint64_t>(config.seed), k);
    ObjectFunction object;
    c.baselines.push_back(reconstruct(config, set, pair_seconds, fmt::format("random {}", k), &from, object));
  }
  return c;
}

}  // namespace locum::apps
