#include "solvers/quantum/hamiltonian.hpp"

#include "kokkos_kernels/base/units.hpp"
#include "solvers/quantum/slater_koster.hpp"

namespace locum::quantum {
namespace {

KOKKOS_INLINE_FUNCTION Vec3 direction(const View<double* [3]>& vector, const View<double*>& length, int b) {
  return (1.0 / length(b)) * Vec3{vector(b, 0), vector(b, 1), vector(b, 2)};
}

}  // namespace

BondFunctions evaluate_bonds(const ExecutionSpace& space, const ModelParameters& model, const BondTable& bonds) {
  const BondFunctions f{RowsOf<channel_count>(uninitialized("hopping_value"), bonds.bonds),
                        RowsOf<channel_count>(uninitialized("hopping_slope"), bonds.bonds),
                        RowsOf<2>(uninitialized("repulsion"), bonds.bonds),
                        View<double*>(uninitialized("bond_length"), bonds.bonds)};
  const auto vector = bonds.vector;
  Kokkos::parallel_for(
      "tight_binding_bond_functions", RangePolicy(space, 0, bonds.bonds), KOKKOS_LAMBDA(int b) {
        const double r = norm(Vec3{vector(b, 0), vector(b, 1), vector(b, 2)}), log_r = std::log(r);
        f.length(b) = r;
        ValueAndSlope shape[channel_count];
        for (int k = 0; k < model.shapes; ++k) shape[k] = model.shape[k](r, log_r);
        for (int c = 0; c < channel_count; ++c) {
          f.value(b, c) = model.hopping[c] * shape[model.shape_of[c]].value;
          f.slope(b, c) = model.hopping[c] * shape[model.shape_of[c]].slope;
        }
        const ValueAndSlope phi = model.repulsion_shape(r, log_r);
        f.repulsion(b, 0) = model.repulsion * phi.value;
        f.repulsion(b, 1) = model.repulsion * phi.slope;
      });
  return f;
}

void build_hamiltonian(const ExecutionSpace& space, const ModelParameters& model, const BondTable& bonds,
                       const BondFunctions& f, const linalg::Matrix<double>& h) {
  Kokkos::deep_copy(space, h, 0.0);
  const auto offset = bonds.offset;
  const auto to = bonds.to;
  const auto vector = bonds.vector;
  Kokkos::parallel_for(
      "tight_binding_hamiltonian", RangePolicy(space, 0, bonds.atoms), KOKKOS_LAMBDA(int i) {
        for (int a = 0; a < 4; ++a) h(4 * i + a, 4 * i + a) = a == 0 ? model.energy_s : model.energy_p;
        for (int b = offset(i); b < offset(i + 1); ++b) {
          double block[16];
          slater_koster_block(&f.value(b, 0), direction(vector, f.length, b), block);
          for (int k = 0; k < 16; ++k) h(4 * i + k / 4, 4 * to(b) + k % 4) += block[k];
        }
      });
}

void build_hamiltonian(const ExecutionSpace& space, const ModelParameters& model, const BondTable& bonds,
                       const BondFunctions& f, const View<double*>& phase, const linalg::Matrix<Complex>& h) {
  Kokkos::deep_copy(space, h, Complex(0.0));
  const auto offset = bonds.offset;
  const auto to = bonds.to;
  const auto vector = bonds.vector;
  Kokkos::parallel_for(
      "tight_binding_bloch_hamiltonian", RangePolicy(space, 0, bonds.atoms), KOKKOS_LAMBDA(int i) {
        for (int a = 0; a < 4; ++a) h(4 * i + a, 4 * i + a) = a == 0 ? model.energy_s : model.energy_p;
        for (int b = offset(i); b < offset(i + 1); ++b) {
          double block[16];
          slater_koster_block(&f.value(b, 0), direction(vector, f.length, b), block);
          const Complex turn(std::cos(phase(b)), std::sin(phase(b)));
          for (int k = 0; k < 16; ++k) h(4 * i + k / 4, 4 * to(b) + k % 4) += block[k] * turn;
        }
      });
}

View<double*> bond_phases(const ExecutionSpace& space, const BondTable& bonds, const Cell& cell, Vec3 fraction) {
  const View<double*> phase(uninitialized("bond_phase"), bonds.bonds);
  const auto vector = bonds.vector;
  Kokkos::parallel_for(
      "tight_binding_phases", RangePolicy(space, 0, bonds.bonds), KOKKOS_LAMBDA(int b) {
        const Vec3 r{vector(b, 0), vector(b, 1), vector(b, 2)};
        phase(b) = 2.0 * units::pi * dot(fraction, cell.to_fractional(r));
      });
  return phase;
}

AtomRows band_rows(const ExecutionSpace& space, const ModelParameters& model, const BondTable& bonds,
                   const BondFunctions& f, const Density& density) {
  const AtomRows rows("atom_rows", bonds.atoms);
  const auto offset = bonds.offset;
  const auto vector = bonds.vector;
  Kokkos::parallel_for(
      "tight_binding_band_forces", RangePolicy(space, 0, bonds.atoms), KOKKOS_LAMBDA(int i) {
        double energy = density.site(i, 0) * model.energy_s + density.site(i, 4);
        for (int a = 1; a < 4; ++a) energy += density.site(i, a) * model.energy_p;
        for (int b = offset(i); b < offset(i + 1); ++b) {
          const Vec3 l = direction(vector, f.length, b);
          const BondEnergy e =
              slater_koster_energy(&f.value(b, 0), &f.slope(b, 0), l, f.length(b), &density.bond(b, 0));
          energy += e.energy;
          // The bond as listed from its other end has the same energy: the force counts both, the virial sums over
          // both on its own.
          for (int k = 0; k < 3; ++k) {
            rows(i, k) += 2.0 * e.gradient[k];
            for (int m = 0; m < 3; ++m) rows(i, 4 + 3 * k + m) -= e.gradient[k] * l[m] * f.length(b);
          }
        }
        rows(i, 3) = energy;
      });
  return rows;
}

void add_repulsion(const ExecutionSpace& space, const ModelParameters& model, const BondTable& bonds,
                   const BondFunctions& f, const AtomRows& rows) {
  const RowsOf<2> embedded(uninitialized("embedded"), bonds.atoms);  // F(x_i), F'(x_i)
  const auto offset = bonds.offset;
  const auto to = bonds.to;
  const auto vector = bonds.vector;
  Kokkos::parallel_for(
      "tight_binding_embedding", RangePolicy(space, 0, bonds.atoms), KOKKOS_LAMBDA(int i) {
        double x = 0.0;
        for (int b = offset(i); b < offset(i + 1); ++b) x += f.repulsion(b, 0);
        const ValueAndSlope value = model.embed(x);
        embedded(i, 0) = value.value;
        embedded(i, 1) = value.slope;
      });
  Kokkos::parallel_for(
      "tight_binding_repulsion", RangePolicy(space, 0, bonds.atoms), KOKKOS_LAMBDA(int i) {
        rows(i, 3) += embedded(i, 0);
        for (int b = offset(i); b < offset(i + 1); ++b) {
          const Vec3 l = direction(vector, f.length, b);
          const double pull = (embedded(i, 1) + embedded(to(b), 1)) * f.repulsion(b, 1);
          const double own = embedded(i, 1) * f.repulsion(b, 1) * f.length(b);
          for (int k = 0; k < 3; ++k) {
            rows(i, k) += pull * l[k];
            for (int m = 0; m < 3; ++m) rows(i, 4 + 3 * k + m) -= own * l[k] * l[m];
          }
        }
      });
}

}  // namespace locum::quantum
