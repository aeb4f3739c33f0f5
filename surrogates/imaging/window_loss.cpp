#include "surrogates/imaging/window_loss.hpp"

#include <cmath>

namespace locum::imaging {
namespace {

using TeamPolicy = Kokkos::TeamPolicy<ExecutionSpace>;
using Member = TeamPolicy::member_type;

constexpr int scales = 4;
KOKKOS_INLINE_FUNCTION int cell_side(int scale) { return scale == 3 ? 32 : 1 << 2 * scale; }
KOKKOS_INLINE_FUNCTION float importance(int scale) { return scale == 3 ? 2.0f : 0.5f * static_cast<float>(1 << scale); }

// One channel of one window.
struct Residual {
  nn::Images<float> answer, label, weight, derivative;
  int fold = 1, window = 0, channel = 0, side = 0;

  // Of pixel (x, y): its place among the channels of its point.
  KOKKOS_INLINE_FUNCTION int inner(int x, int y) const { return x % fold * fold + y % fold; }
  KOKKOS_INLINE_FUNCTION float& slope(int x, int y) const {
    return derivative(window, x / fold, y / fold, inner(x, y) * answer_channels + channel);
  }
  KOKKOS_INLINE_FUNCTION float w(int x, int y) const { return weight(window, x / fold, y / fold, inner(x, y)); }
  KOKKOS_INLINE_FUNCTION float weighed(int x, int y, float mean) const {
    const int at = inner(x, y) * answer_channels + channel;
    return w(x, y) * (answer(window, x / fold, y / fold, at) - label(window, x / fold, y / fold, at) - mean);
  }
};

KOKKOS_INLINE_FUNCTION float weighed_mean(const Member& team, const Residual& r) {
  float sum = 0.0f, total = 0.0f;
  const int pixels = r.side * r.side;
  Kokkos::parallel_reduce(
      Kokkos::TeamThreadRange(team, pixels), [&](int k, float& s) { s += r.weighed(k / r.side, k % r.side, 0.0f); },
      sum);
  Kokkos::parallel_reduce(
      Kokkos::TeamThreadRange(team, pixels), [&](int k, float& s) { s += r.w(k / r.side, k % r.side); }, total);
  return total > 0.0f ? sum / total : 0.0f;
}

// Mean of w e over a cell of s × s pixels.
KOKKOS_INLINE_FUNCTION float cell(const Residual& r, int s, int k, float mean) {
  const int row = r.side / s, x0 = k / row * s, y0 = k % row * s;
  float sum = 0.0f;
  for (int x = x0; x < x0 + s; ++x)
    for (int y = y0; y < y0 + s; ++y) sum += r.weighed(x, y, mean);
  return sum / static_cast<float>(s * s);
}

// Adds c √(mean cell²) and its derivative by w e.
KOKKOS_INLINE_FUNCTION float add_scale(const Member& team, const Residual& r, int s, float factor, float mean,
                                       float scale) {
  const int row = r.side / s, cells = row * row;
  if (cells == 0) return 0.0f;
  float square = 0.0f;
  Kokkos::parallel_reduce(
      Kokkos::TeamThreadRange(team, cells),
      [&](int k, float& sum) {
        const float c = cell(r, s, k, mean);
        sum += c * c;
      },
      square);
  const float root = std::sqrt(square / static_cast<float>(cells) + 1e-8f);
  const float slope = scale * factor / (root * static_cast<float>(cells) * static_cast<float>(s * s));
  Kokkos::parallel_for(Kokkos::TeamThreadRange(team, cells), [&](int k) {
    const float d = slope * cell(r, s, k, mean);
    const int x0 = k / row * s, y0 = k % row * s;
    for (int x = x0; x < x0 + s; ++x)
      for (int y = y0; y < y0 + s; ++y) r.slope(x, y) += d;
  });
  team.team_barrier();
  return factor * root;
}

// From the derivative by w (e − mean) to that by e.
KOKKOS_INLINE_FUNCTION void through_mean(const Member& team, const Residual& r, bool mean_is_removed) {
  const int pixels = r.side * r.side;
  float sum = 0.0f, total = 0.0f;
  Kokkos::parallel_for(Kokkos::TeamThreadRange(team, pixels),
                       [&](int k) { r.slope(k / r.side, k % r.side) *= r.w(k / r.side, k % r.side); });
  team.team_barrier();
  if (!mean_is_removed) return;
  Kokkos::parallel_reduce(
      Kokkos::TeamThreadRange(team, pixels), [&](int k, float& s) { s += r.slope(k / r.side, k % r.side); }, sum);
  Kokkos::parallel_reduce(
      Kokkos::TeamThreadRange(team, pixels), [&](int k, float& s) { s += r.w(k / r.side, k % r.side); }, total);
  if (!(total > 0.0f)) return;
  Kokkos::parallel_for(Kokkos::TeamThreadRange(team, pixels),
                       [&](int k) { r.slope(k / r.side, k % r.side) -= sum / total * r.w(k / r.side, k % r.side); });
}

}  // namespace

void window_loss(const ExecutionSpace& space, const nn::Images<float>& answer, const nn::Images<float>& label,
                 const nn::Images<float>& weight, int fold, float scale, const nn::Images<float>& derivative,
                 const View<float*>& loss) {
  const int windows = answer.extent_int(0), side = fold * answer.extent_int(1);
  Kokkos::deep_copy(space, derivative, 0.0f);
  Kokkos::parallel_for(
      "imaging::window_loss", TeamPolicy(space, windows, Kokkos::AUTO), KOKKOS_LAMBDA(const Member& team) {
        float sum = 0.0f;
        for (int channel = 0; channel < answer_channels; ++channel) {
          const Residual r{answer, label, weight, derivative, fold, team.league_rank(), channel, side};
          const bool is_phase = channel == 1;
          const float mean = is_phase ? weighed_mean(team, r) : 0.0f;
          for (int s = 0; s < scales; ++s)
            sum += add_scale(team, r, cell_side(s), (is_phase ? 1.0f : 0.5f) * importance(s), mean, scale);
          through_mean(team, r, is_phase);
        }
        Kokkos::single(Kokkos::PerTeam(team), [&]() { loss(team.league_rank()) = sum; });
      });
}

}  // namespace locum::imaging
