#include "surrogates/potential/frame.hpp"

#include <gtest/gtest.h>

#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

// One atom in a cubic cell, all of whose ghosts are its own images.
FrameLabel one_atom(double edge) {
  FrameLabel label;
  label.cell = Cell(Mat3{{{edge, 0.0, 0.0}, {0.0, edge, 0.0}, {0.0, 0.0, edge}}});
  label.position = {0.3, 0.2, 0.1};
  label.force = {0.0, 0.0, 0.0};
  label.atomic_number = {14};
  return label;
}

// Bit for bit on any machine: what ghosts gathered is added in their order.
void owners_get_what_their_images_gathered(const FrameLabel& label) {
  const Frame frame(Communicator::self(), label, 5.0);
  const Configuration& c = frame.configuration();
  const int all = c.n_local + c.n_ghost;
  const View<double* [3]> values("values", all);
  const auto host = Kokkos::create_mirror_view(values);
  for (int j = 0; j < all; ++j)
    for (int d = 0; d < 3; ++d) host(j, d) = 1.0 / (1.0 + j + 0.3 * d);
  Kokkos::deep_copy(values, host);
  const auto owner = host_copy(frame.owner());
  std::vector<double> expected(3 * c.n_local);
  for (int j = 0; j < all; ++j)
    for (int d = 0; d < 3; ++d) expected[3 * owner(j) + d] += host(j, d);
  c.ghosts->add_to_owners(values);
  const auto found = host_copy(values);
  for (int i = 0; i < c.n_local; ++i)
    for (int d = 0; d < 3; ++d) EXPECT_EQ(found(i, d), expected[3 * i + d]) << "atom " << i;
}

TEST(Frame, OwnersGetWhatTheirImagesGathered) {
  owners_get_what_their_images_gathered(test::disordered_diamond(true));
  owners_get_what_their_images_gathered(test::disordered_diamond(false, 5, 3));
  owners_get_what_their_images_gathered(one_atom(2.1));
  owners_get_what_their_images_gathered(one_atom(12.0));
}

}  // namespace
}  // namespace locum::potential
