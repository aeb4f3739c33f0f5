#include "kokkos_kernels/fft/line_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/fft/transform.hpp"

namespace locum::fft {

std::vector<int> radices(int n) {
  std::vector<int> list;
  int rest = n;
  for (const int radix : {8, 7, 5, 3, 4, 2})
    while (rest > 1 && rest % radix == 0) {
      list.push_back(radix);
      rest /= radix;
    }
  if (n < 2 || rest != 1)
    throw ConfigError(
        fmt::format("lines of {} points cannot be transformed: 2 or more were expected, with no prime factor above 7",
                    n),
        "fft", n < 2 ? "" : fmt::format("{} points would do", good_size(n)));
  std::sort(list.begin(), list.end(), std::greater<>());
  if (list.size() > 2) std::rotate(list.begin() + 1, list.begin() + 2, list.end());  // the second largest goes last
  return list;
}

template <class T>
LinePlan<T>::LinePlan(int points) : n(points) {
  const std::vector<int> list = radices(points);
  if (list.size() > most_passes)
    throw ConfigError(fmt::format("a line of {} points would take {} passes, {} were expected at most", points,
                                  list.size(), most_passes),
                      "fft");
  passes = static_cast<int>(list.size());
  std::vector<T> factors;
  const double pi = std::acos(-1.0);
  for (int p = 0, l = 1; p < passes; l *= radix[p++]) {
    radix[p] = list[static_cast<std::size_t>(p)];
    first_twiddle[p] = static_cast<int>(factors.size());
    for (int k = 0; l > 1 && k < l; ++k)
      for (int q = 1; q < radix[p]; ++q) {
        const double angle = -2.0 * pi * k * q / (static_cast<double>(l) * radix[p]);
        factors.push_back(static_cast<T>(std::cos(angle)));
        factors.push_back(static_cast<T>(std::sin(angle)));
      }
  }
  twiddle = View<T*>(uninitialized("fft::twiddle"), factors.size());
  const auto twiddle_host = Kokkos::create_mirror_view(twiddle);
  std::copy(factors.begin(), factors.end(), twiddle_host.data());
  Kokkos::deep_copy(twiddle, twiddle_host);
}

template struct LinePlan<float>;
template struct LinePlan<double>;

}  // namespace locum::fft
