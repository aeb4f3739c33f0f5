#include "solvers/quantum/tight_binding.hpp"

#include <gtest/gtest.h>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "solvers/quantum/models.hpp"
#include "solvers/quantum/slater_koster.hpp"
#include "tests/physics/tight_binding_crystals.hpp"

extern "C" void dsyevd_(const char* jobz, const char* uplo, const int* n, double* a, const int* lda, double* w,
                        double* work, const int* lwork, int* iwork, const int* liwork, int* info);

namespace locum::quantum {
namespace {

using testing::Atoms;
using testing::cubic_diamond;
using testing::displaced;
using testing::evaluate;
using testing::make_configuration;
using testing::primitive_diamond;

TightBindingConfig silicon(std::vector<std::int64_t> k = {1, 1, 1}, double temperature = 2000.0) {
  TightBindingConfig config;
  config.k_points = std::move(k);
  config.electronic_temperature = temperature;
  return config;
}

// Everything that differs between the module and this reference is a way of calculating: minimum image by search, one
// dsyevd, sums over all levels written out, fillings by bisection, forces from the whole density matrix.
struct Reference {
  double energy = 0.0;
  std::vector<double> force;
};

Reference plain_reference(const Atoms& atoms, const ModelParameters& model, double kt) {
  const int count = static_cast<int>(atoms.position.size()), n = 4 * count;
  struct Pair {
    int i, j;
    Vec3 d;
  };
  std::vector<Pair> pairs;
  for (int i = 0; i < count; ++i)
    for (int j = 0; j < count; ++j)
      for (int image = 0; image < 27; ++image) {
        const Vec3 shift =
            atoms.cell.to_cartesian({double(image % 3 - 1), double(image / 3 % 3 - 1), double(image / 9 - 1)});
        const Vec3 d = atoms.position[j] + shift - atoms.position[i];
        if (norm(d) < model.cutoff && norm(d) > 1e-6) pairs.push_back({i, j, d});
      }
  std::vector<double> h(n * n, 0.0), level(n), work(1 + 6 * n + 2 * n * n);
  std::vector<int> integers(3 + 5 * n);
  std::vector<double> x(count, 0.0);
  for (int i = 0; i < n; ++i) h[i * n + i] = i % 4 == 0 ? model.energy_s : model.energy_p;
  const auto block_of = [&](Vec3 d, double* block) {
    double v[channel_count];
    for (int c = 0; c < channel_count; ++c) v[c] = model.integral(c, norm(d)).value;
    slater_koster_block(v, (1.0 / norm(d)) * d, block);
  };
  for (const Pair& p : pairs) {
    double block[16];
    block_of(p.d, block);
    for (int k = 0; k < 16; ++k) h[(4 * p.i + k / 4) * n + 4 * p.j + k % 4] += block[k];
    x[p.i] += model.phi(norm(p.d)).value;
  }
  int info = 0;
  const int length = static_cast<int>(work.size()), integer_length = static_cast<int>(integers.size());
  dsyevd_("V", "U", &n, h.data(), &n, level.data(), work.data(), &length, integers.data(), &integer_length, &info);
  double low = level.front() - 10.0, high = level.back() + 10.0;
  const auto filling = [&](double mu, int k) { return 1.0 / (1.0 + std::exp((level[k] - mu) / kt)); };
  for (int turn = 0; turn < 200; ++turn) {
    const double mu = 0.5 * (low + high);
    double electrons = 0.0;
    for (int k = 0; k < n; ++k) electrons += 2.0 * filling(mu, k);
    (electrons > 4.0 * count ? high : low) = mu;
  }
  Reference r;
  r.force.assign(3 * count, 0.0);
  std::vector<double> rho(n * n, 0.0);
  for (int k = 0; k < n; ++k) {
    const double f = filling(low, k);
    r.energy += 2.0 * f * level[k];
    if (f > 1e-16 && f < 1.0 - 1e-15) r.energy += 2.0 * kt * (f * std::log(f) + (1.0 - f) * std::log1p(-f));
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j) rho[i * n + j] += 2.0 * f * h[k * n + i] * h[k * n + j];
  }
  for (int i = 0; i < count; ++i) r.energy += model.embed(x[i]).value;
  for (const Pair& p : pairs)
    for (int axis = 0; axis < 3; ++axis) {
      // The derivative of a block by differences: analytic slopes have tests of their own.
      const double step = 1e-5;
      Vec3 up = p.d, down = p.d;
      up[axis] += step;
      down[axis] -= step;
      double a[16], b[16], slope = 0.0;
      block_of(up, a);
      block_of(down, b);
      for (int k = 0; k < 16; ++k) slope += rho[(4 * p.i + k / 4) * n + 4 * p.j + k % 4] * (a[k] - b[k]) / (2.0 * step);
      slope += model.embed(x[p.i]).slope * (model.phi(norm(up)).value - model.phi(norm(down)).value) / (2.0 * step);
      r.force[3 * p.i + axis] += slope;
      r.force[3 * p.j + axis] -= slope;
    }
  return r;
}

TEST(TightBinding, AgreesWithAPlainReference) {
  const Context context{Communicator::world()};
  TightBinding step(context, silicon());
  const Atoms atoms = displaced(cubic_diamond(14, 5.43, 2), 0.1);
  const auto answer = evaluate(step, context.comm, atoms);
  const Reference reference = plain_reference(atoms, kwon_1994_silicon().parameters, 2000.0 * units::boltzmann);
  EXPECT_NEAR(answer.energy, reference.energy, 1e-10 * std::abs(reference.energy));
  for (std::size_t k = 0; k < reference.force.size(); ++k)
    EXPECT_NEAR(answer.force[k], reference.force[k], 1e-7);  // differences of blocks: h² f‴
}

// The answer of one rank on its own, against that of all ranks together.
void expect_same_on_all_ranks(const TightBindingConfig& config, const Atoms& atoms) {
  const Context alone, together{Communicator::world()};
  TightBinding one(alone, config), many(together, config);
  const auto expected = evaluate(one, alone.comm, atoms);
  const auto answer = evaluate(many, together.comm, atoms);
  const double bound = 1e-11;  // issue 2 asks for 1e-10; sums in another order differ by some 1e-14
  EXPECT_NEAR(answer.energy, expected.energy, bound * std::abs(expected.energy));
  for (std::size_t k = 0; k < expected.force.size(); ++k) EXPECT_NEAR(answer.force[k], expected.force[k], 5 * bound);
  for (std::size_t k = 0; k < expected.atom_energy.size(); ++k)
    EXPECT_NEAR(answer.atom_energy[k], expected.atom_energy[k], bound * 100);
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b) EXPECT_NEAR(answer.virial[a][b], expected.virial[a][b], bound * 100);
}

