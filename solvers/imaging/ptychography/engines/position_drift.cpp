#include "solvers/imaging/ptychography/engines/position_drift.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/linalg/dense.hpp"
#include "solvers/imaging/ptychography/engines/position_correction.hpp"
#include "solvers/imaging/ptychography/engines/row_sums.hpp"
#include "solvers/imaging/ptychography/engines/strain_sums.hpp"
#include "solvers/imaging/ptychography/frames/frame_batches.hpp"

namespace locum::imaging {
namespace {

constexpr int first_term = 1;  // a constant moves nothing against anything

int terms_of(int order) { return order == 0 ? 0 : (order == 1 ? 2 : 5); }

// Two components of every term, and twice as many frames.
int order_for(int wanted, int frames) {
  int order = std::min(wanted, 2);
  while (order > 0 && frames < 4 * terms_of(order)) --order;
  return order;
}

// Centre of the probe's light in its window.
std::array<double, 2> centre_of_probe(const PtychographyFields& fields) {
  const std::vector<Ptychogram::Value> probe = fields.probe.get();
  const int nx = fields.input().nx, ny = fields.input().ny;
  double light = 0.0, x = 0.0, y = 0.0;
  for (std::size_t k = 0; k < probe.size(); ++k) {
    const double w = std::norm(std::complex<double>(probe[k]));
    const int pixel = static_cast<int>(k % static_cast<std::size_t>(nx * ny));
    light += w;
    x += w * (pixel / ny);
    y += w * (pixel % ny);
  }
  return light > 0.0 ? std::array<double, 2>{x / light, y / light} : std::array<double, 2>{0.5 * nx, 0.5 * ny};
}

// Without amplitudes: about the middle of the frames' centres, in units of the farthest.
SmoothField field_about(const PtychographyFields& fields, const std::array<double, 2>& centre) {
  SmoothField field;
  const auto& positions = fields.positions();
  for (const auto& p : positions)
    for (std::size_t axis = 0; axis < 2; ++axis)
      field.centre[axis] += (p[axis] + centre[axis]) / static_cast<double>(positions.size());
  for (const auto& p : positions)
    for (std::size_t axis = 0; axis < 2; ++axis)
      field.scale = std::max(field.scale, std::abs(p[axis] + centre[axis] - field.centre[axis]));
  return field;
}

// Unknown axis · terms + term − first_term.
DriftEquations no_equations(int terms) {
  const auto n = static_cast<std::size_t>(2 * terms);
  return {std::vector<double>(n * n), std::vector<double>(n), std::vector<double>(n), std::vector<double>(n)};
}

void add_slopes(const StrainSums& sums, const SmoothField::Slopes& slope, std::vector<double>& b) {
  const std::size_t terms = b.size() / 2;
  for (std::size_t k = 0; k < b.size(); ++k) {
    const auto& g = slope[k % terms + first_term];
    b[k] += g[0] * sums.slope[2 * (k / terms)] + g[1] * sums.slope[2 * (k / terms) + 1];
  }
}

void add_sizes(const StrainSums& sums, const SmoothField::Slopes& slope, DriftEquations& equations) {
  const std::size_t n = equations.feigned.size(), terms = n / 2;
  for (std::size_t k = 0; k < n; ++k) {
    const auto& g = slope[k % terms + first_term];
    equations.feigned[k] += g[k / terms];
    for (std::size_t l = 0; l < n; ++l) {
      const auto& h = slope[l % terms + first_term];
      const double* size = sums.size.data() + 3 * (k / terms + l / terms);
      equations.a[k * n + l] +=
          0.5 * (g[0] * h[0] * size[0] + (g[0] * h[1] + g[1] * h[0]) * size[1] + g[1] * h[1] * size[2]);
    }
  }
}

// Σ L and Σ L² of a row.
struct LightSums {
  Planes light;
  KOKKOS_INLINE_FUNCTION void operator()(std::ptrdiff_t row, int ny, double* total) const {
    const float* l = light.at(0) + row;
    for (int y = 0; y < ny; ++y) {
      total[0] += static_cast<double>(l[y]);
      total[1] += static_cast<double>(l[y]) * static_cast<double>(l[y]);
    }
  }
};

double lit_pixels(PtychographyFields& fields) {
  const Planes light = fields.own_light();
  const auto sums = row_sums(fields, "ptychography::lit_pixels", light.stride, LightSums{light});
  return sums[1] > 0.0 ? sums[0] * sums[0] / sums[1] : 0.0;
}

// A⁻¹ of the right-hand sides, with a little on A's diagonal: what has no curvature of its own keeps to 0.
std::vector<std::vector<double>> solved(const std::vector<double>& a, const std::vector<std::vector<double>>& right) {
  constexpr double damping = 1e-3, little = 1e-9;
  const ExecutionSpace space;
  const std::size_t n = right.front().size();
  double largest = 0.0;
  for (std::size_t k = 0; k < n; ++k) largest = std::max(largest, a[k * n + k]);
  const linalg::Matrix<double> matrix("ptychography::drift_matrix", n, n), x("ptychography::drift", right.size(), n);
  const auto matrix_host = Kokkos::create_mirror_view(matrix), x_host = Kokkos::create_mirror_view(x);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t l = 0; l < n; ++l)
      matrix_host(k, l) = a[k * n + l] + (k == l ? damping * a[k * n + k] + little * largest : 0.0);
    for (std::size_t r = 0; r < right.size(); ++r) x_host(r, k) = right[r][k];
  }
  Kokkos::deep_copy(matrix, matrix_host);
  Kokkos::deep_copy(x, x_host);
  linalg::cholesky(space, matrix);
  linalg::cholesky_solve(space, matrix, x);
  space.fence();
  Kokkos::deep_copy(x_host, x);
  std::vector<std::vector<double>> solutions;
  for (std::size_t r = 0; r < right.size(); ++r)
    solutions.emplace_back(x_host.data() + r * n, x_host.data() + (r + 1) * n);
  return solutions;
}

