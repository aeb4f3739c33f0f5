#include "solvers/quantum/tight_binding.hpp"

#include <algorithm>

#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "solvers/quantum/electrons.hpp"

namespace locum::quantum {
namespace {

void require_known_elements(const Configuration& c, const TightBindingModel& model) {
  const auto number = host_copy(c.atomic_number);
  const auto id = host_copy(c.id);
  std::int64_t unknown = c.n_global;  // the smallest id, so that every rank says the same
  for (int i = 0; i < c.n_local; ++i)
    if (number(i) != model.atomic_number) unknown = std::min(unknown, id(i));
  unknown = c.comm.min(unknown);
  if (unknown == c.n_global) return;
  int element = 0;
  for (int i = 0; i < c.n_local; ++i)
    if (id(i) == unknown) element = number(i);
  element = c.comm.max(element);
  throw ConfigError("atom " + std::to_string(unknown) + " is " + element_symbol(element) + ", the model '" +
                        model.name + "' knows only " + element_symbol(model.atomic_number),
                    "quantum::TightBinding", "choose a model for this element, or change the structure");
}

std::array<int, 3> divisions(const TightBindingConfig& config) {
  return {static_cast<int>(config.k_points[0]), static_cast<int>(config.k_points[1]),
          static_cast<int>(config.k_points[2])};
}

Mesh mesh_of(const TightBindingConfig& config) {
  return config.k_mesh == "gamma-centred" ? Mesh::gamma_centred : Mesh::monkhorst_pack;
}

}  // namespace

void TightBindingConfig::visit(ConfigVisitor& v) {
  v.value({"model", "", "published parametrisation", {}, tight_binding_models().names()}, model);
  v.value({"k_points", "", "divisions of the reciprocal cell along each lattice vector", {1, 64}}, k_points);
  v.value({"k_mesh", "", "where the mesh lies", {}, {"monkhorst-pack", "gamma-centred"}}, k_mesh);
  v.value({"electronic_temperature", "K", "Fermi-Dirac occupation; 0 fills the lowest levels", {0.0, 1e5}},
          electronic_temperature);
  v.value({"threads", "", "threads of the eigenvalue solver; 0: the cores of all ranks on the node", {0, 1024}},
          threads);
}

void TightBindingConfig::validate() const {
  tight_binding_models().at(model);
  if (k_points.size() != 3 || std::any_of(k_points.begin(), k_points.end(), [](auto q) { return q < 1 || q > 64; }))
    throw ConfigError("k_points needs three numbers between 1 and 64", "tight binding: k_points");
  if (k_mesh != "monkhorst-pack" && k_mesh != "gamma-centred")
    throw ConfigError("k_mesh is '" + k_mesh + "'", "tight binding: k_mesh", "known: monkhorst-pack, gamma-centred");
  if (!(electronic_temperature >= 0.0 && electronic_temperature <= 1e5))
    throw ConfigError(
        "electronic_temperature is " + std::to_string(electronic_temperature) + " K, expected 0 … 100000 K",
        "tight binding: electronic_temperature");
  if (threads < 0) throw ConfigError("threads is " + std::to_string(threads), "tight binding: threads");
}

struct TightBinding::Solver {
  Context context;
  TightBindingModel model;
  Electrons electrons;
};

TightBinding::TightBinding(const Context& context, const TightBindingConfig& config) {
  config.validate();
  const TightBindingModel model = tight_binding_models().at(config.model)();
  const std::vector<KPoint> mesh = k_mesh(mesh_of(config), divisions(config));
  solver_.reset(new Solver{
      context, model,
      Electrons(context, model.parameters, mesh, units::boltzmann * config.electronic_temperature, config.threads)});
}
TightBinding::~TightBinding() = default;

std::string TightBinding::name() const { return "tight-binding " + solver_->model.name; }
double TightBinding::cutoff() const { return solver_->model.parameters.cutoff; }
int TightBinding::atomic_number() const { return solver_->model.atomic_number; }

void TightBinding::evaluate(const Configuration& input, std::span<const int> samples, AtomisticResult& output) {
  if (samples.empty()) return;
  require_known_elements(input, solver_->model);
  const BondTable bonds = gather_bonds(input, cutoff());
  const std::vector<double> rows = solver_->electrons.solve(input.comm, bonds, input.cell);

  output.energy = 0.0;
  output.virial = Mat3{};
  for (std::size_t i = 0; i < static_cast<std::size_t>(input.n_global); ++i) {
    const double* row = &rows[13 * i];
    output.energy += row[3];
    for (int a = 0; a < 3; ++a)
      for (int b = 0; b < 3; ++b) output.virial[a][b] += 0.5 * (row[4 + 3 * a + b] + row[4 + 3 * b + a]);
  }
  Atomistic::fit_output(input, output);
  const auto id = host_copy(input.id);
  const auto force = Kokkos::create_mirror_view(output.force);
  const auto energy = Kokkos::create_mirror_view(output.atom_energy);
  for (int i = 0; i < input.n_local; ++i) {
    const double* row = &rows[13 * static_cast<std::size_t>(id(i))];
    for (int k = 0; k < 3; ++k) force(i, k) = row[k];
    energy(i) = row[3];
  }
  Kokkos::deep_copy(output.force, force);
  Kokkos::deep_copy(output.atom_energy, energy);
}

}  // namespace locum::quantum
