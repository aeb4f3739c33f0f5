#include "apps/ptychography/data_source.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "apps/imaging/imaging_setup.hpp"
#include "kokkos_kernels/base/kokkos.hpp"
#include "solvers/imaging/ptychography/simulation/specimen_object.hpp"

namespace locum::apps {

DataSource::DataSource(const Context& context, const PtychographyDataConfig& config)
    : context_(context), config_(config) {
  if (!config.of_specimen()) {
    description_ = fmt::format("random objects, {}", config.simulation.object.kind);
    return;
  }
  specimen_ = make_specimen_source(context, config.specimen, config.thermal, config.seed);
  edges_ = slice(*specimen_, config.slices);
  const double pixel = imaging::simulated_geometry(context, config.simulation, 0).data.dx;
  cell_ = imaging::specimen_grid(specimen_->specimen, pixel);
  fingerprint_ = specimen_->fingerprint;
  description_ = describe(*specimen_, cell_, edges_) + ", " + config.ptychography.model;
  MethodConfig budget;
  budget.memory_GiB = config.ptychography.memory_GiB;
  memory_ = engine_memory(context.comm, budget);
  if (config.multislice()) {
    const double plane = 8.0 * cell_.nx * cell_.ny;
    const double all = plane * static_cast<double>(edges_.size() - 1) * specimen_->configurations.count;
    shared_bytes_ = std::min(memory_, all);
  }
}

double DataSource::rank_bytes(const imaging::SimulatedPtychogram& set) const {
  const double object = 32.0 * static_cast<double>(set.data.object_size());  // the truth, and the model's in double
  const double window = static_cast<double>(set.data.window());
  const double waves = 16.0 * window * set.data.modes + 32.0 * window * 16.0;  // probes; a batch of waves and counts
  return object + waves + (config_.multislice() ? 16.0 * 8.0 * cell_.nx * cell_.ny : 0.0);
}

imaging::SimulatedPtychogram DataSource::make(std::int64_t number) const {
  if (specimen_) return of_specimen(number);
  return imaging::simulate_ptychogram(context_, config_.simulation, number, false);
}

imaging::SimulatedPtychogram DataSource::of_specimen(std::int64_t number) const {
  imaging::MultisliceFramesSetup setup;
  setup.cell = cell_;
  setup.energy = config_.simulation.probe.energy;
  setup.potential = config_.potential;
  setup.memory = memory_;
  const imaging::Configurations& all = specimen_->configurations;
  if (config_.multislice()) {
    setup.edges = edges_;
    return imaging::simulate_specimen(context_, config_.simulation, setup, all, number, false);
  }
  const int which = static_cast<int>(number % std::int64_t{all.count});
  const imaging::Configurations one{1, [get = all.get, which](int) { return get(which); }};
  return imaging::simulate_specimen(context_, config_.simulation, setup, one, number, false);
}

}  // namespace locum::apps
