#include "apps/ptychography/simulate_ptychography.hpp"

#include <fmt/format.h>

#include "apps/input.hpp"
#include "apps/ptychography/data_job.hpp"
#include "apps/ptychography/data_results.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/linalg/dense.hpp"

namespace locum::apps {

void run_ptychography_data(const Context& caller, const CommandLine& line) {
  auto [config, directory] = open_run<PtychographyDataConfig>(caller, line);
  if (line.restart && directory.has("report.html")) {
    log::info(fmt::format("the run in {} is complete: its files are left as they are", directory.path()));
    return;
  }
  linalg::set_threads(1);  // threads would sum in another order, and files must be the same from any number of ranks
  EnergyMeter meter(config.energy, caller.comm);
  const DataSource source(caller, config);
  log::info(fmt::format("{}: {} data set(s), {} rank(s)", source.description(), config.ptychography.series,
                        caller.comm.size()));
  DataJob job(caller, directory, config, io::to_toml(config), source);
  if (!job.run(line.restart)) throw interrupted(directory, "whole data sets are");
  write_data_results(caller, directory, {config, source, job, meter.reading()});
}

}  // namespace locum::apps
