// Conjugate gradients once more, by plain loops in double, with cosines by their definition: what the engine is held
// against.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "kokkos_kernels/fft/transform.hpp"
#include "tests/unit/solvers/imaging/ptychography/plain_model.hpp"

namespace locum::imaging::plain {

// All frames of a case; the probe is the truth.
struct ConjugateGradients {
  const double pi = std::acos(-1.0);
  const Case& c;
  double damping;
  bool coarse;
  Field object, gradient, before, direction;
  std::vector<double> light;
  double slope_before = 0.0;

  ConjugateGradients(const Case& of, const Field& start, double damped, bool coarse_phase)
      : c(of),
        damping(damped),
        coarse(coarse_phase),
        object(start),
        before(start.size(), 0.0),
        direction(start.size(), 0.0),
        light(start.size(), 0.0) {
    below([&](std::size_t at, Complex p, int, std::size_t, std::size_t) { light[at] += std::norm(p); });
  }

  // visit(pixel of the object, P_m there, frame, mode, pixel of the window)
  template <class Visit>
  void below(const Visit& visit) const {
    for (int j = 0; j < c.data.size(); ++j) {
      const auto pixel = pixel_of(c, j);
      const auto probes = probes_at(c, c.probe, j);
      for (std::size_t m = 0; m < probes.size(); ++m)
        for (int x = 0; x < c.data.nx; ++x)
          for (int y = 0; y < c.data.ny; ++y) {
            const auto in = static_cast<std::size_t>(x * c.data.ny + y);
            visit(static_cast<std::size_t>((pixel[0] + x) * c.data.object_ny + pixel[1] + y), probes[m][in], j, m, in);
          }
    }
  }

  double dot(const Field& a, const Field& b) const {
    double sum = 0.0;
    for (std::size_t k = 0; k < a.size(); ++k) sum += light[k] > 0.0 ? (std::conj(a[k]) * b[k]).real() : 0.0;
    return sum;
  }

  // Centre of the probe's light, and the mean square distance, along an axis.
  std::array<double, 2> width(int axis) const {
    double total = 0.0, first = 0.0, second = 0.0;
    for (const Field& p : c.probe)
      for (std::size_t k = 0; k < p.size(); ++k) {
        const auto ny = static_cast<std::size_t>(c.data.ny);
        const double at = static_cast<double>(axis == 0 ? k / ny : k % ny), w = std::norm(p[k]);
        total += w;
        first += w * at;
        second += w * at * at;
      }
    return {first / total, second / total - first * first / (total * total)};
  }

  void add_coarse(Field& z) const {
    int low[2], size[2];
    double square[2];
    for (int axis = 0; axis < 2; ++axis) {
      const auto [centre, spread] = width(axis);
      square[axis] = spread;
      double least = 1e9, most = -1e9;
      for (const auto& p : c.data.position) {
        least = std::min(least, p[static_cast<std::size_t>(axis)] + centre - 2.0 * std::sqrt(spread));
        most = std::max(most, p[static_cast<std::size_t>(axis)] + centre + 2.0 * std::sqrt(spread));
      }
      low[axis] = std::max(0, static_cast<int>(std::floor(least)));
      const int end = std::min(axis == 0 ? c.data.object_nx : c.data.object_ny, static_cast<int>(std::ceil(most)) + 1);
      size[axis] = end - low[axis];
    }
    const int nx = fft::good_size(size[0]), ny = fft::good_size(size[1]);
    double lit = 0.0, squares = 0.0;
    for (std::size_t k = 0; k < z.size(); ++k) {
      lit += light[k];
      squares += light[k] * light[k] * std::norm(object[k]);
    }
    const auto pixel = [&](int x, int y) {
      return static_cast<std::size_t>((low[0] + x) * c.data.object_ny + low[1] + y);
    };
    const auto wave = [&](int k, int i, int n) { return std::cos(pi * k * (2 * i + 1) / (2.0 * n)); };
    Field more(z.size(), 0.0);
    for (int kx = 0; kx < nx; ++kx)
      for (int ky = 0; ky < ny; ++ky) {
        if (kx == 0 && ky == 0) continue;
        double sum = 0.0;
        for (int x = 0; x < size[0]; ++x)
          for (int y = 0; y < size[1]; ++y)
            sum += (std::conj(object[pixel(x, y)]) * gradient[pixel(x, y)]).imag() * wave(kx, x, nx) * wave(ky, y, ny);
        const double s = 4.0 * square[0] * std::pow(std::sin(0.5 * pi * kx / nx), 2) +
                         4.0 * square[1] * std::pow(std::sin(0.5 * pi * ky / ny), 2);
        sum *= (kx > 0 ? 2.0 : 1.0) * (ky > 0 ? 2.0 : 1.0) / (nx * ny) / (std::exp(s) - 1.0) * lit / squares;
        for (int x = 0; x < size[0]; ++x)
          for (int y = 0; y < size[1]; ++y) more[pixel(x, y)] += sum * wave(kx, x, nx) * wave(ky, y, ny);
      }
    for (std::size_t k = 0; k < z.size(); ++k) z[k] += Complex(0.0, 1.0) * object[k] * more[k];
  }

