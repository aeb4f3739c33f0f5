#include "solvers/imaging/potential/scattering_depth.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"

namespace locum::imaging {
namespace {

using units::pi;

constexpr int frequencies = 1024, depths = 128, most_components = 16;
constexpr double deepest = 12.0;  // Å; the softest atoms (caesium) keep 1e-4 of themselves beyond 6 Å

using Table = std::vector<std::vector<double>>;

// tail(k, z) / f(k), whose value at z = 0 is ½.
DepthProfile profile_at(const ScatteringTerms& atom, double k) {
  const double f = scattering_factor(atom, k);
  DepthProfile profile;
  profile.exponentials = atom.lorentzians;
  profile.gaussians = atom.gaussians;
  for (int t = 0; t < atom.lorentzians; ++t) {
    const double kappa2 = k * k + atom.b[t], q = atom.q[t] / (4.0 * kappa2 * kappa2);
    profile.rate[t] = 2.0 * pi * std::sqrt(kappa2);
    profile.alpha[t] = (atom.p[t] / (2.0 * kappa2) + 2.0 * q) / f;
    profile.beta[t] = q * profile.rate[t] / f;
  }
  for (int t = 0; t < atom.gaussians; ++t) {
    profile.gamma[t] = 0.5 * atom.c[t] * std::exp(-atom.d[t] * k * k) / f;
    profile.slope[t] = pi / std::sqrt(atom.d[t]);
  }
  profile.reach = deepest;
  return profile;
}

double product(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}

void subtract(std::vector<double>& a, double factor, const std::vector<double>& b) {
  for (std::size_t k = 0; k < a.size(); ++k) a[k] -= factor * b[k];
}

// The fit on its nodes: rows of `tail` are frequencies, columns depths.
struct Fit {
  std::vector<double> k, weight, z, f;  // weight: k dk
  Table tail, rest;                     // rest: what the components so far do not give
  double norm = 0.0;

