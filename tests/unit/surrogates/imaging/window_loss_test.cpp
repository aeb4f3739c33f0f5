#include "surrogates/imaging/window_loss.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "kokkos_kernels/random/philox.hpp"

namespace locum::imaging {
namespace {

constexpr int side = 32, fold = 2, points = side / fold, windows = 2;

struct Case {
  Case() {
    const auto images = [](const std::string& label, int channels) {
      return nn::Images<float>(label, windows, points, points, fold * fold * channels);
    };
    answer = images("answer", answer_channels);
    label = images("label", answer_channels);
    weight = images("weight", 1);
    derivative = images("derivative", answer_channels);
    loss = View<float*>("loss", windows);
    const auto fill = [](const nn::Images<float>& to, std::uint64_t when, bool positive) {
      const auto host = Kokkos::create_mirror_view(to);
      for (std::size_t k = 0; k < to.size(); ++k) {
        const double n = random::normal_pair(3, random::Stream::shuffle, k, when).first;
        host.data()[k] = static_cast<float>(positive ? 0.5 + 0.5 * std::tanh(n) : 0.3 * n);
      }
      Kokkos::deep_copy(to, host);
    };
    fill(answer, 1, false);
    fill(label, 2, false);
    fill(weight, 3, true);
  }
  double total() {
    window_loss({}, answer, label, weight, fold, 1.0f, derivative, loss);
    const auto host = host_copy(loss);
    return static_cast<double>(host(0)) + host(1);
  }
  void add(std::size_t k, float what) {
    const auto host = host_copy(answer);
    host.data()[k] += what;
    Kokkos::deep_copy(answer, host);
  }
  nn::Images<float> answer, label, weight, derivative;
  View<float*> loss;
};

TEST(WindowLoss, ItsDerivativeIsThatOfFiniteDifferences) {
  Case c;
  c.total();
  const auto slope = host_copy(c.derivative);
  const std::vector<float> kept(slope.data(), slope.data() + slope.size());
  for (std::size_t k = 7; k < kept.size(); k += 311) {
    const float step = 0.02f;
    c.add(k, step);
    const double up = c.total();
    c.add(k, -2.0f * step);
    const double down = c.total();
    c.add(k, step);
    // The loss, near 10, is rounded to 1e-6: 5e-5 of a slope whose size is 1e-3 … 1e-2; third derivatives are below.
    EXPECT_NEAR((up - down) / (2.0 * step), kept[k], 1e-4) << k;
  }
}

TEST(WindowLoss, DoesNotSeeAGlobalPhaseButAnAmplitude) {
  Case c;
  const double before = c.total();
  const auto shifted = [&](int channel) {
    const auto host = host_copy(c.answer);
    for (std::size_t k = static_cast<std::size_t>(channel); k < host.size(); k += answer_channels)
      host.data()[k] += 0.7f;
    Kokkos::deep_copy(c.answer, host);
  };
  shifted(1);
  EXPECT_NEAR(c.total(), before, 1e-4);
  shifted(0);
  EXPECT_GT(c.total(), before + 0.5);
}

// A smooth error of the same size costs more than noise: cells of 16 pixels average noise away.
TEST(WindowLoss, LowFrequenciesCountMore) {
  Case smooth, noisy;
  const auto set = [](Case& c, bool is_smooth) {
    const auto answer = Kokkos::create_mirror_view(c.answer);
    Kokkos::deep_copy(c.label, 0.0f);
    Kokkos::deep_copy(c.weight, 1.0f);
    for (std::size_t k = 0; k < answer.size(); ++k) {
      const auto point = k / (fold * fold * answer_channels) % points;
      answer.data()[k] = is_smooth ? (point < points / 2 ? 0.1f : -0.1f) : (k / answer_channels % 2 ? 0.1f : -0.1f);
    }
    Kokkos::deep_copy(c.answer, answer);
  };
  set(smooth, true);
  set(noisy, false);
  EXPECT_GT(smooth.total(), 3.0 * noisy.total());  // 5.5 to 0.5 were the noise averaged out entirely
}

}  // namespace
}  // namespace locum::imaging
