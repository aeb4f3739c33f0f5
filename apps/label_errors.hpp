// Errors of a step on labelled frames, through the very step that production uses.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "solvers/api/atomistic.hpp"
#include "surrogates/potential/training/frame_source.hpp"

namespace locum::apps {

struct LabelErrors {
  std::int64_t frames = 0, components = 0;
  double force_rmse = 0.0;            // eV/Å, of Cartesian components
  double energy_rmse = 0.0;           // eV/atom
  std::vector<double> truth, answer;  // some force components of both, eV/Å, for a parity plot; on every rank
};

// frames: labels (Atomistic::label), the same list on every rank, dealt out to the ranks. step answers on
// communicators of one rank; its lists reach `cutoff`, Å. Collective.
LabelErrors errors_on_labels(const Context& context, AtomisticStep& step, double cutoff,
                             const std::vector<FieldSet>& frames, std::size_t parity_points);
// The same for frames that are read when their turn comes, each rank its own.
LabelErrors errors_on_labels(const Context& context, AtomisticStep& step, double cutoff,
                             const potential::FrameSource& frames, std::size_t parity_points);

// As the keys of summary.json: NAME/force_rmse_eV_per_A, NAME/energy_rmse_meV_per_atom.
std::map<std::string, double> as_metrics(const LabelErrors& errors, const std::string& name);

}  // namespace locum::apps
