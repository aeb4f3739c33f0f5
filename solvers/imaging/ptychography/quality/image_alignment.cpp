#include "solvers/imaging/ptychography/quality/image_alignment.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/units.hpp"

namespace locum::imaging {
namespace {

using Complex = std::complex<double>;
using units::pi;

constexpr int half_taps = 8;
// Kaiser's rule for 16 taps between 0.35 and 0.65 cycles per pixel is 7.0 (Oppenheim and Schafer, Discrete-Time Signal
// Processing, 3rd ed., section 7.6); of 5 … 8 this one has the smallest error up to 0.35: 2.1e-4 along an axis.
constexpr double kaiser = 7.5;

double kernel(double t) {
  if (std::abs(t) >= half_taps) return 0.0;
  const double window = std::cyl_bessel_i(0.0, kaiser * std::sqrt(1.0 - t * t / (half_taps * half_taps))) /
                        std::cyl_bessel_i(0.0, kaiser);
  return window * (std::abs(t) < 1e-12 ? 1.0 : std::sin(pi * t) / (pi * t));
}

// Taps of A(r − s) or of its derivative by s: weight of A(first + k + r).
struct Taps {
  int first = 0;
  std::vector<double> weight;
};

Taps taps_of(double shift, bool derivative) {
  const double whole = std::floor(shift), fraction = shift - whole;
  Taps taps{-static_cast<int>(whole) - half_taps, std::vector<double>(2 * half_taps)};
  double sum = 0.0;
  for (int k = 0; k < 2 * half_taps; ++k) {
    const double t = k - half_taps + fraction;  // of the tap, from the point that is wanted
    constexpr double h = 1e-4;
    taps.weight[k] = derivative ? (kernel(t + h) - kernel(t - h)) / (2.0 * h) : kernel(t);
    sum += taps.weight[k];
  }
  // A constant stays what it is, and has no slope.
  for (double& w : taps.weight) derivative ? w -= sum / (2 * half_taps) : w /= sum;
  return taps;
}

// Point i of n, beyond the edge.
int within(int i, int n, bool periodic) { return periodic ? ((i % n) + n) % n : std::clamp(i, 0, n - 1); }

Image along_x(const Image& image, int nx, int ny, const Taps& taps, bool periodic) {
  Image out(image.size());
  for (int ix = 0; ix < nx; ++ix)
    for (std::size_t k = 0; k < taps.weight.size(); ++k) {
      const int from = within(ix + taps.first + static_cast<int>(k), nx, periodic);
      const Complex* const row = image.data() + static_cast<std::size_t>(from) * ny;
      Complex* const to = out.data() + static_cast<std::size_t>(ix) * ny;
      for (int iy = 0; iy < ny; ++iy) to[iy] += taps.weight[k] * row[iy];
    }
  return out;
}

Image along_y(const Image& image, int nx, int ny, const Taps& taps, bool periodic) {
  Image out(image.size());
  for (int ix = 0; ix < nx; ++ix) {
    const Complex* const row = image.data() + static_cast<std::size_t>(ix) * ny;
    Complex* const to = out.data() + static_cast<std::size_t>(ix) * ny;
    for (int iy = 0; iy < ny; ++iy)
      for (std::size_t k = 0; k < taps.weight.size(); ++k)
        to[iy] += taps.weight[k] * row[within(iy + taps.first + static_cast<int>(k), ny, periodic)];
  }
  return out;
}

Complex ramp_at(const std::array<double, 2>& ramp, int ix, int iy) {
  return std::polar(1.0, ramp[0] * ix + ramp[1] * iy);
}

// Σ w T A*, Σ w |A|² and Σ w |T|² of the answer after ramp and shift.
struct Overlap {
  Complex product;
  double answer = 0.0, truth = 0.0;
  double error() const {
    return truth > 0.0 && answer > 0.0 ? std::max(0.0, 1.0 - std::norm(product) / (answer * truth)) : 1.0;
  }
};

Overlap overlap_of(const ImagePair& pair, const Image& answer) {
  Overlap o;
  for (std::size_t k = 0; k < answer.size(); ++k) {
    const double w = pair.weight[k];
    if (w == 0.0) continue;
    o.product += w * pair.truth[k] * std::conj(answer[k]);
    o.answer += w * std::norm(answer[k]);
    o.truth += w * std::norm(pair.truth[k]);
  }
  return o;
}

Image with_ramp(Image image, int nx, int ny, const std::array<double, 2>& ramp) {
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy) image[static_cast<std::size_t>(ix) * ny + iy] *= ramp_at(ramp, ix, iy);
  return image;
}

double shifted_error(const ImagePair& pair, const Image& answer, int sx, int sy) {
  Overlap o;
  for (int ix = 0; ix < pair.nx; ++ix)
    for (int iy = 0; iy < pair.ny; ++iy) {
      const double w = pair.weight[pair.index(ix, iy)];
      if (w == 0.0) continue;
      const int fx = within(ix - sx, pair.nx, pair.periodic), fy = within(iy - sy, pair.ny, pair.periodic);
      const Complex a = answer[pair.index(fx, fy)], t = pair.truth[pair.index(ix, iy)];
      o.product += w * t * std::conj(a);
      o.answer += w * std::norm(a);
      o.truth += w * std::norm(t);
    }
  return o.error();
}

// The whole shift of the least error, around none.
std::array<double, 2> whole_shift(const ImagePair& pair, const std::array<double, 2>& ramp, double largest) {
  const int reach = static_cast<int>(largest);
  std::vector<std::array<int, 2>> shifts;
  for (int sx = -reach; sx <= reach; ++sx)
    for (int sy = -reach; sy <= reach; ++sy) shifts.push_back({sx, sy});
  // The nearest first, and a farther one has to be better by more than rounding: where all are alike nothing moves.
  std::stable_sort(shifts.begin(), shifts.end(),
                   [](const auto& a, const auto& b) { return a[0] * a[0] + a[1] * a[1] < b[0] * b[0] + b[1] * b[1]; });
  const Image answer = with_ramp(pair.answer, pair.nx, pair.ny, ramp);
  std::array<double, 2> best{};
  double least = 2.0;
  for (const auto& [sx, sy] : shifts) {
    const double error = shifted_error(pair, answer, sx, sy);
    if (error >= least - 1e-12) continue;
    least = error;
    best = {static_cast<double>(sx), static_cast<double>(sy)};
  }
  return best;
}

// Ramp at the peak of |F[w T A*]|, on a grid of half a Fourier pixel.
std::array<double, 2> coarse_ramp(const ImagePair& pair, const Image& answer) {
  const int nx = 2 * pair.nx, ny = 2 * pair.ny;
  Image ratio(static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny));
  for (int ix = 0; ix < pair.nx; ++ix)
    for (int iy = 0; iy < pair.ny; ++iy) {
      const std::size_t k = pair.index(ix, iy);
      ratio[static_cast<std::size_t>(ix) * ny + iy] = pair.weight[k] * pair.truth[k] * std::conj(answer[k]);
    }
  ImageTransform(nx, ny).forward(ratio);
  const auto peak =
      std::max_element(ratio.begin(), ratio.end(), [](Complex a, Complex b) { return std::norm(a) < std::norm(b); });
  const int at = static_cast<int>(peak - ratio.begin());
  return {2.0 * pi * frequency(at / ny, nx), 2.0 * pi * frequency(at % ny, ny)};
}

