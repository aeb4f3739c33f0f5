// Conjugate gradients once more, by plain loops in double, with cosines by their definition: what the engine is held
// against.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "kokkos_kernels/fft/transform.hpp"
#include "tests/unit/solvers/imaging/ptychography/plain_model.hpp"

namespace locum::imaging::plain {

// All frames of a case.
struct ConjugateGradients {
  struct Choice {
    bool coarse = false, poisson = false, refine = false;
  };
  const double pi = std::acos(-1.0), damping = 0.02;
  const Case& c;
  Choice choice;
  Field object, gradient, before, last;                                             // O, G, G', S
  std::vector<Field> probe, first_probe, probe_gradient, probe_before, probe_last;  // by mode
  std::vector<double> light, object_light;
  double along_before = 0.0;

  ConjugateGradients(const Case& of, const Field& start, const std::vector<Field>& start_probe, Choice chosen)
      : c(of),
        choice(chosen),
        object(start),
        before(start.size(), 0.0),
        last(start.size(), 0.0),
        probe(start_probe),
        first_probe(start_probe),
        probe_before(start_probe.size(), Field(start_probe[0].size(), 0.0)),
        probe_last(probe_before) {}

  Field below_frame(const Field& values, int j) const {
    const auto at = pixel_of(c, j);
    return window(values, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
  }

  // visit(pixel of the object, P_m there, frame, mode, pixel of the window)
  template <class Visit>
  void below(const Visit& visit) const {
    for (int j = 0; j < c.data.size(); ++j) {
      const auto pixel = pixel_of(c, j);
      const auto probes = probes_at(c, probe, j);
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
  static double dot(const std::vector<Field>& a, const std::vector<Field>& b) {
    double sum = 0.0;
    for (std::size_t m = 0; m < a.size(); ++m)
      for (std::size_t k = 0; k < a[m].size(); ++k) sum += (std::conj(a[m][k]) * b[m][k]).real();
    return sum;
  }

  // Centre of the first probe's light, and the mean square distance, along an axis.
  std::array<double, 2> width(int axis) const {
    double total = 0.0, first = 0.0, second = 0.0;
    for (const Field& p : first_probe)
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

  void find_gradients() {
    light.assign(object.size(), 0.0);
    object_light.assign(probe[0].size(), 0.0);
    gradient.assign(object.size(), 0.0);
    probe_gradient.assign(probe.size(), Field(probe[0].size(), 0.0));
    std::vector<std::vector<Field>> chi;
    for (int j = 0; j < c.data.size(); ++j) {
      chi.push_back(change(c, object, probe, j, choice.poisson));
      const Field o = below_frame(object, j);
      const auto pixel = pixel_of(c, j);
      const auto& p = c.data.position[static_cast<std::size_t>(j)];
      for (std::size_t m = 0; m < probe.size(); ++m) {
        Field product(o.size());
        for (std::size_t k = 0; k < o.size(); ++k) product[k] = std::conj(o[k]) * chi.back()[m][k];
        product = moved(product, c.data.nx, c.data.ny, pixel[0] - p[0], pixel[1] - p[1]);
        for (std::size_t k = 0; k < o.size(); ++k) probe_gradient[m][k] += product[k];
      }
      for (std::size_t k = 0; k < o.size(); ++k) object_light[k] += std::norm(o[k]);
    }
    below([&](std::size_t at, Complex p, int j, std::size_t m, std::size_t in) {
      light[at] += std::norm(p);
      gradient[at] += std::conj(p) * chi[static_cast<std::size_t>(j)][m][in];
    });
  }

  struct Curvature {
    double object = 0.0, both = 0.0, probe = 0.0, probe_size = 0.0;
  };

  // Over frames and valid pixels Σ of [a a / M + max(0, 1 − √(I / M)) (b − a a / M)], or Poisson's,
  // [a a / M + max(0, ½ − ½ I / M) (b − 2 a a / M)].
  Curvature curvature(const Field& direction, const std::vector<Field>& probe_direction) const {
    const auto n = static_cast<double>(c.data.window());
    Curvature total;
    for (int j = 0; j < c.data.size(); ++j) {
      const Field o = below_frame(object, j), d = below_frame(direction, j);
      const auto probes = probes_at(c, probe, j), moves = probes_at(c, probe_direction, j);
      std::array<std::vector<double>, 6> sums;  // M, a_O, a_P, b_OO, b_OP, b_PP
      sums.fill(std::vector<double>(o.size(), 0.0));
      for (std::size_t m = 0; m < probes.size(); ++m) {
        Field psi(o.size()), phi(o.size()), more(o.size());
        for (std::size_t k = 0; k < o.size(); ++k) {
          psi[k] = probes[m][k] * o[k];
          phi[k] = probes[m][k] * d[k];
          more[k] = moves[m][k] * o[k];
          total.probe_size += std::norm(more[k]);
        }
        psi = transform(psi, c.data.nx, c.data.ny, -1);
        phi = transform(phi, c.data.nx, c.data.ny, -1);
        more = transform(more, c.data.nx, c.data.ny, -1);
        for (std::size_t k = 0; k < o.size(); ++k) {
          const Complex each[6][2] = {{psi[k], psi[k]}, {psi[k], phi[k]},  {psi[k], more[k]},
                                      {phi[k], phi[k]}, {phi[k], more[k]}, {more[k], more[k]}};
          for (std::size_t s = 0; s < 6; ++s) sums[s][k] += (std::conj(each[s][0]) * each[s][1]).real() / n;
        }
      }
      for (std::size_t k = 0; k < o.size(); ++k) {
        if (!c.data.mask.empty() && c.data.mask[k] <= 0.0f) continue;
        const double m =
            sums[0][k] + (c.data.background.empty() ? 0.0 : c.data.background[k]) + (choice.poisson ? 1e-3 : 0.0);
        const double ratio = c.counts[static_cast<std::size_t>(j) * o.size() + k] / m;
        const auto bend = [&](double along, double b) {
          return choice.poisson ? along + std::max(0.0, 0.5 - 0.5 * ratio) * (b - 2.0 * along)
                                : along + std::max(0.0, 1.0 - std::sqrt(ratio)) * (b - along);
        };
        total.object += bend(sums[1][k] * sums[1][k] / m, sums[3][k]);
        total.both += bend(sums[1][k] * sums[2][k] / m, sums[4][k]);
        total.probe += bend(sums[2][k] * sums[2][k] / m, sums[5][k]);
      }
    }
    return total;
  }

  static void add(Field& to, double factor, const Field& what) {
    for (std::size_t k = 0; k < to.size(); ++k) to[k] += factor * what[k];
  }

  void sweep() {
    find_gradients();
    const double bright = *std::max_element(light.begin(), light.end());
    const double brightest = *std::max_element(object_light.begin(), object_light.end());
    Field z = gradient, changed = gradient;
    for (std::size_t k = 0; k < z.size(); ++k) z[k] /= std::hypot(light[k], damping * bright);
    if (choice.coarse) add_coarse(z);
    add(changed, -1.0, before);
    std::vector<Field> probe_z = probe_gradient, probe_changed = probe_gradient;
    for (std::size_t m = 0; m < probe.size(); ++m) {
      for (std::size_t k = 0; k < object_light.size(); ++k)
        probe_z[m][k] *= choice.refine ? 1.0 / std::hypot(object_light[k], damping * brightest) : 0.0;
      add(probe_changed[m], -1.0, probe_before[m]);
    }
    const double along = dot(gradient, last) + dot(probe_gradient, probe_last);
    const double fallen = along_before - along;
    const double beta =
        along_before > 0.0 ? std::max(0.0, (dot(changed, z) + dot(probe_changed, probe_z)) / fallen) : 0.0;
    add(z, beta, last);
    for (std::size_t m = 0; m < probe.size(); ++m) add(probe_z[m], beta, probe_last[m]);
    step(z, probe_z);
    before = gradient;
    probe_before = probe_gradient;
  }

  void step(const Field& direction, const std::vector<Field>& probe_direction) {
    const double slope = dot(gradient, direction), probe_slope = dot(probe_gradient, probe_direction);
    const Curvature bend = curvature(direction, probe_direction);
    double t = slope / bend.object, t_probe = 0.0;
    if (choice.refine) {
      double lit = 0.0;  // the engine's figure for all frames, from those that it looked at: here all of them
      for (const Field& d : probe_direction)
        for (std::size_t k = 0; k < d.size(); ++k) lit += object_light[k] * std::norm(d[k]);
      const double share = lit / bend.probe_size, both = std::sqrt(share) * bend.both, of_probe = share * bend.probe;
      const double determinant = bend.object * of_probe - both * both;
      t = (of_probe * slope - both * probe_slope) / determinant;
      t_probe = (bend.object * probe_slope - both * slope) / determinant;
    }
    last.assign(last.size(), 0.0);
    add(last, t, direction);
    add(object, 1.0, last);
    for (std::size_t m = 0; m < probe.size(); ++m) {
      probe_last[m].assign(probe_last[m].size(), 0.0);
      add(probe_last[m], t_probe, probe_direction[m]);
      add(probe[m], 1.0, probe_last[m]);
    }
    along_before = t * slope + t_probe * probe_slope;
  }
};

}  // namespace locum::imaging::plain
