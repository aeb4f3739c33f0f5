#include "solvers/imaging/ptychography/engines/probe_constraints.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "solvers/imaging/ptychography/engines/object_arithmetic.hpp"
namespace locum::imaging {
namespace {

using Complex = std::complex<double>;

// Eigenvectors (columns of `vectors`) and eigenvalues of a small Hermitian matrix by Jacobi's rotations (Golub and Van
// Loan, Matrix Computations, section 8.5, with the phase of the element that is turned away).
void diagonalise(std::vector<Complex>& a, std::vector<Complex>& vectors, int n) {
  const auto at = [n](std::vector<Complex>& m, int i, int j) -> Complex& {
    return m[static_cast<std::size_t>(i * n + j)];
  };
  for (int sweep = 0; sweep < 30; ++sweep)  // a handful suffices: convergence is quadratic
    for (int p = 0; p < n; ++p)
      for (int q = p + 1; q < n; ++q) {
        const double size = std::abs(at(a, p, q));
        if (size <= 1e-15 * std::sqrt(std::abs(at(a, p, p).real() * at(a, q, q).real())) || size == 0.0) continue;
        const Complex phase = at(a, p, q) / size;
        const double theta = (at(a, q, q).real() - at(a, p, p).real()) / (2.0 * size);
        const double t = (theta >= 0.0 ? 1.0 : -1.0) / (std::abs(theta) + std::sqrt(theta * theta + 1.0));
        const double c = 1.0 / std::sqrt(t * t + 1.0), s = t * c;
        for (int k = 0; k < n; ++k) {  // columns: A ← A J, V ← V J
          for (auto* m : {&a, &vectors}) {
            const Complex x = at(*m, k, p), y = at(*m, k, q);
            at(*m, k, p) = c * x - s * std::conj(phase) * y;
            at(*m, k, q) = s * phase * x + c * y;
          }
        }
        for (int k = 0; k < n; ++k) {  // rows: A ← J* A
          const Complex x = at(a, p, k), y = at(a, q, k);
          at(a, p, k) = c * x - s * phase * y;
          at(a, q, k) = s * std::conj(phase) * x + c * y;
        }
      }
}

}  // namespace

void orthogonalise(std::vector<std::complex<float>>& probe, int modes) {
  if (modes < 2) return;
  const std::size_t pixels = probe.size() / static_cast<std::size_t>(modes);
  const auto m = static_cast<std::size_t>(modes);
  std::vector<Complex> gram(m * m), vectors(m * m, 0.0);
  for (std::size_t a = 0; a < m; ++a) {
    vectors[a * m + a] = 1.0;
    for (std::size_t b = 0; b < m; ++b)
      for (std::size_t k = 0; k < pixels; ++k)
        gram[a * m + b] += std::conj(Complex(probe[a * pixels + k])) * Complex(probe[b * pixels + k]);
  }
  diagonalise(gram, vectors, modes);
  std::vector<std::size_t> order(m);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return gram[a * m + a].real() > gram[b * m + b].real(); });
  std::vector<std::complex<float>> turned(probe.size());
  for (std::size_t k = 0; k < pixels; ++k)
    for (std::size_t to = 0; to < m; ++to) {
      Complex sum = 0.0;
      for (std::size_t from = 0; from < m; ++from)
        sum += Complex(probe[from * pixels + k]) * vectors[from * m + order[to]];
      turned[to * pixels + k] = std::complex<float>(sum);
    }
  probe = std::move(turned);
}

double support_radius(const PtychographyFields& fields) {
  return 0.5 * fields.config().probe.support * std::min(fields.input().nx, fields.input().ny);
}

void constrain_probe(PtychographyFields& fields, int sweep) {
  const PtychographyConfig::Probe& config = fields.config().probe;
  if (!config.refine || sweep < config.from) return;
  const Ptychogram& input = fields.input();
  std::vector<std::complex<float>> probe = fields.probe.get();
  if (config.support > 0.0)
    for (std::size_t k = 0; k < probe.size(); ++k) {
      const auto x = static_cast<int>(k / static_cast<std::size_t>(input.ny) % static_cast<std::size_t>(input.nx));
      const auto y = static_cast<int>(k % static_cast<std::size_t>(input.ny));
      if (!within_support(x, y, input.nx, input.ny, support_radius(fields))) probe[k] = 0.0f;
    }
  if (config.orthogonalise > 0 && (sweep + 1) % config.orthogonalise == 0) orthogonalise(probe, input.modes);
  if (config.keep_power) {
    const auto power = [](const std::vector<std::complex<float>>& p) {
      return std::accumulate(p.begin(), p.end(), 0.0,
                             [](double sum, std::complex<float> v) { return sum + static_cast<double>(std::norm(v)); });
    };
    const double now = power(probe);
    const auto factor = static_cast<float>(now > 0.0 ? std::sqrt(power(input.probe) / now) : 1.0);
    for (auto& v : probe) v *= factor;
    scale_object(fields, 1.0f / factor);  // frames see the product
  }
  fields.probe.set(probe);
  fields.forget_light();
}

}  // namespace locum::imaging
