// Checkpoints of a simulation: what is written, and the way back.
#include <string>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/md/simulation.hpp"

namespace locum::md {
namespace {

std::vector<double> flat(const Mat3& m) { return {&m.m[0][0], &m.m[0][0] + 9}; }

Mat3 matrix(const FieldSet& fields, const std::string& name) {
  const auto& v = fields.real(name);
  if (v.size() != 9)
    throw ConfigError("field '" + name + "' holds " + std::to_string(v.size()) + " numbers, 9 were expected");
  return Mat3{{{v[0], v[1], v[2]}, {v[3], v[4], v[5]}, {v[6], v[7], v[8]}}};
}

template <class T>
const std::vector<T>& column(const std::vector<T>& values, std::size_t rows, std::size_t width, const char* name) {
  if (values.size() == rows * width) return values;
  throw ConfigError("field '" + std::string(name) + "' holds " + std::to_string(values.size()) + " numbers, " +
                    std::to_string(rows * width) + " were expected for " + std::to_string(rows) + " atoms");
}

HostAtoms atoms_of(const FieldSet& local) {
  HostAtoms atoms;
  atoms.id = local.integer("id");
  const std::size_t n = atoms.size();
  atoms.atomic_number = column(local.integer("atomic_number"), n, 1, "atomic_number");
  atoms.image = column(local.integer("image"), n, 3, "image");
  atoms.position = column(local.real("position"), n, 3, "position");
  atoms.velocity = column(local.real("velocity"), n, 3, "velocity");
  atoms.force = column(local.real("force"), n, 3, "force");
  atoms.atom_energy = column(local.real("atom_energy"), n, 1, "atom_energy");
  return atoms;
}

}  // namespace

FieldSet Simulation::shared_state() const {
  FieldSet fields;
  fields.add("cell", "Angstrom", {3, 3}, flat(cell().vectors()));
  fields.add_scalar("atoms", "1", configuration().n_global);
  fields.add_scalar("ranks", "1", std::int64_t{context_.comm.size()});
  fields.add_scalar("timestep", "1", timestep());
  fields.add_scalar("time", "fs", time_);
  fields.add_scalar("heat", "eV", heat_);
  fields.add_scalar("energy", "eV", result().energy);
  fields.add("virial", "eV", {3, 3}, flat(result().virial));
  fields.add("kinetic", "eV", {3, 3}, flat(kinetic_));
  fields.add_scalar("rebuilds", "1", rebuilds());
  return fields;
}

FieldSet Simulation::local_state() const {
  const HostAtoms atoms = domain_.host_atoms();
  const auto n = static_cast<std::int64_t>(atoms.size());
  FieldSet fields;
  fields.add("id", "1", {n}, atoms.id);
  fields.add("atomic_number", "1", {n}, atoms.atomic_number);
  fields.add("image", "1", {n, 3}, atoms.image);
  fields.add("position", "Angstrom", {n, 3}, atoms.position);
  fields.add("velocity", "Angstrom/fs", {n, 3}, atoms.velocity);
  fields.add("force", "eV/Angstrom", {n, 3}, atoms.force);
  fields.add("atom_energy", "eV", {n}, atoms.atom_energy);
  fields.add("built_position", "Angstrom", {n, 3}, domain_.built_position());
  return fields;
}

void Simulation::restore(const FieldSet& shared, const FieldSet& local) {
  const Mat3 h = matrix(shared, "cell");
  if (flat(h) != flat(cell().vectors()) || shared.integer_scalar("atoms") != configuration().n_global)
    throw ConfigError("the checkpoint holds " + std::to_string(shared.integer_scalar("atoms")) +
                          " atoms or a cell other than the structure's " + std::to_string(configuration().n_global),
                      "restart", "restart with the input that the checkpoint was written with");
  domain_.configuration().timestep = shared.integer_scalar("timestep");
  time_ = shared.real_scalar("time");
  heat_ = shared.real_scalar("heat");
  kinetic_ = matrix(shared, "kinetic");

  const HostAtoms atoms = atoms_of(local);
  const auto& built = column(local.real("built_position"), atoms.size(), 3, "built_position");
  const bool as_before = shared.integer_scalar("ranks") == context_.comm.size() && domain_.all_at_home(built);
  if (as_before)
    domain_.reinstate(atoms, built);
  else
    domain_.distribute(atoms);
  domain_.set_rebuilds(shared.integer_scalar("rebuilds"));
  domain_.result().energy = shared.real_scalar("energy");
  domain_.result().virial = matrix(shared, "virial");
  initialized_ = true;
}

}  // namespace locum::md
