#include <gtest/gtest.h>

#include "surrogates/potential/invariants/features.hpp"
#include "surrogates/potential/training/ridge.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

PotentialConfig small() {
  PotentialConfig config;
  config.cutoff = 4.4;
  config.radials = 4;
  config.four_body_radials = 2;
  config.components = 11;
  return config;
}

// One atom in a cubic cell: its neighbours are its own images, or there are none.
FrameLabel one_atom(double edge, int element) {
  FrameLabel label;
  label.cell = Cell(Mat3{{{edge, 0.0, 0.0}, {0.0, edge, 0.0}, {0.0, 0.0, edge}}});
  label.position = {0.3, 0.2, 0.1};
  label.force = {0.0, 0.0, 0.0};
  label.atomic_number = {element};
  return label;
}

// Frames of several cells, sizes and compositions, none of them a multiple of a pack.
struct Several {
  std::vector<FrameLabel> labels;
  std::vector<Frame> frames;
  std::vector<const Frame*> pointers;
  int atoms = 0, rows = 0;

  explicit Several(double cutoff) {
    labels = {test::disordered_diamond(true, 3), one_atom(2.7, 14), test::disordered_diamond(false, 5),
              one_atom(9.0, 6), test::disordered_diamond(true, 8, 2)};
    for (const FrameLabel& label : labels) {
      frames.emplace_back(Communicator::self(), label, cutoff);
      atoms += label.atoms();
      rows += design_rows_of(label.atoms());
    }
    for (const Frame& frame : frames) pointers.push_back(&frame);
  }
};

template <class A, class B>
void expect_same(const A& a, const B& b, double tolerance, const char* what) {
  const auto one = host_copy(a);
  const auto other = host_copy(b);
  ASSERT_EQ(one.size(), other.size()) << what;
  double largest = 0.0;
  for (std::size_t k = 0; k < one.size(); ++k)
    largest = std::max(largest, std::abs(static_cast<double>(one.data()[k]) - static_cast<double>(other.data()[k])));
  EXPECT_LE(largest, tolerance) << what;
}

// Blocks mix the atoms of frames: sums are taken in another order. In double precision, numbers of order one to ten.
constexpr double rounding = 1e-11, single_rounding = 2e-6;

void expect_same_features(const NetworkFeatures& a, const NetworkFeatures& b) {
  EXPECT_EQ(a.atoms, b.atoms);
  EXPECT_EQ(a.padded_pairs, b.padded_pairs);
  EXPECT_EQ(a.species_count, b.species_count);
  expect_same(a.x, b.x, single_rounding, "x");
  expect_same(a.jacobian, b.jacobian, single_rounding, "jacobian");
  expect_same(a.pair_vector, b.pair_vector, 0.0, "pair_vector");
  expect_same(a.pair_start, b.pair_start, 0.0, "pair_start");
  expect_same(a.pair_owner, b.pair_owner, 0.0, "pair_owner");
  expect_same(a.pair_center, b.pair_center, 0.0, "pair_center");
  expect_same(a.pair_reverse, b.pair_reverse, 0.0, "pair_reverse");
  expect_same(a.species, b.species, 0.0, "species");
  expect_same(a.rank, b.rank, 0.0, "rank");
}

class FramesTogether : public ::testing::TestWithParam<double> {};  // bytes of workspace: one block at once, or all

TEST_P(FramesTogether, HaveTheFeaturesThatEachHasAlone) {
  const auto potential = test::random_potential(small(), {6, 14});
  const Several several(potential->config().cutoff);
  FeatureExtractor extractor, alone;
  extractor.use(*potential);
  alone.use(*potential);
  extractor.use_memory({GetParam(), 1e6});
  const int width = 2 * potential->invariants().count + 3;
  const RowMajor<double**> design("design", several.rows, width);
  const auto together = extractor.network(several.pointers, design);
  const auto invariants = extractor.invariants(several.pointers);
  ASSERT_EQ(together.size(), several.frames.size());
  int row = 0, atom = 0;
  for (std::size_t f = 0; f < several.frames.size(); ++f) {
    const int n = several.labels[f].atoms(), rows = design_rows_of(n);
    const RowMajor<double**> own("design", rows, width);
    expect_same_features(together[f], alone.network(several.frames[f], own));
    const RowMajor<double**> part("part", rows, width), q("q", n, potential->invariants().count);
    Kokkos::deep_copy(part, Kokkos::subview(design, std::pair<int, int>(row, row + rows), Kokkos::ALL()));
    Kokkos::deep_copy(q, Kokkos::subview(invariants, std::pair<int, int>(atom, atom + n), Kokkos::ALL()));
    expect_same(part, own, rounding, "design rows");
    expect_same(q, alone.invariants(several.frames[f]), rounding, "invariants");
    row += rows;
    atom += n;
  }
}

