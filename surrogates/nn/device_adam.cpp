#include "surrogates/nn/device_adam.hpp"

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/nn/images.hpp"

namespace locum::nn {

DeviceAdam::DeviceAdam(const ExecutionSpace& space, std::size_t size, double beta1, double beta2, double epsilon)
    : space_(space),
      beta1_(beta1),
      beta2_(beta2),
      epsilon_(epsilon),
      first_("adam_first", size),
      second_("adam_second", size) {}

void DeviceAdam::update(const View<float*>& parameters, const View<const float*>& gradient, double rate, double scale) {
  if (parameters.extent(0) != first_.extent(0) || gradient.extent(0) != first_.extent(0))
    throw ConfigError("Adam was given " + std::to_string(parameters.extent(0)) + " parameters and " +
                      std::to_string(gradient.extent(0)) + " derivatives, it has " + std::to_string(first_.extent(0)));
  ++updates_;
  const auto n = static_cast<double>(updates_);
  const float step = static_cast<float>(rate / (1.0 - std::pow(beta1_, n)));
  const float correct = static_cast<float>(1.0 / (1.0 - std::pow(beta2_, n)));
  const float b1 = static_cast<float>(beta1_), b2 = static_cast<float>(beta2_), s = static_cast<float>(scale);
  const float c1 = static_cast<float>(1.0 - beta1_), c2 = static_cast<float>(1.0 - beta2_);
  const float epsilon = static_cast<float>(epsilon_);
  float *p = parameters.data(), *m = first_.data(), *v = second_.data();
  const float* from = gradient.data();
  for_each_number(
      "device_adam", space_, first_.extent(0), KOKKOS_LAMBDA(std::size_t first, std::size_t last) {
        for (std::size_t k = first; k < last; ++k) {
          const float g = s * from[k];
          m[k] = b1 * m[k] + c1 * g;
          v[k] = b2 * v[k] + c2 * g * g;
          p[k] -= step * m[k] / (std::sqrt(v[k] * correct) + epsilon);
        }
      });
}

}  // namespace locum::nn
