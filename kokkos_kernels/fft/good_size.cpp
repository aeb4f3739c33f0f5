#include "kokkos_kernels/fft/transform.hpp"

namespace locum::fft {

int good_size(int n) {
  for (int size = n < 2 ? 2 : n + n % 2;; size += 2) {
    int rest = size;
    for (const int prime : {2, 3, 5, 7})
      while (rest % prime == 0) rest /= prime;
    if (rest == 1) return size;
  }
}

}  // namespace locum::fft
