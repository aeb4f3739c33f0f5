#include "tests/unit/solvers/imaging/ptychography/plain_model.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace locum::imaging::plain {
namespace {

const double pi = std::acos(-1.0);

std::size_t at(int x, int y, int ny) {
  return static_cast<std::size_t>(x) * static_cast<std::size_t>(ny) + static_cast<std::size_t>(y);
}

// Lines of n numbers, `stride` apart: the definition, with the roots of one in a table.
void transform_lines(Field& f, int n, int lines, std::size_t stride, std::size_t next, int sign) {
  std::vector<Complex> root(static_cast<std::size_t>(n)), out(static_cast<std::size_t>(n));
  for (int k = 0; k < n; ++k) root[static_cast<std::size_t>(k)] = std::polar(1.0, sign * 2.0 * pi * k / n);
  for (int line = 0; line < lines; ++line) {
    Complex* first = f.data() + static_cast<std::size_t>(line) * next;
    for (int k = 0; k < n; ++k) {
      Complex sum = 0.0;
      for (int x = 0; x < n; ++x)
        sum += first[static_cast<std::size_t>(x) * stride] * root[static_cast<std::size_t>(k) * x % n];
      out[static_cast<std::size_t>(k)] = sum;
    }
    for (int k = 0; k < n; ++k) first[static_cast<std::size_t>(k) * stride] = out[static_cast<std::size_t>(k)];
  }
}

std::vector<Field> make_probe(const Setting& s) {
  std::vector<Field> probe(static_cast<std::size_t>(s.modes), Field(static_cast<std::size_t>(s.nx * s.ny)));
  for (int m = 0; m < s.modes; ++m) {
    double power = 0.0;
    for (int x = 0; x < s.nx; ++x)
      for (int y = 0; y < s.ny; ++y) {
        const double u = (x - 0.5 * s.nx) / (s.radius * s.nx), v = (y - 0.5 * s.ny) / (s.radius * s.ny),
                     r2 = u * u + v * v;
        const double shape = m == 0 ? 1.0 : m == 1 ? u : m == 2 ? v : u * v;
        auto& p = probe[static_cast<std::size_t>(m)][at(x, y, s.ny)];
        p = shape * std::exp(-r2 * r2) * std::polar(1.0, 2.5 * r2 + 0.3 * u);
        power += std::norm(p);
      }
    const double share = s.modes == 1 ? 1.0 : m == 0 ? 0.75 : 0.25 / (s.modes - 1);
    for (auto& p : probe[static_cast<std::size_t>(m)]) p *= std::sqrt(s.counts * share / power);
  }
  return probe;
}

}  // namespace

Field transform(const Field& in, int nx, int ny, int sign) {
  Field f = in;
  transform_lines(f, ny, nx, 1, static_cast<std::size_t>(ny), sign);
  transform_lines(f, nx, ny, static_cast<std::size_t>(ny), 1, sign);
  return f;
}

Field moved(const Field& probe, int nx, int ny, double x, double y) {
  if (x == 0.0 && y == 0.0) return probe;
  Field f = transform(probe, nx, ny, -1);
  for (int kx = 0; kx < nx; ++kx)
    for (int ky = 0; ky < ny; ++ky) {
      const double fx = (2 * kx < nx ? kx : kx - nx) / static_cast<double>(nx);
      const double fy = (2 * ky < ny ? ky : ky - ny) / static_cast<double>(ny);
      f[at(kx, ky, ny)] *= std::polar(1.0 / (nx * ny), -2.0 * pi * (fx * x + fy * y));
    }
  return transform(f, nx, ny, 1);
}

Field random_object(const Setting& s, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  Field object(static_cast<std::size_t>(s.object_nx * s.object_ny));
  std::vector<double> phase(object.size(), 0.0), absorption(object.size(), 0.0);
  for (int wave = 0; wave < 24; ++wave) {  // of lengths from a quarter of the object to three pixels
    const double length = 3.0 * std::pow(s.object_nx / 12.0, 0.5 + 0.5 * uniform(generator)),
                 angle = pi * uniform(generator);
    const double kx = 2 * pi * std::cos(angle) / length, ky = 2 * pi * std::sin(angle) / length;
    const double a = pi * uniform(generator), b = pi * uniform(generator), size = std::sqrt(length / s.object_nx);
    for (int x = 0; x < s.object_nx; ++x)
      for (int y = 0; y < s.object_ny; ++y) {
        phase[at(x, y, s.object_ny)] += size * std::sin(kx * x + ky * y + a);
        absorption[at(x, y, s.object_ny)] += size * std::sin(kx * x + ky * y + b);
      }
  }
  double most_phase = 0.0, most = 0.0;
  for (std::size_t k = 0; k < object.size(); ++k) {
    most_phase = std::max(most_phase, std::abs(phase[k]));
    most = std::max(most, std::abs(absorption[k]));
  }
  for (std::size_t k = 0; k < object.size(); ++k)
    object[k] = std::polar(1.0 - 0.5 * s.dark * (1.0 + absorption[k] / most), s.phase * phase[k] / most_phase);
  return object;
}

