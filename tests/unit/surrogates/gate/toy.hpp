// Toy domains for the gate: a known function, surrogates with a planted blind spot, a learner that keeps labels.
//
// A sample is a number x; its answer is sin(x + c) for components c = 0 … 7, dealt to the ranks in turn, as atoms are.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "solvers/api/step.hpp"
#include "surrogates/train/learner.hpp"

namespace locum::gate::toy {

inline constexpr int components = 8;

struct Batch {
  struct Input {
    Communicator comm = Communicator::self();
    std::vector<double> x;
  };
  using Output = std::vector<double>;  // (samples × components); a rank fills its own components
  static bool mine(const Input& in, int c) { return c % in.comm.size() == in.comm.rank(); }

  static int samples(const Input& in) { return static_cast<int>(in.x.size()); }
  static Output make_output(const Input& in) { return Output(in.x.size() * components, 0.0); }
  static void copy_sample(const Input&, const Output& from, Output& to, int s) {
    for (int c = 0; c < components; ++c) to[s * components + c] = from[s * components + c];
  }
  static SampleError error(const Input& in, const Output& truth, const Output& answer, int s) {
    SampleError e;
    for (int c = 0; c < components; ++c) {
      if (!mine(in, c)) continue;
      const double d = truth[s * components + c] - answer[s * components + c];
      e.mean_square += d * d / components;
      e.largest = std::max(e.largest, std::abs(d));
    }
    return {in.comm.sum(e.mean_square), in.comm.max(e.largest)};
  }
  static FieldSet label(const Input& in, const Output& out, int s) {
    std::vector<double> y(out.begin() + s * components, out.begin() + (s + 1) * components);
    for (int c = 0; c < components; ++c)
      if (!mine(in, c)) y[c] = 0.0;
    in.comm.sum(std::span<double>(y));
    FieldSet fields;
    fields.add_scalar("x", "1", in.x[s]);
    fields.add("y", "1", {components}, y);
    return fields;
  }
};

// One sample a call, with data members instead of an array.
struct Single {
  struct Input {
    double x = 0.0;
  };
  struct Output {
    double y = 0.0;
  };
  static int samples(const Input&) { return 1; }
  static Output make_output(const Input&) { return {}; }
  static void copy_sample(const Input&, const Output& from, Output& to, int) { to = from; }
  static SampleError error(const Input&, const Output& truth, const Output& answer, int) {
    const double d = truth.y - answer.y;
    return {d * d, std::abs(d)};
  }
  static FieldSet label(const Input& in, const Output& out, int) {
    FieldSet fields;
    fields.add_scalar("x", "1", in.x);
    fields.add_scalar("y", "1", out.y);
    return fields;
  }
};

class Solver final : public Step<Batch> {
 public:
  std::string name() const override { return "sine"; }
  void evaluate(const Batch::Input& in, std::span<const int> samples, Batch::Output& out) override {
    for (int s : samples) {
      ++answered;
      for (int c = 0; c < components; ++c)
        if (Batch::mine(in, c)) out[s * components + c] = std::sin(in.x[s] + c);
    }
  }
  std::int64_t answered = 0;
};

// Wrong by about `scale(x)` in every component: 0.02, and 0.4 in the blind spot [2, 2.6]. The score is the scale times
// a factor of its own between 0.5 and 1.5 where the surrogate knows itself, and never rises where it does not.
class Surrogate final : public locum::Surrogate<Batch> {
 public:
  explicit Surrogate(bool knows_itself, std::uint64_t seed = 1) : knows_itself_(knows_itself), seed_(seed) {}

  static constexpr double usual = 0.02, blind = 0.4, blind_from = 2.0, blind_to = 2.6;

  std::string name() const override { return "toy network"; }
  void evaluate(const Batch::Input& in, std::span<const int> samples, Batch::Output& out) override {
    for (int s : samples)
      for (int c = 0; c < components; ++c)
        if (Batch::mine(in, c)) out[s * components + c] = answer(in.x[s], c);
  }
  void evaluate_with_score(const Batch::Input& in, std::span<const int> samples, Batch::Output& out,
                           std::span<double> scores) override {
    evaluate(in, samples, out);
    for (std::size_t k = 0; k < samples.size(); ++k) scores[k] = score(in.x[samples[k]]);
  }

  double answer(double x, int c) const { return std::sin(x + c) + scale(x) * noise(x, c); }
  double scale(double x) const {
    if (x < blind_from || x > blind_to) return usual;
    for (double known : learned)
      if (std::abs(x - known) < 0.1) return usual;
    return blind;
  }
  double score(double x) const {
    const double factor = 0.5 + random::uniform(seed_, random::Stream::weights, key(x), 1000);
    return factor * (knows_itself_ ? scale(x) : usual);
  }
  double noise(double x, int c) const { return random::normal_pair(seed_, random::Stream::weights, key(x), c).first; }
  SampleError true_error(double x) const {
    SampleError e;
    for (int c = 0; c < components; ++c) {
      const double d = answer(x, c) - std::sin(x + c);
      e.mean_square += d * d / components;
      e.largest = std::max(e.largest, std::abs(d));
    }
    return e;
  }

  std::vector<double> learned;  // near these the blind spot is mended

 private:
  static std::uint64_t key(double x) { return std::bit_cast<std::uint64_t>(x) & 0xFFFFFFFFFFFFull; }
  bool knows_itself_;
  std::uint64_t seed_;
};

// Keeps labels; an update makes the surrogate know them. Holds out samples outside the blind spot.
class Learner final : public train::Learner {
 public:
  explicit Learner(Surrogate& surrogate, int held_out = 200) : surrogate_(surrogate), held_out_(held_out) {}

  void add(const FieldSet& label) override { labels.push_back(label.real_scalar("x")); }
  train::FitReport update() override {
    surrogate_.learned = labels;
    ++updates;
    return {static_cast<std::int64_t>(labels.size()), 0.0, {}};
  }
  std::vector<train::CalibrationPair> calibration() override {
    std::vector<train::CalibrationPair> pairs;
    for (int k = 0; k < held_out_; ++k) {
      const double x = 2.0 * random::uniform(77, random::Stream::shuffle, k, 0);
      pairs.push_back({surrogate_.score(x), surrogate_.true_error(x).largest});
    }
    return pairs;
  }
  FieldSet state() const override {
    FieldSet fields;
    fields.add("labels", "1", {static_cast<std::int64_t>(labels.size())}, labels);
    fields.add("learned", "1", {static_cast<std::int64_t>(surrogate_.learned.size())}, surrogate_.learned);
    return fields;
  }
  void restore(const FieldSet& state) override {
    labels = state.real("labels");
    surrogate_.learned = state.real("learned");
  }
  std::vector<double> labels;
  int updates = 0;

 private:
  Surrogate& surrogate_;
  int held_out_;
};

inline double uniform_x(std::uint64_t seed, std::uint64_t k) {
  return 4.0 * random::uniform(seed, random::Stream::displacement, k, 0);
}

}  // namespace locum::gate::toy
