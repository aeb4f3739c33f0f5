#include "apps/compress/comparison.hpp"

#include <fmt/format.h>

#include "apps/label_errors.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "surrogates/potential/inference/inference_cost.hpp"
#include "surrogates/potential/inference/potential_step.hpp"

namespace locum::apps {

void compare_models(const TrainingRun& run, const std::string& large_name,
                    const std::shared_ptr<potential::NeuralPotential>& large, const std::string& small_name,
                    const std::shared_ptr<potential::NeuralPotential>& small) {
  const double cutoff = large->config().cutoff;
  const auto held_out = held_out_frames(run, run.config.training);
  const double neighbors = potential::neighbors_per_atom(held_out, cutoff);
  const auto label = potential::read_label(held_out[0], 0);
  double operations[2], microseconds[2];
  const std::shared_ptr<potential::NeuralPotential> models[] = {large, small};
  const std::string names[] = {large_name, small_name};
  for (int m = 0; m < 2; ++m) {
    operations[m] = 1e-3 * potential::operations_per_atom(*models[m], neighbors);
    microseconds[m] = potential::microseconds_per_atom(models[m], label);
  }
  for (int m = 0; m < 2; ++m)  // in turns: what else runs on the machine changes
    microseconds[m] =
        run.context.comm.min(std::min(microseconds[m], potential::microseconds_per_atom(models[m], label)));
  for (int m = 0; m < 2; ++m) {
    potential::PotentialStep step(models[m]);
    std::string text =
        fmt::format("{:<8} {} invariants, {} components, {} × {} neurons:", names[m], models[m]->invariants().count,
                    models[m]->config().components, models[m]->config().members, models[m]->config().hidden);
    double mean = 0.0;  // over held-out frames
    for (const FieldSet& frame : held_out)
      mean += errors_on_labels(run.context, step, cutoff, {frame}, 0).force_rmse / static_cast<double>(held_out.size());
    text += fmt::format(" held-out frames {:.4g} eV/Å in the mean;", mean);
    const auto judge = [&](const char* set, const potential::FrameSource& frames) {
      if (frames.size() == 0) return;
      const LabelErrors e = errors_on_labels(run.context, step, cutoff, frames, 0);
      text += fmt::format(" {} RMSE {:.4g} eV/Å, {:.2f} meV/atom;", set, e.force_rmse, 1000.0 * e.energy_rmse);
    };
    judge("held-out", potential::FramesInMemory(held_out));
    judge("test", *run.sources.test);
    log::info(text + fmt::format(" {:.1f} thousand operations, {:.2f} µs an atom", operations[m], microseconds[m]));
  }
  log::info(fmt::format("{} is {:.2f} times faster by operations, {:.2f} times measured", small_name,
                        operations[0] / operations[1], microseconds[0] / microseconds[1]));
}

}  // namespace locum::apps
