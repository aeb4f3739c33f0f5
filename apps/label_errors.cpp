#include "apps/label_errors.hpp"

#include <cmath>
#include <functional>

#include "solvers/md/simulation.hpp"

namespace locum::apps {

namespace {

// frame_of(k): label k of `count`, asked for by the rank that answers it.
LabelErrors errors_on(const Context& context, AtomisticStep& step, double cutoff, std::size_t count,
                      std::size_t components, std::size_t parity_points,
                      const std::function<FieldSet(std::size_t)>& frame_of) {
  Context own = context;
  own.comm = Communicator::self();
  double sums[4] = {};  // squared force errors, their number, squared energy errors, their number
  std::vector<double> truth, answer;
  const std::size_t stride = std::max<std::size_t>(1, components / std::max<std::size_t>(1, parity_points));
  for (std::size_t f = context.comm.rank(); f < count; f += context.comm.size()) {
    const FieldSet frame = frame_of(f);
    md::Simulation simulation(own, md::MdConfig{}, md::structure_from_fields(frame), cutoff, step);
    simulation.initialize();
    const std::vector<double> force = gather_by_id(simulation.configuration(), simulation.result().force);
    const std::vector<double>& label = frame.real("force");
    for (std::size_t k = 0; k < force.size(); ++k) {
      sums[0] += (force[k] - label[k]) * (force[k] - label[k]);
      if (k % stride == 0) {
        truth.push_back(label[k]);
        answer.push_back(force[k]);
      }
    }
    sums[1] += static_cast<double>(force.size());
    if (!frame.has("energy")) continue;
    const double energy_error =
        (simulation.potential_energy() - frame.real_scalar("energy")) / (static_cast<double>(force.size()) / 3.0);
    sums[2] += energy_error * energy_error;
    sums[3] += 1.0;
  }
  context.comm.sum(std::span<double>(sums));
  LabelErrors errors;
  errors.frames = static_cast<std::int64_t>(count);
  errors.components = static_cast<std::int64_t>(sums[1]);
  errors.force_rmse = std::sqrt(sums[0] / std::max(1.0, sums[1]));
  errors.energy_rmse = std::sqrt(sums[2] / std::max(1.0, sums[3]));
  errors.truth = context.comm.all_gather(std::span<const double>(truth));
  errors.answer = context.comm.all_gather(std::span<const double>(answer));
  return errors;
}

}  // namespace

LabelErrors errors_on_labels(const Context& context, AtomisticStep& step, double cutoff,
                             const std::vector<FieldSet>& frames, std::size_t parity_points) {
  std::size_t components = 0;
  for (const auto& frame : frames) components += frame.real("force").size();
  return errors_on(context, step, cutoff, frames.size(), components, parity_points,
                   [&frames](std::size_t k) { return frames[k]; });
}

LabelErrors errors_on_labels(const Context& context, AtomisticStep& step, double cutoff,
                             const potential::FrameSource& frames, std::size_t parity_points) {
  std::size_t components = 0;
  for (std::int64_t k = 0; k < frames.size(); ++k) components += 3 * static_cast<std::size_t>(frames.facts(k).atoms);
  return errors_on(context, step, cutoff, static_cast<std::size_t>(frames.size()), components, parity_points,
                   [&frames](std::size_t k) { return write_label(*frames.label(static_cast<std::int64_t>(k))); });
}

std::map<std::string, double> as_metrics(const LabelErrors& errors, const std::string& name) {
  return {{name + "/force_rmse_eV_per_A", errors.force_rmse},
          {name + "/energy_rmse_meV_per_atom", 1000.0 * errors.energy_rmse}};
}

}  // namespace locum::apps