double product(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}

// Of all frames, over all ranks.
DriftEquations measured(PtychographyFields& fields, const SmoothField& field, const std::array<double, 2>& centre,
                        int terms) {
  DriftEquations equations = no_equations(terms);
  for (const auto& places : compact_batches(fields.first(), fields.last(), fields.own_batch())) {
    const auto held = fields.hold(places);
    for (const Likelihood likelihood : {Likelihood::poisson, Likelihood::amplitude}) {
      fields.kernels().change(held.batch, fields.store().data(), fields.object_plane, fields.probe.moved(), likelihood,
                              fields.change());
      const auto sums = strain_sums(fields.space(), fields.layout(), fields.modes(), held.batch, centre,
                                    fields.object_plane, fields.probe.moved(), fields.change());
      for (std::size_t k = 0; k < sums.size(); ++k) {
        const auto& p = fields.positions()[static_cast<std::size_t>(held.places[k])];
        const SmoothField::Slopes slopes = field.slopes(p[0] + centre[0], p[1] + centre[1]);
        if (likelihood == Likelihood::poisson) add_sizes(sums[k], slopes, equations);
        add_slopes(sums[k], slopes, likelihood == Likelihood::poisson ? equations.poisson : equations.amplitude);
      }
    }
  }
  for (auto* sums : {&equations.a, &equations.poisson, &equations.amplitude, &equations.feigned})
    fields.comm().sum(std::span<double>(*sums));
  const double each = 0.25 * lit_pixels(fields) / fields.frames();
  for (double& d : equations.feigned) d *= each;
  return equations;
}

}  // namespace

bool drift_is_due(const PtychographyConfig& config, int sweep) {
  constexpr int first = 10;
  if (!config.positions.correct || config.positions.drift == 0) return false;
  int number = first;
  while (number < sweep + 1 - config.positions.from) number *= 2;
  return number == sweep + 1 - config.positions.from;
}

std::vector<double> drift_step(const DriftEquations& equations) {
  const auto& [a, poisson, amplitude, feigned] = equations;
  const std::size_t n = poisson.size();
  if (std::all_of(a.begin(), a.end(), [](double v) { return v == 0.0; })) return std::vector<double>(n, 0.0);
  const auto solutions = solved(a, {poisson, feigned});
  std::vector<double> step = solutions[0];
  const std::vector<double>& wider = solutions[1];
  const double size = product(feigned, wider);
  if (!(size > 0.0)) return step;
  const double share = product(poisson, wider) / size, differs = product(amplitude, wider) / size - share;
  const double taken = std::clamp(share, -std::max(0.0, differs), 1.0 + std::max(0.0, -differs));
  for (std::size_t k = 0; k < n; ++k) step[k] -= taken * wider[k];
  return step;
}

SmoothField find_drift(PtychographyFields& fields) {
  const std::array<double, 2> centre = centre_of_probe(fields);
  SmoothField field = field_about(fields, centre);
  const int terms = terms_of(order_for(fields.config().positions.drift, fields.frames()));
  if (terms == 0) return field;
  const std::vector<double> step = drift_step(measured(fields, field, centre, terms));
  for (int axis = 0; axis < 2; ++axis)
    for (int term = 0; term < terms; ++term)
      field.c[axis][term + first_term] = step[static_cast<std::size_t>(axis * terms + term)];
  double mean[2] = {0.0, 0.0};
  for (const auto& p : fields.positions())
    for (int axis = 0; axis < 2; ++axis)
      mean[axis] += field.at(p[0] + centre[0], p[1] + centre[1], axis) / fields.frames();
  for (int axis = 0; axis < 2; ++axis) field.c[axis][0] = -mean[axis];
  return field;
}

void displace(PtychographyFields& fields, SmoothField field) {
  const std::array<double, 2> centre = centre_of_probe(fields);
  const auto n = static_cast<std::size_t>(fields.frames());
  std::vector<double> move(2 * n);
  double farthest = 0.0;
  for (std::size_t u = 0; u < n; ++u)
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const auto& p = fields.positions()[u];
      move[2 * u + axis] = field.at(p[0] + centre[0], p[1] + centre[1], static_cast<int>(axis));
      farthest = std::max(farthest, std::abs(move[2 * u + axis]));
    }
  if (!(farthest > 0.0)) return;
  const double share = std::min(1.0, fields.config().positions.largest_move / farthest);
  for (double& m : move) m *= share;
  for (auto& along : field.c)
    for (double& c : along) c *= share;
  fields.over_ranks().gather(fields.object_plane);  // what is displaced may come from where another rank is right
  const Ptychogram& input = fields.input();
  const Planes from("ptychography::object_to_displace", 1, input.object_nx, input.object_ny);
  Kokkos::deep_copy(fields.space(), from.values, fields.object_plane.values);
  displace(fields.space(), intersection(fields.region(), input.whole()), input.object_nx, input.object_ny, field, from,
           fields.object_plane);
  move_windows(fields, move);
}

}  // namespace locum::imaging
