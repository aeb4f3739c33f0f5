// The kernels of a training step that sum within a frame or an atom: a team for each. Used by NetworkObjective only.
#pragma once

#include "surrogates/potential/training/network_kernels.hpp"

namespace locum::potential {

// Kokkos hands larger functors to the GPU by a copy that waits, which a recording must not.
static_assert(sizeof(GatherInputs) < 4096 && sizeof(BatchView) + sizeof(View<double*>) < 4096);

using TeamPolicy = Kokkos::TeamPolicy<ExecutionSpace>;
using TeamMember = TeamPolicy::member_type;

// Σ over the atoms of a frame.
template <class Body>
KOKKOS_FORCEINLINE_FUNCTION double team_sum(const TeamMember& team, int atoms, const Body& body) {
  double sum = 0.0;
  Kokkos::parallel_reduce(
      Kokkos::TeamThreadRange(team, atoms), [&](int i, double& part) { part += body(i); }, sum);
  return sum;
}

// From a member's answer for a frame to its loss and the loss' derivatives, in place; league: members × slots.
struct Residuals {
  BatchView b;
  View<double*> loss;  // (members, slots), written

  KOKKOS_INLINE_FUNCTION void operator()(const TeamMember& team) const {
    const int c = team.league_rank() / b.n_slots, slot = team.league_rank() % b.n_slots;
    if (slot >= b.totals().slots) {
      Kokkos::single(Kokkos::PerTeam(team), [&]() { loss(team.league_rank()) = 0.0; });
      return;
    }
    const BatchSlot& s = b.slots(slot);
    const int n = s.atoms, first = c * b.atoms + s.first_atom;
    const float slope = 2.0f * s.norm * b.totals().loss_scale;
    double sum = team_sum(team, n, [&](int i) {
      double squares = 0.0;
      for (int x = 0; x < 3; ++x) {
        float& f = b.force(3 * (first + i) + x);
        const float off = f - s.target[static_cast<long>(i) * s.target_strides[0] + x * s.target_strides[1]];
        squares += s.force_weight * off * off;
        f = s.force_weight * slope * off;
      }
      return squares;
    });
    const double answer = team_sum(team, n, [&](int i) { return b.y.at[s.species[i]](b.row(s, c, i), 0); });
    const float e = static_cast<float>((answer - s.energy) / n);
    sum += s.energy_weight * e * e;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, n),
                         [&](int i) { b.y_bar.at[s.species[i]](b.row(s, c, i), 0) = s.energy_weight * slope * e / n; });
    for (int v = 0; v < 6; ++v) {
      const double virial = team_sum(team, n, [&](int i) { return b.atom_virial(6 * (first + i) + v); });
      const float off = static_cast<float>((virial - s.virial[v]) / n);
      sum += s.virial_weight * off * off;
      Kokkos::single(Kokkos::PerTeam(team),
                     [&]() { b.virial(6 * team.league_rank() + v) = s.virial_weight * slope * off / n; });
    }
    Kokkos::single(Kokkos::PerTeam(team), [&]() { loss(team.league_rank()) = s.norm * sum; });
  }
};

// What the committee's mean leaves of a frame's label; league: slots, members: 1.
struct FrameErrors {
  static constexpr int numbers = 3;  // loss, Σ |ΔF|², (ΔE / n)²
  BatchView b;
  View<double*> errors;  // (slots, numbers), written