// The ramp comes off before the image moves: what the ramp had carried towards the Nyquist frequency, or broken at a
// periodic edge, is back in its place then.
Image ramped_and_moved(const ImagePair& pair, const Alignment& a, int derivative = -1) {
  return moved(with_ramp(pair.answer, pair.nx, pair.ny, a.ramp), pair.nx, pair.ny, a.shift, derivative, pair.periodic);
}

double error_of(const ImagePair& pair, const Alignment& a) {
  return overlap_of(pair, ramped_and_moved(pair, a)).error();
}

// Solves n ≤ 6 symmetric equations, a direction without curvature (a flat image's shift) staying where it is.
std::array<double, 6> solve(std::array<std::array<double, 6>, 6> m, std::array<double, 6> v, int n) {
  std::array<double, 6> root{}, x{};
  for (int i = 0; i < n; ++i) root[i] = m[i][i] > 0.0 ? std::sqrt(m[i][i]) : 0.0;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      m[i][j] = root[i] > 0.0 && root[j] > 0.0 ? m[i][j] / (root[i] * root[j]) : 0.0;
      if (i == j) m[i][j] += 1e-10;  // of a unit diagonal: two directions that are the same share their step
    }
  for (int i = 0; i < n; ++i) v[i] = root[i] > 0.0 ? v[i] / root[i] : 0.0;
  for (int i = 0; i < n; ++i)  // positive definite: no pivots
    for (int j = i + 1; j < n; ++j) {
      const double f = m[j][i] / m[i][i];
      for (int k = i; k < n; ++k) m[j][k] -= f * m[i][k];
      v[j] -= f * v[i];
    }
  for (int i = n - 1; i >= 0; --i) {
    for (int k = i + 1; k < n; ++k) v[i] -= m[i][k] * x[k];
    x[i] = v[i] / m[i][i];
  }
  for (int i = 0; i < n; ++i) x[i] = root[i] > 0.0 ? x[i] / root[i] : 0.0;
  return x;
}

