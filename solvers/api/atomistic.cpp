#include "solvers/api/atomistic.hpp"

#include <algorithm>
#include <cmath>

namespace locum {
namespace {

// Rows of all ranks, put where their ids say.
template <class T>
std::vector<T> gather_rows(const Configuration& c, const std::vector<T>& mine, int width) {
  const auto id = host_copy(Kokkos::subview(c.id, std::pair<int, int>(0, c.n_local)));
  const std::vector<std::int64_t> ids = c.comm.all_gather(std::span<const std::int64_t>(id.data(), c.n_local));
  const std::vector<T> rows = c.comm.all_gather(std::span<const T>(mine));
  std::vector<T> ordered(rows.size());
  for (std::size_t k = 0; k < ids.size(); ++k)
    std::copy_n(rows.begin() + k * width, width, ordered.begin() + ids[k] * width);
  return ordered;
}

}  // namespace

Atomistic::Output Atomistic::make_output(const Input& input) {
  Output output;
  fit_output(input, output);
  return output;
}

void Atomistic::fit_output(const Input& input, Output& output) {
  const auto atoms = static_cast<std::size_t>(input.n_local + input.n_ghost);
  if (output.force.extent(0) < atoms) output.force = View<double* [3]>(uninitialized("force"), atoms + atoms / 8);
  if (output.atom_energy.extent(0) < static_cast<std::size_t>(input.n_local))
    output.atom_energy = View<double*>(uninitialized("atom_energy"), input.n_local + input.n_local / 8);
}

void Atomistic::copy_sample(const Input& input, const Output& from, Output& to, int) {
  fit_output(input, to);
  to.energy = from.energy;
  to.virial = from.virial;
  const std::pair<int, int> owned(0, input.n_local);
  Kokkos::deep_copy(Kokkos::subview(to.force, owned, Kokkos::ALL()), Kokkos::subview(from.force, owned, Kokkos::ALL()));
  Kokkos::deep_copy(Kokkos::subview(to.atom_energy, owned), Kokkos::subview(from.atom_energy, owned));
}

SampleError Atomistic::error(const Input& input, const Output& truth, const Output& answer, int) {
  double square = 0.0, largest = 0.0;
  const auto a = truth.force, b = answer.force;
  const auto distance_squared = KOKKOS_LAMBDA(int i) {
    double d2 = 0.0;
    for (int k = 0; k < 3; ++k) d2 += (a(i, k) - b(i, k)) * (a(i, k) - b(i, k));
    return d2;
  };
  Kokkos::parallel_reduce(
      "force_error", RangePolicy(0, input.n_local),
      KOKKOS_LAMBDA(int i, double& sum, double& most) {
        const double d2 = distance_squared(i);
        sum += d2;
        if (d2 > most) most = d2;
      },
      square, Kokkos::Max<double>(largest));
  SampleError error;
  error.mean_square = input.comm.sum(square) / (3.0 * static_cast<double>(input.n_global));
  error.largest = std::sqrt(input.comm.max(largest));
  if (std::isnan(error.mean_square)) error.largest = error.mean_square;  // comparisons pass over NaN
  return error;
}

FieldSet Atomistic::label(const Input& c, const Output& output, int) {
  FieldSet fields;
  const auto n = c.n_global;
  auto flat = [](const Mat3& m) { return std::vector<double>(&m.m[0][0], &m.m[0][0] + 9); };
  fields.add("cell", "Angstrom", {3, 3}, flat(c.cell.vectors()));
  fields.add("position", "Angstrom", {n, 3}, gather_by_id(c, c.position));
  fields.add("atomic_number", "1", {n}, gather_by_id(c, c.atomic_number));
  fields.add_scalar("energy", "eV", output.energy);
  fields.add("force", "eV/Angstrom", {n, 3}, gather_by_id(c, output.force));
  fields.add("virial", "eV", {3, 3}, flat(output.virial));
  fields.add_scalar("timestep", "1", c.timestep);
  return fields;
}

std::vector<double> gather_by_id(const Configuration& c, const View<double* [3]>& values) {
  const auto host = host_copy(values);  // whole: on a GPU the first rows of a column-major array do not lie together
  std::vector<double> mine(3 * c.n_local);
  for (int i = 0; i < c.n_local; ++i)
    for (int k = 0; k < 3; ++k) mine[3 * i + k] = host(i, k);
  return gather_rows(c, mine, 3);
}

std::vector<double> gather_by_id(const Configuration& c, const View<double*>& values) {
  const auto host = host_copy(Kokkos::subview(values, std::pair<int, int>(0, c.n_local)));
  return gather_rows(c, std::vector<double>(host.data(), host.data() + c.n_local), 1);
}

std::vector<std::int64_t> gather_by_id(const Configuration& c, const View<int*>& values) {
  const auto host = host_copy(Kokkos::subview(values, std::pair<int, int>(0, c.n_local)));
  return gather_rows(c, std::vector<std::int64_t>(host.data(), host.data() + c.n_local), 1);
}

}  // namespace locum
