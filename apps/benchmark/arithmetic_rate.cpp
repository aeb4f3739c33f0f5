#include "apps/benchmark/arithmetic_rate.hpp"

#include <string>
#include <vector>

#include "apps/benchmark/timing.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/linalg/dense.hpp"

namespace locum::apps {

double arithmetic_rate(const Context& context, linalg::Precision precision) {
  std::vector<double> seconds;
  double operations = 0.0;
  for (int turn = 0; turn <= 5; ++turn) {
    const Stopwatch watch;
    if constexpr (device_is_host) {
      constexpr int lanes = 16, chains = 12, times = 2000000;  // as many as hide the latency
      float sum[chains][lanes] = {};
      for (int k = 0; k < times; ++k)
        for (int c = 0; c < chains; ++c)
          for (int l = 0; l < lanes; ++l) sum[c][l] = sum[c][l] * 0.999f + 0.5f;
      double all = 0.0;
      for (const auto& chain : sum) all += chain[0];
      if (!(all > 0.0)) throw NumericalError("sums of positive numbers are " + std::to_string(all), "ptychonn");
      operations = 2.0 * lanes * chains * times;
    } else {
      constexpr int n = 8192;
      const linalg::Matrix<float> a("a", n, n), b("b", n, n), c("c", n, n);
      linalg::gemm_batched(context.space, precision, linalg::Op::none, linalg::Op::none, n, n, n, 1.0f, a.data(), n, 0L,
                           b.data(), n, 0L, 0.0f, c.data(), n, 0L, 1);
      context.space.fence();
      operations = 2.0 * n * static_cast<double>(n) * n;
    }
    if (turn > 0) seconds.push_back(watch.seconds());
  }
  // Two products of numbers of 16 bits take one lane of 32.
  return operations * (device_is_host && precision == linalg::Precision::bf16 ? 2.0 : 1.0) / median(seconds);
}

}  // namespace locum::apps