TEST(TightBinding, DoesNotDependOnTheNumberOfRanks) {
  expect_same_on_all_ranks(silicon(), displaced(cubic_diamond(14, 5.43, 2), 0.1));
  expect_same_on_all_ranks(silicon({2, 2, 1}), displaced(cubic_diamond(14, 5.43, 1), 0.1));
  expect_same_on_all_ranks(silicon({3, 1, 1}),
                           displaced(primitive_diamond(14, 5.43), 0.1));  // two points, up to 4 ranks
  TightBindingConfig carbon = silicon();
  carbon.model = "xu-1992-c";
  expect_same_on_all_ranks(carbon, displaced(cubic_diamond(6, 3.56, 2), 0.05));
}

TEST(TightBinding, ASecondAnswerIsTheSameBitForBit) {
  const Context context{Communicator::world()};
  TightBinding step(context, silicon()), fresh(context, silicon());
  const Atoms atoms = displaced(cubic_diamond(14, 5.43, 2), 0.1), other = displaced(cubic_diamond(14, 5.43, 2), 0.3, 4);
  const auto first = evaluate(step, context.comm, atoms);
  evaluate(step, context.comm, other);  // leaves its traces in the workspaces
  const auto second = evaluate(step, context.comm, atoms), third = evaluate(fresh, context.comm, atoms);
  EXPECT_EQ(first.energy, second.energy);
  EXPECT_EQ(first.energy, third.energy);
  EXPECT_EQ(first.force, second.force);
  EXPECT_EQ(first.force, third.force);
}

TEST(TightBinding, AMeshOfASmallCellIsGammaOfALargeOne) {
  const Context context{Communicator::world()};
  TightBindingConfig mesh = silicon({2, 2, 2});
  mesh.k_mesh = "gamma-centred";
  TightBinding small(context, mesh), large(context, silicon());
  const auto a = evaluate(small, context.comm, primitive_diamond(14, 5.3));
  const auto b = evaluate(large, context.comm, primitive_diamond(14, 5.3, 2));
  EXPECT_NEAR(8.0 * a.energy, b.energy, 1e-10 * std::abs(b.energy));
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(8.0 * a.virial[k][k], b.virial[k][k], 1e-9);
}

