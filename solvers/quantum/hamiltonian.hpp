// Kernels of tight binding: Hamiltonian, density matrix along the bonds, forces. Matrices have four rows an atom
// (s, px, py, pz), atoms in order of id. All run on the execution space.
//
// Bloch sums carry the phase of the whole bond, H_ij(k) = Σ_images h(r_ij) exp(i k·r_ij). Moving an atom then also
// turns phases, but that is a change of gauge, which leaves energies alone: forces come from h alone.
#pragma once

#include "kokkos_kernels/linalg/dense.hpp"
#include "solvers/quantum/bonds.hpp"
#include "solvers/quantum/models.hpp"

namespace locum::quantum {

using Complex = Kokkos::complex<double>;
// N numbers in a row for each bond or atom: a row can be handed on as a pointer, also on the GPU.
template <int N>
using RowsOf = Kokkos::View<double* [N], Kokkos::LayoutRight, MemorySpace>;

// Values and slopes of the four hopping channels and of φ along each bond.
struct BondFunctions {
  RowsOf<channel_count> value, slope;  // (bonds, 4): eV, eV/Å
  RowsOf<2> repulsion;                 // (bonds, 2): φ and its slope
  View<double*> length;                // (bonds), Å
};
BondFunctions evaluate_bonds(const ExecutionSpace& space, const ModelParameters& model, const BondTable& bonds);

// h: (4 atoms, 4 atoms), eV; overwritten, both triangles. phase: k·r of each bond.
void build_hamiltonian(const ExecutionSpace& space, const ModelParameters& model, const BondTable& bonds,
                       const BondFunctions& functions, const linalg::Matrix<double>& h);
void build_hamiltonian(const ExecutionSpace& space, const ModelParameters& model, const BondTable& bonds,
                       const BondFunctions& functions, const View<double*>& phase, const linalg::Matrix<Complex>& h);

// phase(b) = k·r_b for k = Σ fraction_d (reciprocal vector d).
View<double*> bond_phases(const ExecutionSpace& space, const BondTable& bonds, const Cell& cell, Vec3 fraction);

// What the levels of one k-point add: (bonds, 16) blocks Re[ρ_(ia,jb) exp(i k·r)] along the bonds and, for each atom,
// (atoms, 5) its four populations ρ_aa and its share of the entropy −T Σ_n s_n |c_n|², eV.
struct Density {
  RowsOf<16> bond;
  RowsOf<5> site;
};
Density make_density(const BondTable& bonds);
// (atoms, ≥ levels, 4): what one atom's orbitals hold of each level.
template <class T>
using AtomSlabs = Kokkos::View<T** [4], Kokkos::LayoutRight, MemorySpace>;
struct DensityScratch {
  AtomSlabs<double> real;
  AtomSlabs<Complex> complex;
};

// scratch: room that is kept between calls.
// occupation(n) = 2 w f_n, entropy(n) = −2 w T s_n for the `count` lowest levels, whose vectors are the rows of
// `vectors`, (≥ count, 4 atoms).
void add_density(const ExecutionSpace& space, const BondTable& bonds, const linalg::Matrix<double>& vectors,
                 const View<double*>& occupation, const View<double*>& entropy, int count, const Density& density,
                 DensityScratch& scratch);
void add_density(const ExecutionSpace& space, const BondTable& bonds, const View<double*>& phase,
                 const linalg::Matrix<Complex>& vectors, const View<double*>& occupation, const View<double*>& entropy,
                 int count, const Density& density, DensityScratch& scratch);

// For each atom: force (3, eV/Å), energy (eV), and its share of the virial (9, row-major, eV).
using AtomRows = RowsOf<13>;
AtomRows band_rows(const ExecutionSpace& space, const ModelParameters& model, const BondTable& bonds,
                   const BondFunctions& functions, const Density& density);
// Adds Σ_i F(Σ_j φ(r_ij)).
void add_repulsion(const ExecutionSpace& space, const ModelParameters& model, const BondTable& bonds,
                   const BondFunctions& functions, const AtomRows& rows);

}  // namespace locum::quantum
