#include "solvers/imaging/ptychography/engines/cg_probe.hpp"

#include <algorithm>

#include "solvers/imaging/ptychography/engines/probe_constraints.hpp"

namespace locum::imaging {
namespace {

using Waves = fft::Waves<float>;

Waves probe_like(const std::string& label, const PtychographyFields& fields) {
  return Waves(label, static_cast<std::size_t>(fields.modes()), static_cast<std::size_t>(fields.input().nx),
               static_cast<std::size_t>(fields.input().ny));
}

KOKKOS_INLINE_FUNCTION double inner(fft::Complex<float> a, fft::Complex<float> b) {
  return static_cast<double>(a.real()) * static_cast<double>(b.real()) +
         static_cast<double>(a.imag()) * static_cast<double>(b.imag());
}

float largest(const ExecutionSpace& space, const View<float*>& values_) {
  const View<float*> values = values_;
  float most = 0.0f;
  Kokkos::parallel_reduce(
      "ptychography::largest_object_light", RangePolicy(space, 0, values.extent_int(0)),
      KOKKOS_LAMBDA(int i, float& top) {
        if (values(i) > top) top = values(i);
      },
      Kokkos::Max<float>(most));
  return most;
}

// G dark beyond the radius (pixels; 0: none), and z = G / √(Λ² + damp²).
void precondition_probe(const ExecutionSpace& space, const View<float*>& light_, float damp, double radius,
                        const Waves& gradient_, const Waves& descent_) {
  const View<float*> light = light_;
  const Waves gradient = gradient_, descent = descent_;
  const int nx = gradient.extent_int(1), ny = gradient.extent_int(2), pixels = nx * ny;
  Kokkos::parallel_for(
      "ptychography::precondition_probe", RangePolicy(space, 0, static_cast<int>(gradient.size())),
      KOKKOS_LAMBDA(int i) {
        const int k = i % pixels;
        if (radius > 0.0 && !within_support(k / ny, k % ny, nx, ny, radius))
          gradient.data()[i] = fft::Complex<float>(0.0f, 0.0f);
        descent.data()[i] = gradient.data()[i] / sqrtf(light(k) * light(k) + damp * damp);
      });
}

// to ← a + factor · to
void turn_waves(const ExecutionSpace& space, const Waves& a_, float factor, const Waves& to_) {
  const Waves a = a_, to = to_;
  Kokkos::parallel_for(
      "ptychography::turn_probe_direction", RangePolicy(space, 0, static_cast<int>(to.size())),
      KOKKOS_LAMBDA(int i) { to.data()[i] = a.data()[i] + factor * to.data()[i]; });
}

void scale_waves(const ExecutionSpace& space, float factor, const Waves& to_) {
  const Waves to = to_;
  Kokkos::parallel_for(
      "ptychography::scale_probe_direction", RangePolicy(space, 0, static_cast<int>(to.size())),
      KOKKOS_LAMBDA(int i) { to.data()[i] *= factor; });
}

// Re⟨a, b⟩ of each pair.
std::array<double, 3> products(const ExecutionSpace& space, const std::array<std::pair<Waves, Waves>, 3>& pairs) {
  const Waves a = pairs[0].first, b = pairs[0].second, c = pairs[1].first, d = pairs[1].second, e = pairs[2].first,
              f = pairs[2].second;
  std::array<double, 3> sums{};
  Kokkos::parallel_reduce(
      "ptychography::probe_slopes", RangePolicy(space, 0, static_cast<int>(a.size())),
      KOKKOS_LAMBDA(int i, double& first, double& second, double& third) {
        first += inner(a.data()[i], b.data()[i]);
        second += inner(c.data()[i], d.data()[i]);
        third += inner(e.data()[i], f.data()[i]);
      },
      sums[0], sums[1], sums[2]);
  return sums;
}

double weighed_square(const ExecutionSpace& space, const View<float*>& weight_, const Waves& wave_) {
  const View<float*> weight = weight_;
  const Waves wave = wave_;
  const int pixels = weight.extent_int(0);
  double sum = 0.0;
  Kokkos::parallel_reduce(
      "ptychography::probe_lit_square", RangePolicy(space, 0, static_cast<int>(wave.size())),
      KOKKOS_LAMBDA(int i, double& total) {
        total += static_cast<double>(weight(i % pixels)) * inner(wave.data()[i], wave.data()[i]);
      },
      sum);
  return sum;
}

}  // namespace

CgProbe::CgProbe(const PtychographyFields& fields)
    : gradient_(probe_like("ptychography::probe_gradient", fields)),
      gradient_before_(probe_like("ptychography::probe_gradient_before", fields)),
      descent_(probe_like("ptychography::probe_descent", fields)),
      direction_(probe_like("ptychography::probe_direction", fields)),
      left_(probe_like("ptychography::probe_left", fields)),
      part_(probe_like("ptychography::probe_part", fields)),
      light_("ptychography::object_light", fields.input().window()),
      moved_("ptychography::moved_probe_direction", fields.probe.moved().count, fields.layout()) {}

void CgProbe::begin_sweep() {
  std::swap(gradient_, gradient_before_);
  Kokkos::deep_copy(gradient_, fft::Complex<float>(0.0f, 0.0f));
  Kokkos::deep_copy(light_, 0.0f);
}

void CgProbe::add(PtychographyFields& fields, const PtychographyFields::Held& held) {
  fields.probe_sum_of_rank(held, fields.change(), 0, part_);
  add_waves(fields.space(), 1.0f, part_, gradient_);
  object_light(fields.space(), fields.layout(), held.batch, fields.object_plane, light_);
}

std::array<double, 3> CgProbe::slopes(PtychographyFields& fields) {
  fields.sum_over_ranks(gradient_);
  fields.sum_over_ranks(light_);
  const float damp = static_cast<float>(fields.config().damping) * largest(fields.space(), light_);
  precondition_probe(fields.space(), light_, damp, support_radius(fields), gradient_, descent_);
  const auto s =
      products(fields.space(), {{{gradient_, descent_}, {gradient_before_, descent_}, {gradient_, direction_}}});
  return {s[0], s[0] - s[1], s[2]};
}

void CgProbe::turn(const ExecutionSpace& space, double beta) {
  turn_waves(space, descent_, static_cast<float>(beta), direction_);
}

double CgProbe::lit_square(const ExecutionSpace& space) const { return weighed_square(space, light_, direction_); }

const Planes& CgProbe::moved_direction(PtychographyFields& fields, const PtychographyFields::Held& held) {
  fields.probe.move(held.fractions, held.probes, direction_, moved_);
  return moved_;
}

void CgProbe::step(PtychographyFields& fields, double t) {
  scale_waves(fields.space(), static_cast<float>(t), direction_);
  go_along(fields, 1.0);
}

void CgProbe::go_along(PtychographyFields& fields, double t) {
  fields.probe.add(static_cast<float>(t), direction_);
  Kokkos::deep_copy(fields.space(), left_, fields.probe.probe());
}

bool CgProbe::is_as_left(PtychographyFields& fields) const {
  constexpr double material = 1e-2;  // of the probe: gradients of such a change are still those of before to a percent
  const Waves& now = fields.probe.probe();
  const auto s = products(fields.space(), {{{now, now}, {now, left_}, {left_, left_}}});
  return s[2] > 0.0 && s[0] - s[1] * s[1] / s[2] < material * material * s[0];
}

SharedState CgProbe::shared_state() {
  SharedState state;
  state.waves = {{"probe_gradient_before", &gradient_}, {"probe_direction", &direction_}, {"probe_left", &left_}};
  return state;
}

}  // namespace locum::imaging
