#include "solvers/quantum/electrons.hpp"

#include <algorithm>
#include <optional>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/linalg/eigen.hpp"
#include "solvers/quantum/hamiltonian.hpp"
#include "solvers/quantum/occupation.hpp"

namespace locum::quantum {
namespace {

using linalg::Matrix;

// Levels with less than this many electrons are left out: below the rounding of the sums they would enter.
constexpr double empty = 1e-15;
constexpr double electrons_per_atom = 4.0;

template <class M>
void fit(M& matrix, const char* label, int rows, int columns) {
  if (static_cast<int>(matrix.extent(0)) != rows || static_cast<int>(matrix.extent(1)) != columns)
    matrix = M(uninitialized(label), rows, columns);
}

View<double*> to_device(const char* label, const std::vector<double>& values) {
  const View<double*> view(uninitialized(label), values.size());
  const auto host = Kokkos::create_mirror_view(view);
  std::copy(values.begin(), values.end(), host.data());
  Kokkos::deep_copy(view, host);
  return view;
}

std::vector<double> to_vector(const AtomRows& rows) {
  const auto host = host_copy(rows);
  return std::vector<double>(host.data(), host.data() + host.size());
}

// What the levels of one k-point, from `first` on in the list of all levels, bring to the density.
struct Shares {
  View<double*> occupation, entropy;  // 2 w f, −2 w T s
  int count = 0;                      // of levels, from below, that hold electrons
};

Shares shares_of(const Occupation& o, std::size_t first, int levels, double weight) {
  Shares shares;
  while (shares.count < levels && o.filling[first + shares.count] > empty) ++shares.count;
  std::vector<double> occupation(shares.count), entropy(shares.count);
  for (int n = 0; n < shares.count; ++n) {
    occupation[n] = 2.0 * weight * o.filling[first + n];
    // Fully occupied levels have none; what is left of rounding is not worth a sum over the atoms.
    const double energy = weight * o.entropy_energy[first + n];
    entropy[n] = energy < -empty ? energy : 0.0;
  }
  shares.occupation = to_device("occupation", occupation);
  shares.entropy = to_device("entropy", entropy);
  return shares;
}

}  // namespace

struct Electrons::Workspace {
  linalg::EigenSolver eigen;
  Matrix<double> h, vectors;
  Matrix<Complex> bloch_h;
  View<double*> values;
  DensityScratch scratch;
  // Of this rank's k-points, between the two halves of a mesh calculation:
  BondFunctions functions;
  std::vector<Matrix<Complex>> bloch_vectors;
  std::vector<View<double*>> phases;
  std::vector<double> energies;
};

Electrons::Electrons(const Context& context, const ModelParameters& model, std::vector<KPoint> mesh,
                     double thermal_energy, int threads)
    : space_(context.space),
      model_(model),
      mesh_(std::move(mesh)),
      thermal_energy_(thermal_energy),
      loan_(context.comm, static_cast<int>(mesh_.size()), threads),
      work_(std::make_unique<Workspace>()) {}
Electrons::~Electrons() = default;
Electrons::Electrons(Electrons&&) noexcept = default;

// The only k-point is Γ: real arithmetic, and the number of vectors follows from the values.
std::vector<double> Electrons::gamma(const BondTable& bonds) {
  Workspace& w = *work_;
  const int n = 4 * bonds.atoms;
  const CoreLoan::Use cores(loan_, n);
  fit(w.h, "hamiltonian", n, n);
  fit(w.vectors, "levels_vectors", n, n);
  if (static_cast<int>(w.values.extent(0)) != n) w.values = View<double*>(uninitialized("levels"), n);
  const BondFunctions functions = evaluate_bonds(space_, model_, bonds);
  build_hamiltonian(space_, model_, bonds, functions, w.h);
  Shares shares;
  w.eigen.symmetric(space_, w.h, w.values, w.vectors, [&](const View<double*>& values) {
    const auto host = host_copy(values);
    const std::vector<double> energies(host.data(), host.data() + n), weights(n, 1.0);
    shares = shares_of(occupy(energies, weights, electrons_per_atom * bonds.atoms, thermal_energy_), 0, n, 1.0);
    return shares.count;
  });
  const Density density = make_density(bonds);
  add_density(space_, bonds, w.vectors, shares.occupation, shares.entropy, shares.count, density, w.scratch);
  const AtomRows rows = band_rows(space_, model_, bonds, functions, density);
  add_repulsion(space_, model_, bonds, functions, rows);
  return to_vector(rows);
}

void Electrons::solve_levels(const BondTable& bonds, const Cell& cell, const std::vector<int>& mine) {
  Workspace& w = *work_;
  const int n = 4 * bonds.atoms;
  const CoreLoan::Use cores(loan_, n);
  fit(w.bloch_h, "bloch_hamiltonian", n, n);
  if (static_cast<int>(w.values.extent(0)) != n) w.values = View<double*>(uninitialized("levels"), n);
  w.functions = evaluate_bonds(space_, model_, bonds);
  w.bloch_vectors.resize(mine.size());
  w.phases.resize(mine.size());
  w.energies.clear();
  for (std::size_t k = 0; k < mine.size(); ++k) {
    fit(w.bloch_vectors[k], "bloch_vectors", n, n);
    w.phases[k] = bond_phases(space_, bonds, cell, mesh_[mine[k]].fraction);
    build_hamiltonian(space_, model_, bonds, w.functions, w.phases[k], w.bloch_h);
    // The chemical potential is not known before all k-points are solved: all vectors.
    w.eigen.hermitian(space_, w.bloch_h, w.values, w.bloch_vectors[k], n);
    const auto host = host_copy(w.values);
    w.energies.insert(w.energies.end(), host.data(), host.data() + n);
  }
}

std::vector<double> Electrons::sum_levels(const Communicator& comm, const BondTable& bonds,
                                          const std::vector<int>& mine) {
  Workspace& w = *work_;
  const int n = 4 * bonds.atoms;
  // Levels lie rank by rank, as the ranks' k-points do.
  const std::vector<double> energies = comm.all_gather(std::span<const double>(w.energies));
  std::vector<double> weights;
  std::size_t first = 0;
  for (int rank = 0; rank < comm.size(); ++rank) {
    if (rank == comm.rank()) first = weights.size();
    for (std::size_t k = rank; k < mesh_.size(); k += comm.size()) weights.insert(weights.end(), n, mesh_[k].weight);
  }
  const Occupation occupation = occupy(energies, weights, electrons_per_atom * bonds.atoms, thermal_energy_);
  const Density density = make_density(bonds);
  for (std::size_t k = 0; k < mine.size(); ++k) {
    const Shares shares = shares_of(occupation, first + k * n, n, mesh_[mine[k]].weight);
    add_density(space_, bonds, w.phases[k], w.bloch_vectors[k], shares.occupation, shares.entropy, shares.count,
                density, w.scratch);
  }
  const AtomRows rows = band_rows(space_, model_, bonds, w.functions, density);
  if (comm.is_root()) add_repulsion(space_, model_, bonds, w.functions, rows);
  std::vector<double> sum = to_vector(rows);
  comm.sum(std::span<double>(sum));
  return sum;
}

std::vector<double> Electrons::solve(const Communicator& comm, const BondTable& bonds, const Cell& cell) {
  if (bonds.atoms == 0) return {};
  const bool gamma_only = mesh_.size() == 1 && mesh_.front().is_gamma();
  std::vector<int> mine;
  for (std::size_t k = comm.rank(); k < mesh_.size(); k += comm.size()) mine.push_back(static_cast<int>(k));
  std::vector<double> rows(static_cast<std::size_t>(13) * bonds.atoms, 0.0);
  std::optional<NumericalError> failure;
  try {
    if (!gamma_only)
      solve_levels(bonds, cell, mine);
    else if (comm.is_root())
      rows = gamma(bonds);
  } catch (const NumericalError& error) {
    failure = error;  // the others wait below: they must hear of it
  }
  comm.quiet_barrier();
  if (comm.any(failure.has_value()))
    throw failure ? *failure : NumericalError("another rank's eigenproblem failed", "quantum::Electrons");
  if (!gamma_only) return sum_levels(comm, bonds, mine);
  comm.broadcast(std::span<double>(rows));
  return rows;
}

}  // namespace locum::quantum
