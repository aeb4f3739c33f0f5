#include "kokkos_kernels/fft/cosine_filter.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <vector>

namespace locum::fft {
namespace {

using Field = std::vector<std::complex<double>>;

double response(int kx, int ky) { return 1.0 / (1.0 + kx + 0.5 * ky * ky); }

// Σ of c h X cos cos with X by its definition, c = 1/n of frequency 0 and 2/n of the others.
Field filtered(const Field& in, int nx, int ny) {
  const double pi = std::acos(-1.0);
  const auto wave = [&](int k, int i, int n) { return std::cos(pi * k * (2 * i + 1) / (2.0 * n)); };
  const auto at = [&](int x, int y) { return static_cast<std::size_t>(x * ny + y); };
  Field out(in.size(), 0.0);
  for (int kx = 0; kx < nx; ++kx)
    for (int ky = 0; ky < ny; ++ky) {
      std::complex<double> sum = 0.0;
      for (int x = 0; x < nx; ++x)
        for (int y = 0; y < ny; ++y) sum += in[at(x, y)] * wave(kx, x, nx) * wave(ky, y, ny);
      sum *= response(kx, ky) * (kx > 0 ? 2.0 : 1.0) * (ky > 0 ? 2.0 : 1.0) / (nx * ny);
      for (int x = 0; x < nx; ++x)
        for (int y = 0; y < ny; ++y) out[at(x, y)] += sum * wave(kx, x, nx) * wave(ky, y, ny);
    }
  return out;
}

CosineFilter make(int nx, int ny) {
  const CosineFilter::Response table("response", static_cast<std::size_t>(nx), static_cast<std::size_t>(ny));
  const auto table_host = Kokkos::create_mirror_view(table);
  for (int kx = 0; kx < nx; ++kx)
    for (int ky = 0; ky < ny; ++ky) table_host(kx, ky) = static_cast<float>(response(kx, ky));
  Kokkos::deep_copy(table, table_host);
  return CosineFilter({}, table);
}

}  // namespace

TEST(CosineFilter, IsTheDefinitionForBothParts) {
  for (const auto& [nx, ny] : {std::pair{8, 8}, {1, 8}, {9, 1}, {1, 1}, {2, 3}, {12, 15}, {31, 17}}) {
    const CosineFilter filter = make(nx, ny);
    Field in;
    const auto field_host = Kokkos::create_mirror_view(filter.field());
    for (int x = 0; x < nx; ++x)
      for (int y = 0; y < ny; ++y) {
        in.emplace_back(std::sin(1.0 + 0.7 * x * x + 1.3 * y), std::cos(2.0 * x - 0.4 * y * y));
        field_host(0, cosine_place(x, nx), cosine_place(y, ny)) =
            Complex<float>(static_cast<float>(in.back().real()), static_cast<float>(in.back().imag()));
      }
    Kokkos::deep_copy(filter.field(), field_host);
    filter.apply();
    Kokkos::deep_copy(field_host, filter.field());
    const Field wanted = filtered(in, nx, ny);
    for (int x = 0; x < nx; ++x)
      for (int y = 0; y < ny; ++y) {
        const auto got = field_host(0, cosine_place(x, nx), cosine_place(y, ny));
        const auto& want = wanted[static_cast<std::size_t>(x * ny + y)];
        // Values of about 1 in single precision.
        ASSERT_NEAR(got.real(), want.real(), 5e-6) << nx << " × " << ny << " at " << x << ", " << y;
        ASSERT_NEAR(got.imag(), want.imag(), 5e-6) << nx << " × " << ny << " at " << x << ", " << y;
      }
  }
}

}  // namespace locum::fft
