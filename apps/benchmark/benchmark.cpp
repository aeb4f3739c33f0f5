// `locum benchmark NAME`: checks an answer, times it, and says how near the bound it comes.
#include "apps/benchmark/benchmark.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/version.hpp"
#include "io/atomic_file.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/log.hpp"

namespace locum::apps {

const Registry<Benchmark>& benchmarks() {
  static const Registry<Benchmark> all = [] {
    Registry<Benchmark> registry("benchmark");
    registry.add("tight-binding-si216", benchmark_tight_binding);
    registry.add("potential-si8000", benchmark_potential);
    registry.add("potential-si1m", benchmark_potential_million);
    registry.add("train-mlearn-si", benchmark_mlearn_si);
    registry.add("train-mlearn-li", benchmark_mlearn_li);
    registry.add("uncertainty-si", benchmark_uncertainty);
    registry.add("multislice", benchmark_multislice);
    registry.add("multislice-local", benchmark_local_mode);
    registry.add("ptychonn", benchmark_ptychonn);
    registry.add("ptychonn-training", benchmark_ptychonn_training);
    registry.add("ptychography", benchmark_ptychography);
    return registry;
  }();
  return all;
}

void run_benchmark(const Context& context, const CommandLine& line) {
  const BenchmarkResult result = benchmarks().at(line.input)(context, line);
  const nlohmann::ordered_json json = {
      {"name", line.input},        {"verified", result.verified},       {"rate", result.rate},
      {"unit", result.unit},       {"bound_share", result.bound_share}, {"bound", result.bound},
      {"seconds", result.seconds}, {"ranks", context.comm.size()},      {"backend", backend()}};
  const std::string share =
      result.bound_share > 0.0 ? fmt::format("{:.0f} % of the bound ", 100.0 * result.bound_share) : "";
  log::info(fmt::format("{}: {:.4g} {}, {}({})", line.input, result.rate, result.unit, share, result.bound));
  log::info("  checked: " + result.check);
  if (!line.json.empty()) io::write_text(context.comm, line.json, json.dump(2) + "\n");
  if (!result.verified) throw NumericalError("the benchmark's answer is wrong: " + result.check, line.input);
}

}  // namespace locum::apps
