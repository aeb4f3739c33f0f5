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
  const std::size_t bytes = 2 * ScratchLines<T>::bytes(plan.n);
  T* data = lines.data();
  Kokkos::parallel_for(
      "test::lines",
      Policy(1, device_is_host ? 1 : 64).set_scratch_size(0, Kokkos::PerTeam(static_cast<int>(bytes + 256))),
      KOKKOS_LAMBDA(const Policy::member_type& team) {
        T* memory = static_cast<T*>(team.team_scratch(0).get_shmem_aligned(bytes, 64));
        const ScratchLines<T> a(memory, plan.n), b(memory + ScratchLines<T>::bytes(plan.n) / sizeof(T), plan.n);
        transform_line<Sign>(
            team, plan, a, b, [&](int at, int group) { return load_lanes(static_cast<const T*>(data), at, group); },
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
