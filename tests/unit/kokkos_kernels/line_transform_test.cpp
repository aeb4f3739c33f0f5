#include "kokkos_kernels/fft/line_transform.hpp"

#include <gtest/gtest.h>

#include <complex>
#include <numeric>
#include <vector>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/fft/transform.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::fft {
namespace {

using Policy = Kokkos::TeamPolicy<ExecutionSpace>;

// Lines of (n) tiles' elements, in place.
template <int Sign, class T>
void transform_lines(const LinePlan<T>& plan, const View<T*>& lines) {
  const LineRoom room = line_room<T>(plan.n);
  T* data = lines.data();
  Kokkos::parallel_for(
      "test::lines", with_line_room(Policy(1, room.threads), room, 0), KOKKOS_LAMBDA(const Policy::member_type& team) {
        const LineScratch<T> scratch(team, plan.n);
        transform_line<Sign>(
            team, plan, scratch.first, scratch.second,
            [&](int at, int group) { return load_lanes(static_cast<const T*>(data), at, group); },
            [&](int at, int group, Lanes<T> v) { store_lanes(data, at, group, v); });
      });
  Kokkos::fence();
}

template <class T>
void expect_the_definition(int n, double tolerance) {
  constexpr int width = tile_width<T>;
  View<T*> lines("lines", static_cast<std::size_t>(2 * width * n));
  const auto mirror = Kokkos::create_mirror_view(lines);
  std::vector<T> host(lines.size());
  for (std::size_t k = 0; k < host.size(); ++k)
    mirror(k) = host[k] = static_cast<T>(random::normal_pair(9, random::Stream::velocity, k, 1).first);
  Kokkos::deep_copy(lines, mirror);
  const LinePlan<T> plan(n);
  transform_lines<-1>(plan, lines);
  const auto found = host_copy(lines);
  const double pi = std::acos(-1.0);
  for (int m = 0; m < n; ++m)
    for (int lane = 0; lane < width; ++lane) {
      std::complex<double> sum = 0.0;
      for (int k = 0; k < n; ++k)
        sum += std::complex<double>(host[static_cast<std::size_t>(2 * width * k + lane)],
                                    host[static_cast<std::size_t>(2 * width * k + width + lane)]) *
               std::polar(1.0, -2.0 * pi * (m * k % n) / n);
      ASSERT_NEAR(found(2 * width * m + lane), sum.real(), tolerance) << n << ", " << m;
      ASSERT_NEAR(found(2 * width * m + width + lane), sum.imag(), tolerance) << n << ", " << m;
    }
  transform_lines<1>(plan, lines);
  const auto back = host_copy(lines);
  for (int k = 0; k < 2 * width * n; ++k) ASSERT_NEAR(back(k) / n, host[static_cast<std::size_t>(k)], tolerance) << n;
}

// Sums of up to 512 numbers of size one. Sizes of one pass, of two and of more, with every radix at every place.
TEST(LineTransform, IsItsDefinitionForEverySize) {
  for (const int n : {2,  3,  4,  5,  7,  8,  6,  9,  10,  12,  14,  16,  21,  24,  30,
                      32, 35, 45, 49, 63, 64, 75, 98, 105, 128, 250, 256, 343, 360, 512}) {
    expect_the_definition<double>(n, 2e-12);
    expect_the_definition<float>(n, 2e-4);
  }
}

// What a GPU's team has: two buffers of `position` bytes a point, 48 KiB with what Kokkos takes itself.
LineRoom room_of(int n, int lanes, std::size_t position, std::size_t beside) {
  return gpu_line_room(gpu_line_threads(n, lanes), 2 * position * static_cast<std::size_t>(n), beside);
}
void expect_room(int n, int lanes, std::size_t position, std::size_t beside) {
  const LineRoom room = room_of(n, lanes, position, beside);
  EXPECT_GE(room.bytes, 2 * position * static_cast<std::size_t>(n) + 64);
  const std::size_t shared = (room.level == 0 ? room.bytes : 0) + (room.beside_level == 0 ? beside : 0);
  EXPECT_LE(shared + 8 * (static_cast<std::size_t>(room.threads) + 3), 48u * 1024u) << n;
  EXPECT_GE(room.threads, 32);
  EXPECT_LE(room.threads * 128, 65536) << n;  // registers of a multiprocessor
}

TEST(LineRoom, OfAGpuIsWhatAMultiprocessorHas) {
  for (int n = 2; n <= 5000; ++n) {
    if (good_size(n) != n) continue;
    for (const std::size_t beside : {std::size_t{0}, std::size_t{16} * static_cast<std::size_t>(n) + 64}) {
      expect_room(n, 4, 40, beside);  // float: four lanes and one more, real and imaginary
      expect_room(n, 2, 48, beside);  // double
    }
  }
}

TEST(LineRoom, TakesSharedMemoryWhereItCan) {
  for (const int n : {256, 384, 512, 576}) EXPECT_EQ(room_of(n, 4, 40, 0).level, 0) << n;
  for (const int n : {256, 384, 490}) EXPECT_EQ(room_of(n, 2, 48, 0).level, 0) << n;
  EXPECT_EQ(room_of(588, 4, 40, 0).level, 1);
  EXPECT_EQ(room_of(512, 2, 48, 0).level, 1);
  // Lines of 512 points do not leave room for the intensity of several modes; those of 384 do.
  EXPECT_EQ(room_of(512, 4, 40, 16 * 512 + 64).level, 0);
  EXPECT_EQ(room_of(512, 4, 40, 16 * 512 + 64).beside_level, 1);
  EXPECT_EQ(room_of(384, 4, 40, 16 * 384 + 64).beside_level, 0);
}

TEST(LineRoom, OfACoreIsTwoBuffers) {
  if (!device_is_host) GTEST_SKIP() << "kernels run on a device";
  const LineRoom room = line_room<float>(1536, 1000000);
  EXPECT_EQ(room.threads, 1);
  EXPECT_EQ(room.level, 0);
  EXPECT_EQ(room.beside_level, 0);
  EXPECT_EQ(scratch_level(1000000, 1), 0);
}

TEST(Radices, MultiplyToTheSizeWithTheLargestAtBothEnds) {
  for (int n = 2; n < 2000; ++n) {
    if (good_size(n) != n) continue;
    const auto list = radices(n);
    EXPECT_EQ(std::accumulate(list.begin(), list.end(), 1, std::multiplies<>()), n);
    for (const int radix : list) EXPECT_LE(radix, list.front());
  }
  EXPECT_EQ(radices(512), (std::vector<int>{8, 8, 8}));
  EXPECT_EQ(radices(256), (std::vector<int>{8, 4, 8}));
  EXPECT_THROW(radices(1), ConfigError);
  EXPECT_THROW(radices(22), ConfigError);
}

}  // namespace
}  // namespace locum::fft