TEST(TightBinding, ASymmetricCrystalHasNoForces) {
  const Context context{Communicator::world()};
  TightBinding step(context, silicon());
  for (const double f : evaluate(step, context.comm, cubic_diamond(14, 5.43, 2)).force) EXPECT_NEAR(f, 0.0, 1e-10);
}

TEST(TightBinding, OneAtomAloneHasItsLevelsAndNoForce) {
  const Context context{Communicator::world()};
  TightBinding step(context, silicon({1, 1, 1}, 0.0)), mesh(context, silicon({2, 1, 1}, 0.0));
  Atoms atom;
  atom.cell = Cell(Mat3{{{20, 0, 0}, {0, 20, 0}, {0, 0, 20}}});
  atom.position = {{1, 2, 3}};
  atom.number = {14};
  for (TightBinding* s : {&step, &mesh}) {
    const auto answer = evaluate(*s, context.comm, atom);
    EXPECT_NEAR(answer.energy, 2.0 * -5.25 + 2.0 * 1.20 + 8.7393204, 1e-12);
    for (const double f : answer.force) EXPECT_EQ(f, 0.0);
  }
}

TEST(TightBinding, NoAtomHasNoEnergy) {
  const Context context{Communicator::world()};
  TightBinding step(context, silicon());
  Atoms none;
  none.cell = Cell(Mat3{{{20, 0, 0}, {0, 20, 0}, {0, 0, 20}}});
  EXPECT_EQ(evaluate(step, context.comm, none).energy, 0.0);
}

TEST(TightBinding, LeavesTheOutputAloneWhenNoSampleIsAskedFor) {
  const Context context{Communicator::world()};
  TightBinding step(context, silicon());
  const Configuration c = make_configuration(context.comm, primitive_diamond(14, 5.43), step.cutoff() + 0.5);
  AtomisticResult result;
  result.energy = 42.0;
  step.evaluate(c, {}, result);
  EXPECT_EQ(result.energy, 42.0);
}

TEST(TightBinding, RefusesAnotherElementAndSaysWhich) {
  const Context context{Communicator::world()};
  TightBinding step(context, silicon());
  Atoms atoms = cubic_diamond(14, 5.43);
  atoms.number[5] = 32;
  try {
    evaluate(step, context.comm, atoms);
    FAIL() << "germanium went through";
  } catch (const ConfigError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("atom 5 is Ge"), std::string::npos) << message;
    EXPECT_NE(message.find("Si"), std::string::npos) << message;
  }
}

TEST(TightBinding, RefusesAListThatIsTooShort) {
  const Context context{Communicator::world()};
  TightBinding step(context, silicon());
  const Configuration c = make_configuration(context.comm, cubic_diamond(14, 5.43), step.cutoff() - 0.1);
  AtomisticResult result = Atomistic::make_output(c);
  const int first = 0;
  EXPECT_THROW(step.evaluate(c, std::span<const int>(&first, 1), result), ConfigError);
}

TEST(TightBinding, AtomsOnOneSpotAreAnErrorOnEveryRank) {
  const Context context{Communicator::world()};
  TightBinding step(context, silicon());
  Atoms atoms = cubic_diamond(14, 5.43);
  atoms.position[3] = atoms.position[0] + Vec3{0.01, 0, 0};
  EXPECT_THROW(evaluate(step, context.comm, atoms), NumericalError);
}

TEST(TightBinding, PositionsThatAreNotFiniteAreAnErrorOnEveryRank) {
  const Context context{Communicator::world()};
  TightBinding step(context, silicon());
  Atoms atoms = cubic_diamond(14, 5.43);
  const Configuration c = make_configuration(context.comm, atoms, step.cutoff() + 0.1);
  const auto position = Kokkos::create_mirror_view(c.position);
  Kokkos::deep_copy(position, c.position);
  if (c.n_local > 0) position(0, 1) = std::numeric_limits<double>::quiet_NaN();
  Kokkos::deep_copy(c.position, position);
  AtomisticResult result = Atomistic::make_output(c);
  const int first = 0;
  EXPECT_THROW(step.evaluate(c, std::span<const int>(&first, 1), result), NumericalError);
}

TEST(TightBindingConfig, BadValuesAreRefused) {
  TightBindingConfig config;
  EXPECT_NO_THROW(config.validate());
  config.k_points = {2, 2};
  EXPECT_THROW(config.validate(), ConfigError);
  config = {};
  config.electronic_temperature = -1.0;
  EXPECT_THROW(config.validate(), ConfigError);
  config = {};
  config.model = "kwon";
  EXPECT_THROW(config.validate(), ConfigError);
}

}  // namespace
}  // namespace locum::quantum
