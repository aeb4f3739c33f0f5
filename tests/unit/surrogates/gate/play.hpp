// A gate over the toy batch, the batches it is given, and what it did with them.
#pragma once

#include <numeric>
#include <vector>

#include "surrogates/gate/gate.hpp"
#include "tests/unit/surrogates/gate/toy.hpp"

namespace locum::gate::toy {

inline const Metric metric{"toy_rmse", "1"};

inline GateConfig toy_config() {
  GateConfig config;
  config.audit_rate = 0.1;
  config.resume_calls = 0;  // samples of a batch do not continue those of the batch before
  config.labels_to_update = 0;
  return config;
}

inline std::vector<int> all_of(const Batch::Input& input) {
  std::vector<int> samples(input.x.size());
  std::iota(samples.begin(), samples.end(), 0);
  return samples;
}

struct Play {
  Play(bool knows_itself, const GateConfig& config, std::uint64_t seed = 1, int batch_size = 7, int held_out = 200,
       Communicator comm = Communicator::world())
      : comm(comm),
        seed(seed),
        batch_size(batch_size),
        surrogate(knows_itself, seed),
        learner(surrogate, held_out),
        gate(solver, surrogate, &learner, config, metric, Context{comm, {}, seed}) {}

  void run(int calls) {
    for (int end = call + calls; call < end; ++call) {
      Batch::Input input{comm, {}};
      for (int s = 0; s < batch_size; ++s) input.x.push_back(uniform_x(seed, call * batch_size + s));
      output = Batch::make_output(input);
      gate.evaluate(input, all_of(input), output);
      for (const Decision& d : gate.last_decisions()) {
        decisions.push_back(d);
        x.push_back(input.x[d.sample]);
        answers.push_back(output[d.sample * components + input.comm.rank() % components]);
      }
    }
  }
  double fallback_share(std::size_t from, std::size_t to) const {
    int count = 0;
    for (std::size_t k = from; k < to; ++k) count += is_fallback(decisions[k].reason);
    return static_cast<double>(count) / static_cast<double>(to - from);
  }

  Communicator comm;
  std::uint64_t seed;
  int batch_size, call = 0;
  Solver solver;
  Surrogate surrogate;
  Learner learner;
  Gate<Batch> gate;
  Batch::Output output;
  std::vector<Decision> decisions;
  std::vector<double> x, answers;
};

inline bool in_blind_spot(double x) { return x >= Surrogate::blind_from && x <= Surrogate::blind_to; }

}  // namespace locum::gate::toy
