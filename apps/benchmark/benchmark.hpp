// Benchmarks by name. Each checks its answer before it is timed.
#pragma once

#include <string>

#include "apps/commands.hpp"
#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/base/registry.hpp"

namespace locum::apps {

struct BenchmarkResult {
  bool verified = false;
  std::string check;  // what was compared, and how well it agreed
  double rate = 0.0;
  std::string unit;          // of the rate
  double bound_share = 0.0;  // of what the bound allows, 0 … 1
  std::string bound;         // what the bound is
  double seconds = 0.0;      // timed in all
};

using Benchmark = BenchmarkResult (*)(const Context& context, const CommandLine& line);
const Registry<Benchmark>& benchmarks();

// A tight-binding step of 216 silicon atoms, against the eigenproblem of its matrix alone.
BenchmarkResult benchmark_tight_binding(const Context& context, const CommandLine& line);
// Molecular dynamics of silicon by the default neural potential, neighbour lists included: 8000 atoms in double
// precision; a million in single precision with a score every ten timesteps. --set precision, cells, timesteps and
// score_every override that.
BenchmarkResult benchmark_potential(const Context& context, const CommandLine& line);
BenchmarkResult benchmark_potential_million(const Context& context, const CommandLine& line);
// Times to stated errors on mlearn, from the files to the model; --set overrides the training's input.
BenchmarkResult benchmark_mlearn_si(const Context& context, const CommandLine& line);
BenchmarkResult benchmark_mlearn_li(const Context& context, const CommandLine& line);
// Share of silicon frames outside of the training's domain that the gate hands back, of those that are wrong.
BenchmarkResult benchmark_uncertainty(const Context& context, const CommandLine& line);
// Slices of thermal silicon on a grid of 256² (--set points=…, precision, batch, depth), against the library's bare
// transforms; and the local mode against full multislice.
BenchmarkResult benchmark_multislice(const Context& context, const CommandLine& line);
BenchmarkResult benchmark_local_mode(const Context& context, const CommandLine& line);
// A network of PtychoNN's shape, 1.25 million parameters: frames/s of inference, and of training steps with L1 loss and
// Adam. --set precision, batch, points, threads and repeats.
BenchmarkResult benchmark_ptychonn(const Context& context, const CommandLine& line);
BenchmarkResult benchmark_ptychonn_training(const Context& context, const CommandLine& line);
// Ptychographic sweeps of frames of 64² and of 128² (--set pixels=…, points, engine, whole_pixels, modes, refine),
// against the library's two bare transforms of each frame.
BenchmarkResult benchmark_ptychography(const Context& context, const CommandLine& line);

}  // namespace locum::apps
