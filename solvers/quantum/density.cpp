// Density matrix along the bonds: declared in hamiltonian.hpp.
//
// Only blocks between neighbours are needed, some 17 of the 4·atoms in a row: the occupied vectors are laid out atom by
// atom, scaled by √o_n, and each bond is a product of two slabs that stay in the cache. At least 8·4·atoms·count bytes
// are read and written once.
#include "solvers/quantum/hamiltonian.hpp"

namespace locum::quantum {
namespace {

using linalg::Matrix;

KOKKOS_INLINE_FUNCTION double square(double x) { return x * x; }
KOKKOS_INLINE_FUNCTION double square(Complex x) { return x.real() * x.real() + x.imag() * x.imag(); }

// slab(i, n, a) = √o_n c_n(4 i + a). Levels are the slow direction of `vectors`: tiles of them keep both sides' lines.
template <class T>
const AtomSlabs<T>& lay_out(const ExecutionSpace& space, const Matrix<T>& vectors, const View<double*>& occupation,
                            int atoms, int count, AtomSlabs<T>& slabs) {
  if (static_cast<int>(slabs.extent(0)) != atoms || static_cast<int>(slabs.extent(1)) < count)
    slabs = AtomSlabs<T>(uninitialized("vector_slabs"), atoms, count + count / 16);
  const AtomSlabs<T> slab = slabs;
  const View<double*> scale(uninitialized("vector_scale"), count);
  Kokkos::parallel_for(
      "tight_binding_vector_scale", RangePolicy(space, 0, count),
      KOKKOS_LAMBDA(int n) { scale(n) = std::sqrt(occupation(n)); });
  Kokkos::parallel_for(
      "tight_binding_vector_slabs",
      Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<2, Kokkos::Iterate::Right, Kokkos::Iterate::Right>,
                            Kokkos::IndexType<int>>(space, {0, 0}, {count, atoms}, {16, 16}),
      KOKKOS_LAMBDA(int n, int i) {
        for (int a = 0; a < 4; ++a) slab(i, n, a) = scale(n) * vectors(n, 4 * i + a);
      });
  return slabs;
}

template <class T>
void add_sites(const ExecutionSpace& space, const BondTable& bonds, const AtomSlabs<T>& slab,
               const View<double*>& occupation, const View<double*>& entropy, int count, const Density& density) {
  const auto site = density.site;
  Kokkos::parallel_for(
      "tight_binding_sites", RangePolicy(space, 0, bonds.atoms), KOKKOS_LAMBDA(int i) {
        double sum[5] = {0, 0, 0, 0, 0};
        for (int n = 0; n < count; ++n) {
          double all = 0.0;
          for (int a = 0; a < 4; ++a) {
            const double population = square(slab(i, n, a));
            sum[a] += population;
            all += population;
          }
          if (entropy(n) != 0.0) sum[4] += entropy(n) / occupation(n) * all;
        }
        for (int k = 0; k < 5; ++k) site(i, k) += sum[k];
      });
}

}  // namespace

Density make_density(const BondTable& bonds) {
  return {RowsOf<16>("bond_density", bonds.bonds), RowsOf<5>("site_density", bonds.atoms)};
}

void add_density(const ExecutionSpace& space, const BondTable& bonds, const Matrix<double>& vectors,
                 const View<double*>& occupation, const View<double*>& entropy, int count, const Density& density,
                 DensityScratch& scratch) {
  const auto slab = lay_out(space, vectors, occupation, bonds.atoms, count, scratch.real);
  add_sites(space, bonds, slab, occupation, entropy, count, density);
  const auto from = bonds.from, to = bonds.to;
  const auto bond = density.bond;
  Kokkos::parallel_for(
      "tight_binding_bond_density", RangePolicy(space, 0, bonds.bonds), KOKKOS_LAMBDA(int b) {
        const double* p = &slab(from(b), 0, 0);
        const double* q = &slab(to(b), 0, 0);
        double sum[16] = {};
        for (int n = 0; n < count; ++n, p += 4, q += 4)
          for (int a = 0; a < 4; ++a)
            for (int c = 0; c < 4; ++c) sum[4 * a + c] += p[a] * q[c];
        for (int k = 0; k < 16; ++k) bond(b, k) += sum[k];
      });
}

void add_density(const ExecutionSpace& space, const BondTable& bonds, const View<double*>& phase,
                 const Matrix<Complex>& vectors, const View<double*>& occupation, const View<double*>& entropy,
                 int count, const Density& density, DensityScratch& scratch) {
  const auto slab = lay_out(space, vectors, occupation, bonds.atoms, count, scratch.complex);
  add_sites(space, bonds, slab, occupation, entropy, count, density);
  const auto from = bonds.from, to = bonds.to;
  const auto bond = density.bond;
  Kokkos::parallel_for(
      "tight_binding_bloch_bond_density", RangePolicy(space, 0, bonds.bonds), KOKKOS_LAMBDA(int b) {
        const Complex* p = &slab(from(b), 0, 0);
        const Complex* q = &slab(to(b), 0, 0);
        const double cosine = std::cos(phase(b)), sine = std::sin(phase(b));
        double sum[16] = {};
        for (int n = 0; n < count; ++n, p += 4, q += 4)
          for (int a = 0; a < 4; ++a) {
            // Re[conj(p) q exp(i φ)] = Re[conj(p exp(−i φ)) q]
            const double x = p[a].real() * cosine + p[a].imag() * sine, y = p[a].imag() * cosine - p[a].real() * sine;
            for (int c = 0; c < 4; ++c) sum[4 * a + c] += x * q[c].real() + y * q[c].imag();
          }
        for (int k = 0; k < 16; ++k) bond(b, k) += sum[k];
      });
}

}  // namespace locum::quantum
