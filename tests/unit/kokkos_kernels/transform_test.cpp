#include "kokkos_kernels/fft/transform.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::fft {
namespace {

template <class T>
Waves<T> random_waves(int batch, int nx, int ny) {
  Waves<T> waves("waves", batch, nx, ny);
  const auto host = Kokkos::create_mirror_view(waves);
  for (int b = 0; b < batch; ++b)
    for (int x = 0; x < nx; ++x)
      for (int y = 0; y < ny; ++y) {
        const auto pair =
            random::normal_pair(3, random::Stream::velocity, static_cast<std::uint64_t>((b * nx + x) * ny + y), 0);
        host(b, x, y) = Complex<T>(static_cast<T>(pair.first), static_cast<T>(pair.second));
      }
  Kokkos::deep_copy(waves, host);
  return waves;
}

// Against the sum that defines the transform, one frequency at a time.
template <class T>
void expect_the_definition(int batch, int nx, int ny, double tolerance) {
  const Waves<T> waves = random_waves<T>(batch + 1, nx, ny);
  const auto before = host_copy(waves);
  std::vector<Complex<T>> kept(before.data(), before.data() + before.size());
  const Transform2d<T> transform(ExecutionSpace(), batch + 1, nx, ny, Effort::estimate);
  const auto part = Kokkos::subview(waves, std::make_pair(0, batch), Kokkos::ALL, Kokkos::ALL);  // fewer than planned
  transform.forward(part);
  const auto after = host_copy(waves);
  const double pi = std::acos(-1.0);
  for (int b = 0; b < batch; ++b)
    for (int kx = 0; kx < nx; ++kx)
      for (int ky = 0; ky < ny; ++ky) {
        std::complex<double> sum = 0.0;
        for (int x = 0; x < nx; ++x)
          for (int y = 0; y < ny; ++y) {
            const auto value = kept[static_cast<std::size_t>((b * nx + x) * ny + y)];
            sum += std::complex<double>(value.real(), value.imag()) *
                   std::polar(1.0, -2.0 * pi * (double(kx) * x / nx + double(ky) * y / ny));
          }
        EXPECT_NEAR(after(b, kx, ky).real(), sum.real(), tolerance);
        EXPECT_NEAR(after(b, kx, ky).imag(), sum.imag(), tolerance);
      }
  transform.inverse(part);
  const auto back = host_copy(waves);
  for (std::size_t k = 0; k < kept.size(); ++k) {
    EXPECT_NEAR(back.data()[k].real(), kept[k].real(), tolerance);
    EXPECT_NEAR(back.data()[k].imag(), kept[k].imag(), tolerance);
  }
}

// Sums of a few hundred numbers of size one: some hundred roundings.
TEST(Transform2d, IsItsDefinitionForEverySize) {
  expect_the_definition<double>(1, 1, 1, 1e-14);
  expect_the_definition<double>(2, 7, 12, 1e-12);
  expect_the_definition<double>(3, 16, 9, 1e-12);
  expect_the_definition<float>(2, 7, 12, 1e-4);
  expect_the_definition<float>(3, 16, 10, 1e-4);
}

// One wave after the other by a plan of one, against any number of them by one plan of many.
TEST(Transform2d, AnyNumberOfWavesIsTransformedAlike) {
  constexpr int most = 11, nx = 12, ny = 10;
  const Transform2d<float> many(ExecutionSpace(), most, nx, ny), one(ExecutionSpace(), 1, nx, ny);
  for (int count = 0; count <= most; ++count) {
    const Waves<float> waves = random_waves<float>(most, nx, ny), apart = random_waves<float>(most, nx, ny);
    many.forward(Kokkos::subview(waves, std::make_pair(0, count), Kokkos::ALL, Kokkos::ALL));
    for (int b = 0; b < count; ++b)
      one.forward(Kokkos::subview(apart, std::make_pair(b, b + 1), Kokkos::ALL, Kokkos::ALL));
    const auto got = host_copy(waves), wanted = host_copy(apart);
    for (std::size_t k = 0; k < got.size(); ++k) {  // a library may take another way for more waves: a few roundings
      EXPECT_NEAR(got.data()[k].real(), wanted.data()[k].real(), 1e-5) << count << " waves, " << k;
      EXPECT_NEAR(got.data()[k].imag(), wanted.data()[k].imag(), 1e-5) << count << " waves, " << k;
    }
  }
}

TEST(Transform2d, RefusesOtherShapes) {
  EXPECT_THROW(Transform2d<float>(ExecutionSpace(), 0, 8, 8), ConfigError);
  const Transform2d<float> transform(ExecutionSpace(), 1, 8, 8, Effort::estimate);
  EXPECT_THROW(transform.forward(random_waves<float>(2, 8, 8)), ConfigError);
  EXPECT_THROW(transform.inverse(random_waves<float>(1, 8, 6)), ConfigError);
}

TEST(GoodSize, HasSmallPrimesAndIsEven) {
  EXPECT_EQ(good_size(1), 2);
  EXPECT_EQ(good_size(11), 12);
  EXPECT_EQ(good_size(256), 256);
  EXPECT_EQ(good_size(257), 270);
  EXPECT_EQ(good_size(509), 512);
}

}  // namespace
}  // namespace locum::fft