  // Σ of [a² / M + max(0, 1 − √(I / M)) (b − a² / M)] over frames and valid pixels.
  double curvature() const {
    const auto n = static_cast<double>(c.data.window());
    std::vector<Field> waves, changes;
    double total = 0.0;
    for (int j = 0; j < c.data.size(); ++j) {
      const auto at = pixel_of(c, j);
      const Field o = window(object, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
      const Field d = window(direction, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
      std::vector<double> model(o.size(), 0.0), a(o.size(), 0.0), b(o.size(), 0.0);
      for (const Field& p : probes_at(c, c.probe, j)) {
        Field psi(o.size()), phi(o.size());
        for (std::size_t k = 0; k < o.size(); ++k) {
          psi[k] = p[k] * o[k];
          phi[k] = p[k] * d[k];
        }
        psi = transform(psi, c.data.nx, c.data.ny, -1);
        phi = transform(phi, c.data.nx, c.data.ny, -1);
        for (std::size_t k = 0; k < o.size(); ++k) {
          model[k] += std::norm(psi[k]) / n;
          a[k] += (std::conj(psi[k]) * phi[k]).real() / n;
          b[k] += std::norm(phi[k]) / n;
        }
      }
      for (std::size_t k = 0; k < o.size(); ++k) {
        if (!c.data.mask.empty() && c.data.mask[k] <= 0.0f) continue;
        const double m = model[k] + (c.data.background.empty() ? 0.0 : c.data.background[k]);
        const double along = a[k] * a[k] / m;
        const double root = std::sqrt(c.counts[static_cast<std::size_t>(j) * o.size() + k] / m);
        total += along + std::max(0.0, 1.0 - root) * (b[k] - along);
      }
    }
    return total;
  }

  void sweep() {
    std::vector<std::vector<Field>> chi;
    for (int j = 0; j < c.data.size(); ++j) chi.push_back(change(c, object, c.probe, j));
    gradient.assign(object.size(), 0.0);
    below([&](std::size_t at, Complex p, int j, std::size_t m, std::size_t in) {
      gradient[at] += std::conj(p) * chi[static_cast<std::size_t>(j)][m][in];
    });
    const double bright = *std::max_element(light.begin(), light.end());
    Field z = gradient, changed = gradient;
    for (std::size_t k = 0; k < z.size(); ++k) {
      z[k] /= std::hypot(light[k], damping * bright);
      changed[k] -= before[k];
    }
    if (coarse) add_coarse(z);
    const double slope = dot(gradient, z);
    const double beta = slope_before > 0.0 ? std::max(0.0, dot(changed, z) / slope_before) : 0.0;
    for (std::size_t k = 0; k < z.size(); ++k) direction[k] = z[k] + beta * direction[k];
    const double step = dot(gradient, direction) / curvature();
    for (std::size_t k = 0; k < z.size(); ++k) object[k] += step * direction[k];
    before = gradient;
    slope_before = slope;
  }
};

}  // namespace locum::imaging::plain
