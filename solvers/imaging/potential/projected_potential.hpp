// The specimen's electrostatic potential, atom by atom, projected slice by slice, exact in reciprocal space.
//
//   V_s(k) = C Σ_c Σ_j P_c(k) [S_c(z_{s+1} − z_j) − S_c(z_s − z_j)] exp(−2πi k·r_j),   v_s(r) = (1/lx ly) Σ_k V_s(k)
//   e^{2πi k·r},
//
// C = 47.878 V·Å² (Kirkland, Advanced Computing in Electron Microscopy, 2nd ed., equation 5.17), k of the
// grid, P_c and S_c from scattering_depth.hpp. exp(−2πi k·r) is a product of functions of kx and of ky:
// with cosines and sines of both in matrices, one real matrix product over the atoms gives all four quadrants of the
// plane at half the operations of a complex one over half the plane. Then one inverse transform a slice. Atoms that a
// component does not reach are left out of its product.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kokkos_kernels/base/config.hpp"
#include "kokkos_kernels/base/context.hpp"
#include "solvers/api/specimen.hpp"
#include "solvers/imaging/grid.hpp"

namespace locum::imaging {

// Shape (slices, nx, ny), y fastest.
template <class T>
using Slices = Kokkos::View<T***, Kokkos::LayoutRight, MemorySpace>;

struct PotentialConfig {
  std::string parametrization = "lobato";  // of scattering factors: lobato or kirkland
  std::string projection = "finite";       // each atom over the slices it reaches, or "infinite": all in its centre's
  double tolerance = 5e-4;                 // root mean square error of the finite projection, relative to the atom's

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// The atomic numbers of the specimen, ascending, each once.
std::vector<int> species_of(const Specimen& specimen);

template <class T>
class ProjectedPotential {
 public:
  // slice_edges: ascending, Å (slices.hpp). species: the atomic numbers that specimens may hold. Throws ConfigError for
  // an element without coefficients, edges that do not ascend and a grid without points.
  ProjectedPotential(const Context& context, const Grid& grid, const std::vector<double>& slice_edges,
                     const PotentialConfig& config, const std::vector<int>& species);
  ~ProjectedPotential();
  ProjectedPotential(ProjectedPotential&&) noexcept;
  ProjectedPotential& operator=(ProjectedPotential&&) noexcept;

  // Slices first … first + count − 1 of the specimen into `out`, V·Å: (≥ count, nx, ny). What atoms have above the
  // first edge counts to the first slice, what they have below the last edge to the last, so that all slices together
  // are the infinite projection. A slice's numbers do not depend on which others are asked for. Throws ConfigError
  // where the specimen's cell is not the grid's, an element is not among the species, or a position is not finite.
  void evaluate(const Specimen& specimen, int first, int count, const Slices<T>& out);

  int slices() const;
  // The largest error of the finite projection among the species, as PotentialConfig::tolerance; 0 for infinite.
  double error() const;
  // Farthest depth, Å, over which an atom is spread; 0 for infinite.
  double reach() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct PotentialCost {
  double operations = 0.0;  // additions and multiplications for all slices of one configuration
  double bytes = 0.0;       // memory held while evaluating, without the slices themselves
};

// What ProjectedPotential<T> will do and hold, before it is made; bytes_of_number: sizeof(T).
PotentialCost potential_cost(const Grid& grid, const std::vector<double>& slice_edges, const PotentialConfig& config,
                             const Specimen& specimen, int bytes_of_number);

}  // namespace locum::imaging