  KOKKOS_INLINE_FUNCTION void operator()(const TeamMember& team) const {
    const int slot = team.league_rank();
    if (slot >= b.totals().slots) return;
    const BatchSlot& s = b.slots(slot);
    const int n = s.atoms, first = s.first_atom;
    const double squares = team_sum(team, n, [&](int i) {
      double sum = 0.0;
      for (int x = 0; x < 3; ++x) {
        const double off = b.force(3 * (first + i) + x) -
                           s.target[static_cast<long>(i) * s.target_strides[0] + x * s.target_strides[1]];
        sum += off * off;
      }
      return sum;
    });
    const double answer = team_sum(team, n, [&](int i) { return b.y.at[s.species[i]](b.row(s, 0, i), 0); });
    const double e = (answer - s.energy) / n;
    double virials = 0.0;
    for (int v = 0; v < 6; ++v) {
      const double virial = team_sum(team, n, [&](int i) { return b.atom_virial(6 * (first + i) + v); });
      virials += (virial - s.virial[v]) * (virial - s.virial[v]) / n / n;
    }
    Kokkos::single(Kokkos::PerTeam(team), [&]() {
      errors(numbers * slot) =
          s.norm * (s.force_weight * squares + s.energy_weight * e * e + s.virial_weight * virials);
      errors(numbers * slot + 1) = squares;
      errors(numbers * slot + 2) = e * e;
    });
  }
};

// By halves, so that the order is that of a register's.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION float lane_sum(const float* lanes) {
  if constexpr (W == 1) {
    return lanes[0];
  } else {
    float half[W / 2];
    for (int l = 0; l < W / 2; ++l) half[l] = lanes[l] + lanes[l + W / 2];
    return lane_sum<W / 2>(half);
  }
}

// v_k = Σ_pairs J_k · τ for an atom; league: atoms.
struct PairTangents {
  BatchView b;

  KOKKOS_INLINE_FUNCTION void operator()(const TeamMember& team) const {
    const int a = team.league_rank();
    if (a >= b.totals().atoms) return;
    const BatchSlot& s = b.slot_at<&BatchSlot::first_atom>(a);
    const int i = a - s.first_atom, start = s.pair_start[i], padded = s.pair_start[i + 1] - start;
    with_storage(s, 3L * b.inputs * start, [&](const auto& J) {
      Kokkos::parallel_for(Kokkos::TeamThreadRange(team, b.inputs), [&](int k) {
        int c = 0;
        for (; c + 4 <= b.members; c += 4) dot<4>(team, J, s, c, i, k, padded, s.first_pair + start);
        for (; c < b.members; ++c) dot<1>(team, J, s, c, i, k, padded, s.first_pair + start);
      });
    });
  }
  // Partial sums in lanes on the CPU; over the threads of a warp on a GPU.
  template <int B, class Storage>
  KOKKOS_FORCEINLINE_FUNCTION void dot(const TeamMember& team, const Storage& J, const BatchSlot& s, int c, int i,
                                       int k, int padded, int at) const {
    const int z = s.species[i];
    const float* tau = b.pair_force.data() + 3L * c * b.pairs + at;
    const long row = 3L * k * padded, plane = 3L * b.pairs;
    if constexpr (device_is_host) {
      float sum[B][pair_padding] = {};
      for (int x = 0; x < 3; ++x)
        for (int p = 0; p < padded; p += pair_padding)
          for (int l = 0; l < pair_padding; ++l) {
            const float j = J.load(row + x * padded + p + l);
            for (int m = 0; m < B; ++m) sum[m][l] += tau[m * plane + x * static_cast<long>(b.pairs) + p + l] * j;
          }
      for (int m = 0; m < B; ++m) b.tangent.at[z](b.row(s, c + m, i), k) = lane_sum<pair_padding>(sum[m]);
    } else {
      for (int m = 0; m < B; ++m) {
        float sum = 0.0f;
        Kokkos::parallel_reduce(
            Kokkos::ThreadVectorRange(team, 3 * padded),
            [&](int q, float& part) {
              part += tau[m * plane + q / padded * static_cast<long>(b.pairs) + q % padded] * J.load(row + q);
            },
            sum);
        Kokkos::single(Kokkos::PerThread(team), [&]() { b.tangent.at[z](b.row(s, c + m, i), k) = sum; });
      }
    }
  }
};

}  // namespace locum::potential
