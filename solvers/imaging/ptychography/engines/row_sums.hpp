// Sums over a rank's pixels of the object, and over the ranks.
#pragma once

#include <array>

#include "solvers/imaging/ptychography/ptychography_fields.hpp"

namespace locum::imaging {

// row(offset of a piece's first pixel in a plane of this stride, pixels of the piece, three sums to add to), over the
// box: pieces are rows on a CPU, and pixels on a GPU, whose neighbouring threads then read neighbouring memory. A pixel
// that several ranks have must be counted by one of them: own_light() is 0 for the others. Collective.
template <class Row>
std::array<double, 3> row_sums(PtychographyFields& fields, const PixelBox& box, const char* label, int stride,
                               const Row& row_) {
  const Row row = row_;
  const int pieces = device_is_host ? 1 : box.ny(), x0 = box.x0, y0 = box.y0;  // of a row
  const int length = box.empty() ? 0 : box.ny() / pieces;
  std::array<double, 3> sums{};
  if (!box.empty())
    Kokkos::parallel_reduce(
        label, RangePolicy(fields.space(), 0, box.nx() * pieces),
        KOKKOS_LAMBDA(int item, double& first, double& second, double& third) {
          double total[3] = {0.0, 0.0, 0.0};
          row(static_cast<std::ptrdiff_t>(x0 + item / pieces) * stride + y0 + item % pieces * length, length, total);
          first += total[0];
          second += total[1];
          third += total[2];
        },
        sums[0], sums[1], sums[2]);
  fields.comm().sum(std::span<double>(sums));
  return sums;
}

// Over all that the rank works on.
template <class Row>
std::array<double, 3> row_sums(PtychographyFields& fields, const char* label, int stride, const Row& row) {
  return row_sums(fields, fields.region(), label, stride, row);
}

}  // namespace locum::imaging
