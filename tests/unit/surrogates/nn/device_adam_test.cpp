#include "surrogates/nn/device_adam.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::nn {
namespace {

TEST(DeviceAdam, FollowsTheAlgorithmOfThePaper) {
  constexpr int n = 33;
  const View<float*> parameters("parameters", n), gradient("gradient", n);
  DeviceAdam adam({}, n, 0.9, 0.99, 1e-8);
  std::vector<double> p(n, 0.0), m(n, 0.0), v(n, 0.0);
  for (int t = 1; t <= 7; ++t) {
    const auto host = Kokkos::create_mirror_view(gradient);
    for (int k = 0; k < n; ++k) {
      const double g = std::sin(k + 3.0 * t) * std::pow(10.0, k % 5 - 3);
      host(k) = static_cast<float>(4.0 * g);  // comes multiplied, as a loss scale has it
      m[k] = 0.9 * m[k] + 0.1 * g;
      v[k] = 0.99 * v[k] + 0.01 * g * g;
      p[k] -= 1e-2 * (m[k] / (1 - std::pow(0.9, t))) / (std::sqrt(v[k] / (1 - std::pow(0.99, t))) + 1e-8);
    }
    Kokkos::deep_copy(gradient, host);
    adam.update(parameters, gradient, 1e-2, 0.25);
  }
  const auto found = host_copy(parameters);
  for (int k = 0; k < n; ++k) EXPECT_NEAR(found(k), p[k], 1e-6 * 7e-2 + 1e-5 * std::abs(p[k])) << k;  // float
  EXPECT_EQ(adam.updates(), 7);
}

TEST(DeviceAdam, AnotherNumberOfParametersIsRefused) {
  DeviceAdam adam({}, 3);
  EXPECT_THROW(adam.update(View<float*>("p", 4), View<float*>("g", 4), 0.1), ConfigError);
}

}  // namespace
}  // namespace locum::nn