  Fit(const ScatteringTerms& atom, double largest) : k(frequencies), weight(frequencies), z(depths), f(frequencies) {
    for (int l = 0; l < depths; ++l) z[l] = 0.004 * std::pow(deepest / 0.004, l / (depths - 1.0));
    tail.assign(frequencies, std::vector<double>(depths));
    for (int m = 0; m < frequencies; ++m) {
      k[m] = largest * m / (frequencies - 1);
      weight[m] = std::max(k[m], 0.25 * k[1]) * largest / (frequencies - 1);
      f[m] = scattering_factor(atom, k[m]);
      norm += weight[m] * f[m] * f[m];
      for (int l = 0; l < depths; ++l) tail[m][l] = depth_tail(atom, k[m], z[l]);
    }
    norm = std::sqrt(norm);
  }
  // T of the profile at node m, on the depths.
  std::vector<double> shape(int m) const {
    std::vector<double> t = tail[m];
    for (double& value : t) value /= f[m];
    return t;
  }
  void start_with(int m) {
    const auto t = shape(m);
    rest = tail;
    for (int n = 0; n < frequencies; ++n) subtract(rest[n], f[n], t);
  }
  double error() const {
    std::vector<double> square(depths, 0.0);
    for (int m = 0; m < frequencies; ++m)
      for (int l = 0; l < depths; ++l) square[l] += weight[m] * rest[m][l] * rest[m][l];
    return std::sqrt(*std::max_element(square.begin(), square.end())) / norm;
  }
  int worst() const {
    int at = 0;
    double most = -1.0;
    for (int m = 0; m < frequencies; ++m)
      if (const double size = weight[m] * product(rest[m], rest[m]); size > most) {
        most = size;
        at = m;
      }
    return at;
  }
};

// The first frequency: the one whose profile serves all others best.
int best_start(Fit& fit) {
  int best = 0;
  double least = 1e300;
  for (int m = 0; m < frequencies / 2; m += 16) {
    fit.start_with(m);
    if (const double error = fit.error(); error < least) {
      least = error;
      best = m;
    }
  }
  fit.start_with(best);
  return best;
}

// Beyond its reach a component's tail counts less than a quarter of the tolerance.
double reach_of(const DepthProfile& profile, double size, double tolerance) {
  double z = deepest;
  while (z > 0.02 && size * std::abs(profile.tail(z - 0.02)) < 0.25 * tolerance) z -= 0.02;
  return z;
}

}  // namespace

SeparatedFormFactor::SeparatedFormFactor(const ScatteringTerms& atom) : atom_(atom), profiles_(1) {}

SeparatedFormFactor::SeparatedFormFactor(const ScatteringTerms& atom, double largest, double tolerance) : atom_(atom) {
  Fit fit(atom, largest);
  spacing_ = fit.k[1];
  std::vector<int> chosen = {best_start(fit)};
  const auto first = fit.shape(chosen[0]);
  // Gram and Schmidt: (shape of k_c) − (shape of k_0) = Σ_r upper[c][r] basis[r], rest −= coefficient[r] basis[r].
  Table basis, upper, coefficient;
  while (fit.error() > 0.8 * tolerance) {
    if (chosen.size() == most_components)
      throw NumericalError(
          fmt::format("{} components leave an error of {:.2g} of the atom's potential, {:.2g} was wanted",
                      most_components, fit.error(), tolerance),
          "finite projection", "a larger tolerance, or projection = \"infinite\"");
    chosen.push_back(fit.worst());
    auto q = fit.shape(chosen.back());
    subtract(q, 1.0, first);
    std::vector<double> row(basis.size() + 1, 0.0);
    for (int twice = 0; twice < 2; ++twice)
      for (std::size_t r = 0; r < basis.size(); ++r) {
        const double overlap = product(q, basis[r]);
        row[r] += overlap;
        subtract(q, overlap, basis[r]);
      }
    row.back() = std::sqrt(product(q, q));
    for (double& value : q) value /= row.back();
    std::vector<double> y(frequencies);
    for (int m = 0; m < frequencies; ++m) {
      y[m] = product(fit.rest[m], q);
      subtract(fit.rest[m], y[m], q);
    }
    basis.push_back(std::move(q));
    upper.push_back(std::move(row));
    coefficient.push_back(std::move(y));
  }
  error_ = fit.error();
  // Back substitution: coefficient[r] = Σ_{c ≥ r} P_{c+1} upper[c][r].
  node_ = coefficient;
  for (std::size_t c = node_.size(); c-- > 0;) {
    for (double& value : node_[c]) value /= upper[c][c];
    for (std::size_t r = 0; r < c; ++r) subtract(node_[r], upper[c][r], node_[c]);
  }
  for (std::size_t c = 0; c < chosen.size(); ++c) {
    double size = 0.0;
    std::vector<double> part(chosen.size());
    for (int m = 0; m < frequencies; ++m) {
      parts(fit.k[m], part.data());
      size += fit.weight[m] * part[c] * part[c];
    }
    profiles_.push_back(profile_at(atom, fit.k[chosen[c]]));
    profiles_.back().reach = reach_of(profiles_.back(), std::sqrt(size) / fit.norm, tolerance);
  }
}

double SeparatedFormFactor::reach() const {
  double farthest = 0.0;
  for (const auto& profile : profiles_) farthest = std::max(farthest, profile.reach);
  return farthest;
}

void SeparatedFormFactor::parts(double k, double* part) const {
  part[0] = scattering_factor(atom_, k);
  if (node_.empty()) return;
  // Cubic interpolation (Lagrange) between the four nodes around k; the parts change over 0.05 Å⁻¹ and more.
  const double at = k / spacing_;
  const int base = std::clamp(static_cast<int>(at) - 1, 0, frequencies - 4);
  const double t = at - base;
  const double l[4] = {-(t - 1) * (t - 2) * (t - 3) / 6, t * (t - 2) * (t - 3) / 2, -t * (t - 1) * (t - 3) / 2,
                       t * (t - 1) * (t - 2) / 6};
  for (std::size_t c = 0; c < node_.size(); ++c) {
    part[c + 1] = 0.0;
    for (int m = 0; m < 4; ++m) part[c + 1] += l[m] * node_[c][base + m];
    part[0] -= part[c + 1];
  }
}

}  // namespace locum::imaging
