#include "apps/solver.hpp"

#include <functional>

#include "kokkos_kernels/base/registry.hpp"

namespace locum::apps {
namespace {

using Factory = std::function<SolverStep(const Context&, const SolverConfig&)>;

// Every solver of the atomistic step.
Registry<Factory> solvers() {
  Registry<Factory> all("solver");
  all.add("tight_binding", [](const Context& context, const SolverConfig& config) {
    auto step = std::make_unique<quantum::TightBinding>(context, config.tight_binding);
    const double cutoff = step->cutoff();
    return SolverStep{std::move(step), cutoff};
  });
  return all;
}

}  // namespace

void SolverConfig::visit(ConfigVisitor& v) {
  v.value({"type", "", "the trusted physics that plays the step", {}, solvers().names()}, type);
  v.section({"tight_binding", "", "semi-empirical tight binding of silicon or carbon"}, tight_binding);
}

void SolverConfig::validate() const { tight_binding.validate(); }

SolverStep make_solver(const Context& context, const SolverConfig& config) {
  return solvers().at(config.type)(context, config);
}

}  // namespace locum::apps
