#include "apps/ptychography/data_source.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "apps/imaging/imaging_setup.hpp"
#include "kokkos_kernels/base/kokkos.hpp"
#include "solvers/imaging/ptychography/specimen_object.hpp"

namespace locum::apps {

DataSource::DataSource(const Context& context, const PtychographyDataConfig& config)
    : context_(context), config_(config) {
  if (!config.of_specimen()) {
    description_ = fmt::format("random objects, {}", config.experiment.object.kind);
    return;
  }
  specimen_ = make_specimen_source(context, config.specimen, config.thermal, config.seed);
  edges_ = slice(*specimen_, config.slices);
  cell_ = imaging::specimen_grid(specimen_->specimen, imaging::object_pixel(config.experiment));
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
  return imaging::simulate_ptychogram(context_, config_.experiment, number, false);
}

imaging::SimulatedPtychogram DataSource::of_specimen(std::int64_t number) const {
  const double energy = config_.experiment.probe.energy;
  imaging::SimulatedPtychogram set =
      imaging::simulated_geometry(context_, config_.experiment, number, {cell_.dx(), cell_.dy()});
  const auto& configurations = specimen_->configurations;
  const Specimen atoms = config_.multislice()
                             ? specimen_->specimen
                             : configurations.get(static_cast<int>(number % std::int64_t{configurations.count}));
  set.truth = imaging::specimen_object(context_, atoms, cell_, energy, config_.potential, set.data.object_nx,
                                       set.data.object_ny);
  std::unique_ptr<imaging::FrameModel> model;
  if (config_.multislice())
    model = std::make_unique<imaging::MultisliceFrames>(
        context_, set.data, imaging::MultisliceFramesSetup{cell_, energy, config_.potential, edges_, memory_},
        configurations);
  else
    model = std::make_unique<imaging::FarFieldFrames>(context_.space, set.data, set.truth);
  set.data.frames = std::make_shared<imaging::SimulatedFrames>(context_.space, std::move(model), set.true_position,
                                                               imaging::noise_of(config_.experiment, number));
  return set;
}

}  // namespace locum::apps
