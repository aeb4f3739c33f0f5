// `locum reconstruct`: from a file of diffraction frames to the object, with what is known of its quality.
#include <fmt/format.h>

#include "apps/commands.hpp"
#include "apps/input.hpp"
#include "apps/ptychography/reconstruction_results.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/linalg/dense.hpp"

namespace locum::apps {

void run_reconstruct(const Context& context, const CommandLine& line) {
  auto [config, directory] = open_run<ReconstructionConfig>(context, line);
  if (line.restart && directory.has("report.html")) {
    log::info(fmt::format("the run in {} is complete: its files are left as they are", directory.path()));
    return;
  }
  linalg::set_threads(1);
  EnergyMeter meter(config.energy, context.comm);
  const DiffractionData data = read_diffraction_data(context, config);
  log::info(fmt::format("{}: at most {} sweeps, {} likelihood, {} rank(s)", config.ptychography.engine,
                        config.ptychography.sweeps, config.ptychography.likelihood, context.comm.size()));
  ReconstructionJob job(context, directory, config, data);
  if (!job.run(line.restart)) throw interrupted(directory, "what is done is");
  write_reconstruction_results(context.comm, directory, {config, data, job, meter.reading()}, io::to_toml(config));
  job.clear();
}

}  // namespace locum::apps
