// Ptychography small enough for unit tests: 32² frames from 6 × 6 places, or some more.
#pragma once

#include <memory>
#include <string>

#include "kokkos_kernels/base/context.hpp"
#include "solvers/imaging/ptychography/far_field_model.hpp"
#include "solvers/imaging/ptychography/simulation/simulated_ptychogram.hpp"
#include "surrogates/imaging/labelled_object.hpp"
#include "surrogates/imaging/object_network_config.hpp"

namespace locum::imaging::testing {

inline LabelledObject small_data_set(int index, double phase = 1.5, int points = 6) {
  SimulatedPtychogramConfig config;
  config.pixels = 32;
  config.aperture = 0.3125;
  config.probe.aberrations.defocus = 50.0;
  config.scan.points = {points, points};
  config.scan.jitter = 0.1;
  config.object.phase = phase;
  SimulatedPtychogram simulated = simulate_ptychogram({}, config, index);
  LabelledObject labelled;
  labelled.data = std::move(simulated.data);
  labelled.data.comm = Communicator::self();
  labelled.data.tiles = make_tiles(labelled.data, 16);
  labelled.truth = std::move(simulated.truth);
  labelled.core = labelled.data.whole();
  return labelled;
}

inline ObjectNetworkConfig small_network() {
  ObjectNetworkConfig config;
  config.channels = {6, 8};
  config.fold = 2;
  config.window = 64;
  config.border = 16;
  return config;
}

inline ObjectTrainingConfig small_training() {
  ObjectTrainingConfig config;
  config.epochs = 4;
  config.batch = 3;
  config.windows = 3;
  return config;
}

inline Context context_of(const Communicator& comm) {
  Context context;
  context.comm = comm;
  context.seed = 7;
  return context;
}

inline std::shared_ptr<FarFieldModel> small_model(const std::string& likelihood = "amplitude") {
  PtychographyConfig config;
  config.likelihood = likelihood;
  return std::make_shared<FarFieldModel>(config);
}

}  // namespace locum::imaging::testing
