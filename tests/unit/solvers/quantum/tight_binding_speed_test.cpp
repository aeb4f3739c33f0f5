// A step of 216 atoms costs little more than its eigenproblem: side by side with a bare LAPACK dsyevd of the same
// matrix, in turns, so that a busy machine slows both.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "kokkos_kernels/base/timer.hpp"
#include "solvers/quantum/hamiltonian.hpp"
#include "tests/physics/tight_binding_crystals.hpp"

extern "C" void dsyevd_(const char* jobz, const char* uplo, const int* n, double* a, const int* lda, double* w,
                        double* work, const int* lwork, int* iwork, const int* liwork, int* info);

namespace locum::quantum {
namespace {

using namespace locum::testing;

double median(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

struct BareLapack {
  std::vector<double> matrix, values, work;
  std::vector<int> integers;

  explicit BareLapack(int n) : matrix(n * n), values(n), work(1 + 6 * n + 2 * n * n), integers(3 + 5 * n) {}
  double solve(const linalg::Matrix<double>& h) {
    const int n = static_cast<int>(values.size()), length = static_cast<int>(work.size());
    const int integer_length = static_cast<int>(integers.size());
    const auto host = host_copy(h);
    std::copy_n(host.data(), matrix.size(), matrix.begin());
    int info = 0;
    const Stopwatch watch;
    dsyevd_("V", "L", &n, matrix.data(), &n, values.data(), work.data(), &length, integers.data(), &integer_length,
            &info);
    return watch.seconds();
  }
};

TEST(TightBindingSpeed, AStepOf216AtomsTakesAtMostOneAndAHalfBareEigenproblems) {
  const Context context;
  TightBinding step(context, TightBindingConfig{});
  const Configuration c = make_configuration(context.comm, displaced(cubic_diamond(14, 5.43, 3), 0.15), step.cutoff());
  const ModelParameters model = kwon_1994_silicon().parameters;
  const BondTable bonds = gather_bonds(c, step.cutoff());
  const linalg::Matrix<double> h("h", 4 * bonds.atoms, 4 * bonds.atoms);
  build_hamiltonian(context.space, model, bonds, evaluate_bonds(context.space, model, bonds), h);

  AtomisticResult result = Atomistic::make_output(c);
  BareLapack lapack(4 * bonds.atoms);
  const int first = 0;
  std::vector<double> ours, bare;
  for (int turn = 0; turn < 10; ++turn) {
    const Stopwatch watch;
    step.evaluate(c, std::span<const int>(&first, 1), result);
    const double seconds = watch.seconds();
    const double reference = lapack.solve(h);
    if (turn == 0) continue;  // allocations
    ours.push_back(seconds);
    bare.push_back(reference);
  }
  // The answer is checked before its time: the eigenvalues give the band energy, and so the total.
  ASSERT_TRUE(std::isfinite(result.energy));
  double band = 0.0;
  for (int k = 0; k < 2 * bonds.atoms; ++k) band += 2.0 * lapack.values[k];
  double embedded = 0.0;
  const auto offset = host_copy(bonds.offset);
  const auto repulsion = host_copy(evaluate_bonds(context.space, model, bonds).repulsion);
  for (int i = 0; i < bonds.atoms; ++i) {
    double x = 0.0;
    for (int b = offset(i); b < offset(i + 1); ++b) x += repulsion(b, 0);
    embedded += model.embed(x).value;
  }
  EXPECT_NEAR(result.energy, band + embedded, 0.05);  // electrons at 300 K against filled levels: a few kT
  std::printf("step %.1f ms, dsyevd %.1f ms, ratio %.2f\n", 1e3 * median(ours), 1e3 * median(bare),
              median(ours) / median(bare));
  if (device_is_host) {
    EXPECT_LE(median(ours), 1.5 * median(bare));
  }
}

}  // namespace
}  // namespace locum::quantum