TEST_P(FramesTogether, HaveTheirComponentsWithTheRowsToo) {
  const auto potential = test::random_potential(small(), {6, 14});
  const Several several(potential->config().cutoff);
  FeatureExtractor extractor;
  extractor.use(*potential);
  extractor.use_memory({GetParam(), 1e6});
  const RowMajor<double**> rows("design", several.rows, 2 * potential->invariants().count + 3),
      again("design", several.rows, 2 * potential->invariants().count + 3);
  const auto x = extractor.design_and_components(several.pointers, rows);
  extractor.design_rows(several.pointers, again);
  expect_same(rows, again, 0.0, "design rows");
  int atom = 0;
  for (const NetworkFeatures& f : extractor.network(several.pointers)) {
    const RowMajor<float**> own("x", f.atoms, potential->config().components);
    Kokkos::deep_copy(own, Kokkos::subview(x, std::pair<int, int>(atom, atom + f.atoms), Kokkos::ALL()));
    expect_same(own, f.x, 0.0, "x");
    atom += f.atoms;
  }
}

INSTANTIATE_TEST_SUITE_P(Workspace, FramesTogether, ::testing::Values(0.0, 3e6, 1e9));

TEST(FrameBatch, LeadsToNoOtherFrame) {
  const Several several(4.4);
  const FrameBatch batch = join(several.pointers);
  const auto owner = host_copy(batch.owner);
  const auto place = host_copy(batch.place);
  const auto offset = host_copy(batch.configuration.neighbors.offset);
  const auto index = host_copy(batch.configuration.neighbors.index);
  ASSERT_EQ(batch.configuration.n_local, several.atoms);
  EXPECT_EQ(batch.first_row.back(), several.rows);
  for (int f = 0; f < batch.frames(); ++f)
    for (int i = batch.first_atom[f]; i < batch.first_atom[f + 1]; ++i) {
      EXPECT_EQ(owner(i), i);
      EXPECT_EQ(place(i).first_atom, batch.first_atom[f]);
      EXPECT_EQ(place(i).first_row, batch.first_row[f]);
      EXPECT_EQ(place(i).last_row, batch.first_row[f + 1]);
      for (int p = offset(i); p < offset(i + 1); ++p) {
        EXPECT_GE(owner(index(p)), batch.first_atom[f]);
        EXPECT_LT(owner(index(p)), batch.first_atom[f + 1]);
      }
    }
}

TEST(FrameBatch, MayBeEmpty) {
  const auto potential = test::random_potential(small(), {6, 14});
  FeatureExtractor extractor;
  extractor.use(*potential);
  EXPECT_TRUE(extractor.network({}).empty());
  EXPECT_EQ(extractor.invariants(FeatureExtractor::Frames()).extent(0), 0u);
}

TEST(FrameBatch, HasAnAtomAtLeastHoweverLittleMemoryThereIs) {
  const auto potential = test::random_potential(small(), {14});
  FeatureExtractor extractor;
  extractor.use(*potential);
  extractor.use_memory({0.0, 0.0});
  EXPECT_EQ(extractor.atoms_at_once(500), 1);
  extractor.use_memory({0.0, 1e9});
  EXPECT_GT(extractor.atoms_at_once(500), 10000);
}

// Weights, missing labels and the constants of a second group included.
TEST(FrameBatch, GivesTheNormalEquationsOfItsFrames) {
  const auto potential = test::random_potential(small(), {6, 14});
  Several several(potential->config().cutoff);
  FeatureExtractor extractor;
  extractor.use(*potential);
  TrainingConfig config;
  Ridge together(Context(), 2, potential->invariants().count, config), apart = together;
  std::vector<std::vector<int>> species;
  for (std::size_t f = 0; f < several.labels.size(); ++f) {
    FrameLabel& label = several.labels[f];
    label.energy = -4.0 * label.atoms() + 0.1 * static_cast<double>(f);
    for (std::size_t k = 0; k < label.force.size(); ++k) label.force[k] = 0.01 * static_cast<double>(k % 7);
    label.virial[0][0] = 0.3, label.virial[1][2] = label.virial[2][1] = -0.2;
    label.weight = 1.0 + 0.5 * static_cast<double>(f);
    label.has_virial = f != 2;
    label.has_energy = f != 0;
    label.group = f > 2;
    species.emplace_back();
    for (const int z : label.atomic_number) species.back().push_back(z == 14);
  }
  std::vector<Ridge::Labelled> labelled;
  for (std::size_t f = 0; f < several.labels.size(); ++f) labelled.push_back({&several.labels[f], &species[f]});
  for (Ridge* ridge : {&together, &apart}) {
    ridge->declare_group(0);
    ridge->declare_group(1);
  }
  const RowMajor<double**> design("design", several.rows, together.width());
  extractor.design_rows(several.pointers, design);
  together.add(design, labelled);
  together.commit();
  for (std::size_t f = 0; f < several.labels.size(); ++f) {
    const RowMajor<double**> own("design", design_rows_of(several.labels[f].atoms()), apart.width());
    extractor.design_rows(several.frames[f], own);
    apart.add(own, several.labels[f], species[f]);
  }
  apart.commit();
  for (const char* name : {"total", "force_norm"}) {
    const auto a = together.state().real(name), b = apart.state().real(name);
    ASSERT_EQ(a.size(), b.size());
    double largest = 0.0, off = 0.0;
    for (std::size_t k = 0; k < a.size(); ++k) {
      largest = std::max(largest, std::abs(b[k]));
      off = std::max(off, std::abs(a[k] - b[k]));
    }
    EXPECT_LE(off, 1e-13 * largest) << name;  // some 800 products in another order
  }
}

}  // namespace
}  // namespace locum::potential