Field window(const Field& object, int object_ny, int nx, int ny, int x, int y) {
  Field w(static_cast<std::size_t>(nx * ny));
  for (int i = 0; i < nx; ++i)
    for (int j = 0; j < ny; ++j) w[at(i, j, ny)] = object[at(x + i, y + j, object_ny)];
  return w;
}

std::array<int, 2> pixel_of(const Case& c, int j) {
  const auto& p = c.data.position[static_cast<std::size_t>(j)];
  return {static_cast<int>(std::floor(p[0] + 0.5)), static_cast<int>(std::floor(p[1] + 0.5))};
}

std::vector<Field> probes_at(const Case& c, const std::vector<Field>& probe, int j) {
  const auto& p = c.data.position[static_cast<std::size_t>(j)];
  const auto pixel = pixel_of(c, j);
  std::vector<Field> all;
  for (const Field& f : probe) all.push_back(moved(f, c.data.nx, c.data.ny, p[0] - pixel[0], p[1] - pixel[1]));
  return all;
}

std::vector<Field> change(const Case& c, const Field& object, const std::vector<Field>& probe, int j, bool poisson) {
  const int nx = c.data.nx, ny = c.data.ny;
  const auto pixel = pixel_of(c, j);
  const Field o = window(object, c.data.object_ny, nx, ny, pixel[0], pixel[1]);
  std::vector<Field> waves = probes_at(c, probe, j);
  std::vector<double> model(o.size(), 0.0);
  for (Field& psi : waves) {
    for (std::size_t k = 0; k < o.size(); ++k) psi[k] *= o[k];
    psi = transform(psi, nx, ny, -1);
    for (std::size_t k = 0; k < o.size(); ++k) model[k] += std::norm(psi[k]) / (nx * ny);
  }
  for (Field& psi : waves) {
    for (std::size_t k = 0; k < o.size(); ++k) {
      const double background = c.data.background.empty() ? 0.0 : c.data.background[k];
      const bool valid = c.data.mask.empty() || c.data.mask[k] > 0.0f;
      const double counts = model[k] + background + (poisson ? 1e-3 : 0.0);
      const double root = std::sqrt(c.counts[static_cast<std::size_t>(j) * o.size() + k] / counts);
      const double f = poisson ? std::min(0.5 + 0.5 * root * root, std::max(1.0, 2.0 * root)) : root;
      psi[k] *= valid ? (f - 1.0) / (nx * ny) : 0.0;
    }
    psi = transform(psi, nx, ny, 1);
  }
  return waves;
}

Case make(const Setting& s, std::vector<std::array<double, 2>> positions) {
  Case c;
  c.object = random_object(s, s.seed);
  c.probe = make_probe(s);
  c.data.nx = s.nx;
  c.data.ny = s.ny;
  c.data.dx = c.data.dy = 0.2;
  c.data.object_nx = s.object_nx;
  c.data.object_ny = s.object_ny;
  c.data.modes = s.modes;
  c.data.position = std::move(positions);
  for (const Field& p : c.probe) {
    const auto values = narrow(p);
    c.data.probe.insert(c.data.probe.end(), values.begin(), values.end());
  }
  if (s.background > 0.0)
    c.data.background.assign(static_cast<std::size_t>(s.nx * s.ny), static_cast<float>(s.background));
  std::mt19937 generator(s.seed + 100);
  for (int j = 0; j < c.data.size(); ++j) {
    const auto pixel = pixel_of(c, j);
    const Field o = window(c.object, s.object_ny, s.nx, s.ny, pixel[0], pixel[1]);
    std::vector<double> sum(o.size(), s.background);
    for (Field psi : probes_at(c, c.probe, j)) {
      for (std::size_t k = 0; k < o.size(); ++k) psi[k] *= o[k];
      psi = transform(psi, s.nx, s.ny, -1);
      for (std::size_t k = 0; k < o.size(); ++k) sum[k] += std::norm(psi[k]) / (s.nx * s.ny);
    }
    for (double m : sum)
      c.counts.push_back(static_cast<float>(s.noise ? std::poisson_distribution<int>(m)(generator) : m));
  }
  c.data.frames = std::make_shared<FramesInMemory>(c.data.size(), c.counts);
  c.data.tiles = {{c.data.whole(), {}}};
  for (int j = 0; j < c.data.size(); ++j) c.data.tiles[0].frames.push_back(j);
  return c;
}

