// The table of tight-binding.md: an independent k-space code with a mesh of 8×8×8 points and cells of two atoms. The
// lowest levels are filled (insulators): a Monkhorst–Pack mesh of 8×8×8 is what gives its numbers.
#include <gtest/gtest.h>

#include "tests/physics/tight_binding_crystals.hpp"

namespace locum::testing {
namespace {

struct Published {
  const char* model;
  int number;
  double a0;                                          // Å
  double energy;                                      // eV/atom
  double bulk, tetragonal, c44_relaxed, c44_clamped;  // GPa; tetragonal = (C11 − C12)/2
};

const Published silicon{"kwon-1994-si", 14, 5.4455, -4.657, 85.6, 45.8, 86.0, 196.0};
const Published carbon{"xu-1992-c", 6, 3.5542, -8.3923, 468.0, 308.0, 473.0, 532.0};

constexpr double strain = 1e-3;  // error of the central difference: order strain², 1e-5 of a modulus

class Crystal {
 public:
  explicit Crystal(const Published& p) : published_(p), step_(context_, config(p)) {
    double low = 0.98 * p.a0, high = 1.02 * p.a0;
    for (int turn = 0; turn < 40; ++turn) {
      a0_ = 0.5 * (low + high);
      (pressure(a0_) > 0.0 ? low : high) = a0_;
    }
  }
  double a0() const { return a0_; }
  double energy_per_atom() { return answer(Mat3{}).energy / 2.0; }

  // P of the cell with lattice constant a, eV/Å³.
  double pressure(double a) {
    const Atoms atoms = primitive_diamond(published_.number, a);
    const Mat3 w = evaluate(step_, context_.comm, atoms).virial;
    return (w[0][0] + w[1][1] + w[2][2]) / (3.0 * atoms.cell.volume());
  }
  double bulk_modulus() {
    const double change = pressure(a0_ * (1.0 + strain)) - pressure(a0_ * (1.0 - strain));
    return -change / (6.0 * strain) * units::ev_per_A3_in_gpa;
  }
  // ε = (δ, −δ, 0): σ_xx − σ_yy = 2 (C11 − C12) δ.
  double tetragonal_modulus() {
    const auto stress = [&](double delta) {
      Mat3 e;
      e[0][0] = delta;
      e[1][1] = -delta;
      const Mat3 w = answer(e).virial;
      return -(w[0][0] - w[1][1]) / volume();
    };
    return (stress(strain) - stress(-strain)) / (2.0 * strain) / 4.0 * units::ev_per_A3_in_gpa;
  }
  // ε_xy = ε_yx = δ/2: σ_xy = C44 δ.
  double shear_modulus(bool relaxed) {
    const auto stress = [&](double delta) {
      Mat3 e;
      e[0][1] = e[1][0] = 0.5 * delta;
      return -(relaxed ? relaxed_answer(e) : answer(e)).virial[0][1] / volume();
    };
    return (stress(strain) - stress(-strain)) / (2.0 * strain) * units::ev_per_A3_in_gpa;
  }

 private:
  static quantum::TightBindingConfig config(const Published& p) {
    quantum::TightBindingConfig c;
    c.model = p.model;
    c.k_points = {8, 8, 8};
    c.electronic_temperature = 0.0;
    return c;
  }
  double volume() const { return a0_ * a0_ * a0_ / 4.0; }
  Answer answer(const Mat3& e) {
    return evaluate(step_, context_.comm, strained(primitive_diamond(published_.number, a0_), e));
  }
  // The two sublattices shift along z under this shear: Newton's method with a slope from differences.
  Answer relaxed_answer(const Mat3& e) {
    Atoms atoms = strained(primitive_diamond(published_.number, a0_), e);
    Answer here = evaluate(step_, context_.comm, atoms);
    double shift = 1e-3;
    for (int turn = 0; turn < 20 && std::abs(here.force[5]) > 1e-9; ++turn) {
      atoms.position[1].z += shift;
      const Answer next = evaluate(step_, context_.comm, atoms);
      shift *= -next.force[5] / (next.force[5] - here.force[5]);
      here = next;
    }
    return here;
  }

  Context context_;
  Published published_;
  quantum::TightBinding step_;
  double a0_ = 0.0;
};

class TightBindingCrystal : public ::testing::TestWithParam<Published> {};

// Tolerances: issue 2 asks for 0.002 Å, 0.002 eV/atom and 1 %.
TEST_P(TightBindingCrystal, HasThePublishedLatticeConstantEnergyAndModuli) {
  const Published p = GetParam();
  Crystal crystal(p);
  EXPECT_NEAR(crystal.a0(), p.a0, 0.002);
  EXPECT_NEAR(crystal.energy_per_atom(), p.energy, 0.002);
  EXPECT_NEAR(crystal.bulk_modulus(), p.bulk, 0.01 * p.bulk);
  EXPECT_NEAR(crystal.tetragonal_modulus(), p.tetragonal, 0.01 * p.tetragonal);
  EXPECT_NEAR(crystal.shear_modulus(true), p.c44_relaxed, 0.01 * p.c44_relaxed);
  EXPECT_NEAR(crystal.shear_modulus(false), p.c44_clamped, 0.01 * p.c44_clamped);
}
INSTANTIATE_TEST_SUITE_P(Published, TightBindingCrystal, ::testing::Values(silicon, carbon),
                         [](const auto& info) { return info.param.number == 14 ? "Silicon" : "Carbon"; });

TEST(TightBindingGraphene, HasThePublishedEnergy) {
  const double bond = 1.42, a = bond * std::sqrt(3.0);
  Atoms sheet;
  sheet.cell = Cell(Mat3{{{a, 0, 0}, {-0.5 * a, 0.5 * std::sqrt(3.0) * a, 0}, {0, 0, 10.0}}});
  sheet.position = {{0, 0, 0}, {0, bond, 0}};
  sheet.number = {6, 6};
  quantum::TightBindingConfig config;
  config.model = "xu-1992-c";
  config.k_points = {16, 16, 1};
  const Context context;
  quantum::TightBinding step(context, config);
  EXPECT_NEAR(evaluate(step, context.comm, sheet).energy / 2.0, -8.4076, 0.002);
}

}  // namespace
}  // namespace locum::testing
