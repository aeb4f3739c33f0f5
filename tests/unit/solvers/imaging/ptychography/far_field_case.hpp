// A small data set of the far-field model's tests, and the loss that its gradient belongs to, by plain loops.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/unit/solvers/imaging/ptychography/plain_model.hpp"

namespace locum::imaging::plain {

inline Case small_case(Setting& setting, bool masked) {
  setting.nx = setting.ny = 16;
  setting.modes = 2;
  setting.background = 2.0;
  Case c = make(setting, grid(setting, 3, 2, 4.0, 0.4, true));
  if (masked) {
    c.data.mask.assign(c.data.window(), 1.0f);
    for (std::size_t k = 3; k < c.data.window(); k += 11) c.data.mask[k] = 0.0f;
  }
  c.data.comm = Communicator::world();
  return c;
}

// What a pixel of n counts adds to the loss where the model has m: (√n − √m)², or a quarter of Poisson's deviance, on
// from n / m = (2 + √3)² as the parabola in √m that has its value and its slope there (poisson_deviance.hpp).
inline double plain_error(bool poisson, double n, double m) {
  if (!poisson) return std::pow(std::sqrt(n) - std::sqrt(m), 2);
  m += 1e-3;  // the least that the solver lets a model have
  const double held = 2.0 + std::sqrt(3.0), c = std::log(held) + 2.0 / held;
  if (n > held * held * m) return m - 4.0 * std::sqrt(n * m) + c * n;
  return 0.5 * (m - n) + (n > 0.0 ? 0.5 * n * std::log(n / m) : 0.0);
}

// Their sum over the frames, over Σ I, by plain loops.
inline double plain_loss(const Case& c, const std::vector<int>& frames, const Field& object, bool poisson = false) {
  double off = 0.0, counts = 0.0;
  for (int j : frames) {
    const auto pixel = pixel_of(c, j);
    const auto o = window(object, c.data.object_ny, c.data.nx, c.data.ny, pixel[0], pixel[1]);
    std::vector<double> model(o.size(), c.data.background.empty() ? 0.0 : c.data.background[0]);
    for (auto psi : probes_at(c, c.probe, j)) {
      for (std::size_t k = 0; k < o.size(); ++k) psi[k] *= o[k];
      psi = transform(psi, c.data.nx, c.data.ny, -1);
      for (std::size_t k = 0; k < o.size(); ++k) model[k] += std::norm(psi[k]) / static_cast<double>(o.size());
    }
    for (std::size_t k = 0; k < o.size(); ++k) {
      if (!c.data.mask.empty() && c.data.mask[k] == 0.0f) continue;
      const double n = c.counts[static_cast<std::size_t>(j) * o.size() + k];
      off += plain_error(poisson, n, model[k]);
      counts += n;
    }
  }
  return off / counts;
}

}  // namespace locum::imaging::plain
