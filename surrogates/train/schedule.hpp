// Learning rate over a training: a linear rise, then half a cosine down to zero (Loshchilov and Hutter, ICLR 2017).
#pragma once

#include <cmath>

namespace locum::train {

// progress in [0, 1); warm_up: share of the training in which the rate rises.
inline double cosine_schedule(double progress, double warm_up, double highest) {
  if (progress < warm_up) return highest * progress / warm_up;
  const double p = warm_up < 1.0 ? (progress - warm_up) / (1.0 - warm_up) : 0.0;
  return 0.5 * highest * (1.0 + std::cos(3.14159265358979323846 * p));
}

}  // namespace locum::train