std::vector<std::array<double, 2>> grid(Setting& s, int count_x, int count_y, double step, double jitter,
                                        bool fractional) {
  std::mt19937 generator(7);
  std::uniform_real_distribution<double> uniform(-jitter, jitter);
  std::vector<std::array<double, 2>> positions;
  const int margin = static_cast<int>(jitter) + 3;
  for (int i = 0; i < count_x; ++i)
    for (int j = 0; j < count_y; ++j) {
      std::array<double, 2> p = {margin + i * step + uniform(generator), margin + j * step + uniform(generator)};
      if (!fractional) p = {std::round(p[0]), std::round(p[1])};
      positions.push_back(p);
    }
  s.object_nx = 2 * margin + static_cast<int>((count_x - 1) * step) + s.nx + 1;
  s.object_ny = 2 * margin + static_cast<int>((count_y - 1) * step) + s.ny + 1;
  return positions;
}

std::vector<std::complex<float>> narrow(const Field& f) { return {f.begin(), f.end()}; }
Field widen(const std::vector<std::complex<float>>& f) { return {f.begin(), f.end()}; }

double distance(const Field& truth, const Field& answer, const std::vector<double>& weight) {
  Complex product = 0.0;
  double t = 0.0, a = 0.0;
  for (std::size_t k = 0; k < truth.size(); ++k) {
    product += weight[k] * std::conj(answer[k]) * truth[k];
    t += weight[k] * std::norm(truth[k]);
    a += weight[k] * std::norm(answer[k]);
  }
  return std::sqrt(std::max(0.0, 1.0 - std::norm(product) / (t * a)));
}

std::vector<double> light(const Case& c) {
  std::vector<double> sum(c.object.size(), 0.0);
  for (int j = 0; j < c.data.size(); ++j) {
    const auto pixel = pixel_of(c, j);
    for (const Field& p : c.probe)
      for (int x = 0; x < c.data.nx; ++x)
        for (int y = 0; y < c.data.ny; ++y)
          sum[at(pixel[0] + x, pixel[1] + y, c.data.object_ny)] += std::norm(p[at(x, y, c.data.ny)]);
  }
  return sum;
}

double phase_error(const Case& c, const Field& truth, const Field& answer) {
  std::vector<double> w = light(c);
  const double most = *std::max_element(w.begin(), w.end());
  Field ratio(truth.size());
  for (std::size_t k = 0; k < w.size(); ++k) {
    if (w[k] < 0.1 * most) w[k] = 0.0;
    ratio[k] = answer[k] * std::conj(truth[k]);
  }
  const auto weighted = [&](const auto& value) {
    double sum = 0.0;
    for (int x = 0; x < c.data.object_nx; ++x)
      for (int y = 0; y < c.data.object_ny; ++y)
        sum += w[at(x, y, c.data.object_ny)] * value(x, y, at(x, y, c.data.object_ny));
    return sum;
  };
  for (int turn = 0; turn < 4; ++turn) {  // the phase of what is left is small enough for a plane by least squares
    Complex mean = 0.0;
    for (std::size_t k = 0; k < w.size(); ++k) mean += w[k] * ratio[k];
    const double all = weighted([](int, int, std::size_t) { return 1.0; });
    const double mx = weighted([](int x, int, std::size_t) { return x; }) / all;
    const double my = weighted([](int, int y, std::size_t) { return y; }) / all;
    for (auto& r : ratio) r *= std::conj(mean) / std::abs(mean);
    const double xx = weighted([&](int x, int, std::size_t) { return (x - mx) * (x - mx); });
    const double yy = weighted([&](int, int y, std::size_t) { return (y - my) * (y - my); });
    const double sx = weighted([&](int x, int, std::size_t k) { return (x - mx) * std::arg(ratio[k]); }) / xx;
    const double sy = weighted([&](int, int y, std::size_t k) { return (y - my) * std::arg(ratio[k]); }) / yy;
    for (int x = 0; x < c.data.object_nx; ++x)
      for (int y = 0; y < c.data.object_ny; ++y)
        ratio[at(x, y, c.data.object_ny)] *= std::polar(1.0, -sx * (x - mx) - sy * (y - my));
  }
  const double sum = weighted([&](int, int, std::size_t k) { return std::arg(ratio[k]) * std::arg(ratio[k]); });
  return std::sqrt(sum / weighted([](int, int, std::size_t) { return 1.0; }));
}

}  // namespace locum::imaging::plain