// Step of Gauss and Newton in (log c, ramp, shift), for the factor of the least error.
Alignment newton_step(const ImagePair& pair, const Alignment& a, const Ambiguity& remove) {
  const int nx = pair.nx, ny = pair.ny;
  std::vector<Image> derivative;
  const Image b = ramped_and_moved(pair, a);
  if (remove.shift > 0.0)
    for (int axis = 0; axis < 2; ++axis) derivative.push_back(ramped_and_moved(pair, a, axis));
  const Overlap o = overlap_of(pair, b);
  const Complex c = o.product / o.answer;
  const int n = 2 + (remove.ramp ? 2 : 0) + (remove.shift > 0.0 ? 2 : 0);
  std::array<std::array<double, 6>, 6> m{};
  std::array<double, 6> v{};
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy) {
      const std::size_t k = pair.index(ix, iy);
      const double w = pair.weight[k];
      if (w == 0.0) continue;
      const Complex value = c * b[k], rest = pair.truth[k] - value, i(0.0, 1.0);
      std::array<Complex, 6> column{value, i * value};
      int at = 2;
      if (remove.ramp) {
        column[at++] = i * (ix - 0.5 * nx) * value;
        column[at++] = i * (iy - 0.5 * ny) * value;
      }
      for (const Image& d : derivative) column[at++] = c * d[k];
      for (int p = 0; p < n; ++p) {
        v[p] += w * (std::conj(column[p]) * rest).real();
        for (int q = 0; q < n; ++q) m[p][q] += w * (std::conj(column[p]) * column[q]).real();
      }
    }
  const auto x = solve(m, v, n);
  Alignment step;
  int at = 2;
  if (remove.ramp) {
    step.ramp = {x[at], x[at + 1]};
    at += 2;
  }
  if (remove.shift > 0.0) step.shift = {x[at], x[at + 1]};
  return step;
}

Alignment added(const Alignment& a, const Alignment& step, double share) {
  Alignment sum = a;
  for (int axis = 0; axis < 2; ++axis) {
    sum.ramp[axis] += share * step.ramp[axis];
    sum.shift[axis] += share * step.shift[axis];
  }
  return sum;
}

}  // namespace

Image moved(const Image& image, int nx, int ny, std::array<double, 2> shift, int derivative, bool periodic) {
  Image out = image;
  if (shift[0] != 0.0 || derivative == 0) out = along_x(out, nx, ny, taps_of(shift[0], derivative == 0), periodic);
  if (shift[1] != 0.0 || derivative == 1) out = along_y(out, nx, ny, taps_of(shift[1], derivative == 1), periodic);
  return out;
}

Image apply(const Image& answer, int nx, int ny, const Alignment& alignment, bool periodic) {
  Image image = moved(with_ramp(answer, nx, ny, alignment.ramp), nx, ny, alignment.shift, -1, periodic);
  for (auto& v : image) v *= alignment.factor;
  return image;
}

Alignment find_alignment(const ImagePair& pair, const Ambiguity& remove) {
  Alignment a;
  for (int round = 0; round < 4; ++round) {  // ramp and shift are looked for by turns: two rounds are the rule
    const Alignment before = a;
    if (remove.ramp) a.ramp = coarse_ramp(pair, ramped_and_moved(pair, {1.0, {}, a.shift}));
    if (remove.shift > 0.0) a.shift = whole_shift(pair, a.ramp, remove.shift);
    if (a.ramp == before.ramp && a.shift == before.shift) break;
  }
  if (remove.ramp || remove.shift > 0.0) {
    double error = error_of(pair, a);
    for (int step = 0; step < 30; ++step) {
      const Alignment direction = newton_step(pair, a, remove);
      double share = 1.0, found = 2.0;
      while (share > 1e-3 && (found = error_of(pair, added(a, direction, share))) > error) share *= 0.5;
      if (found > error) break;
      a = added(a, direction, share);
      const double gain = error - found;
      error = found;
      if (gain <= 1e-9 * error + 1e-16) break;
    }
  }
  const Overlap o = overlap_of(pair, ramped_and_moved(pair, a));
  a.factor = o.answer > 0.0 ? o.product / o.answer : Complex(1.0);
  return a;
}

}  // namespace locum::imaging
