// Adam (Kingma and Ba, ICLR 2015, Algorithm 1) in single precision where the parameters lie: for networks whose step is
// shorter than the way of their gradients to the host. train::Adam is the one of inputs, in double precision.
//
// Gradients do not accumulate: one call, one update.
#pragma once

#include <cstdint>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::nn {

class DeviceAdam {
 public:
  DeviceAdam(const ExecutionSpace& space, std::size_t size, double beta1 = 0.9, double beta2 = 0.999,
             double epsilon = 1e-8);
  // parameters −= rate · m̂ / (√v̂ + ε); both of the given size. gradient: times scale on the way in.
  void update(const View<float*>& parameters, const View<const float*>& gradient, double rate, double scale = 1.0);
  std::int64_t updates() const { return updates_; }

 private:
  ExecutionSpace space_;
  double beta1_, beta2_, epsilon_;
  std::int64_t updates_ = 0;
  View<float*> first_, second_;  // running means of the gradient and its square
};

}  // namespace locum::nn
