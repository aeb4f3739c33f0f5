// Forces and virial are derivatives of the Mermin free energy: central differences in triclinic cells with displaced
// atoms, at Γ and on a mesh, with bonds in the tails and near their ends.
#include <gtest/gtest.h>

#include <algorithm>

#include "solvers/quantum/models.hpp"
#include "tests/physics/tight_binding_crystals.hpp"

namespace locum::testing {
namespace {

struct Case {
  const char* name;
  const char* model;
  int number;
  double a;    // Å
  int repeat;  // primitive cells along each vector
  std::vector<std::int64_t> k;
  double temperature;  // K
};

// Second neighbours on both sides of where the tail begins, and of the cut-off.
const Case silicon_tail{"SiliconTail", "kwon-1994-si", 14, 5.72, 2, {1, 1, 1}, 1000.0};
const Case carbon_tail{"CarbonTail", "xu-1992-c", 6, 3.56, 2, {2, 1, 1}, 5000.0};

// Central difference. Curvatures jump where a tail begins and ends (by 4 eV/Å² for ppσ at 4.16 Å), which makes formulas
// of higher order no better: a short step, h = 2e-5 Å, keeps the error of a bond that crosses within it below 2e-5 eV/Å
// times the odds of that, others' below h² f‴/6 = 1e-8, and rounding, 1e-13 eV / h, below 1e-8.
template <class F>
double derivative(F&& f, double h) {
  return (f(h) - f(-h)) / (2.0 * h);
}

Atoms distorted(const Case& c) {
  Mat3 strain;
  strain[0][0] = 0.03;
  strain[0][1] = 0.05;
  strain[1][2] = -0.04;
  strain[2][0] = 0.02;
  strain[2][2] = -0.02;
  return displaced(strained(primitive_diamond(c.number, c.a, c.repeat), strain), 0.06 * c.a / 2.35);
}

// How a failing case is called.
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class TightBindingGradient : public ::testing::TestWithParam<Case> {
 protected:
  TightBindingGradient() {
    quantum::TightBindingConfig config;
    config.model = GetParam().model;
    config.k_points = GetParam().k;
    config.electronic_temperature = GetParam().temperature;
    step_ = std::make_unique<quantum::TightBinding>(context_, config);
  }
  double energy(const Atoms& atoms) { return evaluate(*step_, context_.comm, atoms).energy; }

  Context context_;
  std::unique_ptr<quantum::TightBinding> step_;
};

TEST_P(TightBindingGradient, ForcesAreMinusTheGradientOfTheFreeEnergy) {
  const Atoms atoms = distorted(GetParam());
  const Answer answer = evaluate(*step_, context_.comm, atoms);
  double scale = 0.0;
  for (const double f : answer.force) scale = std::max(scale, std::abs(f));
  for (const int i : {0, 1, static_cast<int>(atoms.position.size()) - 1})
    for (int k = 0; k < 3; ++k) {
      const double slope = derivative(
          [&](double h) {
            Atoms moved = atoms;
            moved.position[i][k] += h;
            return energy(moved);
          },
          2e-5);
      EXPECT_NEAR(answer.force[3 * i + k], -slope, 1e-6 * scale) << "atom " << i << " axis " << k;
    }
  for (int k = 0; k < 3; ++k) {
    double total = 0.0;
    for (std::size_t i = 0; i < atoms.position.size(); ++i) total += answer.force[3 * i + k];
    EXPECT_NEAR(total, 0.0, 1e-11 * scale * atoms.position.size());  // rounding
  }
}

TEST_P(TightBindingGradient, VirialIsMinusTheDerivativeByStrain) {
  const Atoms atoms = distorted(GetParam());
  const Mat3 virial = evaluate(*step_, context_.comm, atoms).virial;
  double scale = 0.0;
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b) scale = std::max(scale, std::abs(virial[a][b]));
  for (int a = 0; a < 3; ++a)
    for (int b = a; b < 3; ++b) {
      const double slope = derivative(
          [&](double h) {
            Mat3 strain;
            strain[a][b] += 0.5 * h;
            strain[b][a] += 0.5 * h;
            return energy(strained(atoms, strain));
          },
          5e-6);  // times lengths of some Å
      EXPECT_NEAR(virial[a][b], -slope, 1e-6 * scale) << a << b;
      EXPECT_EQ(virial[a][b], virial[b][a]);
    }
}

TEST_P(TightBindingGradient, AtomEnergiesSumToTheFreeEnergy) {
  const Atoms atoms = distorted(GetParam());
  const Answer answer = evaluate(*step_, context_.comm, atoms);
  double sum = 0.0;
  for (const double e : answer.atom_energy) sum += e;
  EXPECT_NEAR(sum, answer.energy, 1e-12 * std::abs(answer.energy) * atoms.position.size());
}

// What the cases' names promise: bonds between the start of the tail and the cut-off.
TEST(TightBindingGradientCases, TailsHaveBondsInThem) {
  const Context context;
  for (const Case& c : {silicon_tail, carbon_tail}) {
    const auto model = quantum::tight_binding_models().at(c.model)().parameters;
    const double tail_start = model.shape[0].tail_start;
    const Configuration near = make_configuration(context.comm, distorted(c), model.cutoff);
    const auto position = host_copy(near.position);
    const auto offset = host_copy(near.neighbors.offset), index = host_copy(near.neighbors.index);
    int inside = 0, below = 0;
    for (int i = 0; i < near.n_local; ++i)
      for (int n = offset(i); n < offset(i + 1); ++n) {
        const int j = index(n);
        const double r = norm(
            Vec3{position(j, 0) - position(i, 0), position(j, 1) - position(i, 1), position(j, 2) - position(i, 2)});
        ++(r > tail_start ? inside : below);
      }
    EXPECT_GT(inside, 20) << c.name;
    EXPECT_GT(below, 64) << c.name;  // more than the four nearest of each of sixteen atoms
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, TightBindingGradient,
    ::testing::Values(Case{"SiliconGamma", "kwon-1994-si", 14, 5.43, 2, {1, 1, 1}, 300.0},
                      Case{"SiliconGammaHotElectrons", "kwon-1994-si", 14, 5.2, 2, {1, 1, 1}, 8000.0},
                      Case{"SiliconMesh", "kwon-1994-si", 14, 5.43, 1, {3, 2, 2}, 3000.0}, silicon_tail,
                      Case{"CarbonGamma", "xu-1992-c", 6, 3.56, 2, {1, 1, 1}, 300.0},
                      Case{"CarbonMesh", "xu-1992-c", 6, 3.56, 1, {2, 3, 2}, 20000.0}, carbon_tail),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace locum::testing
