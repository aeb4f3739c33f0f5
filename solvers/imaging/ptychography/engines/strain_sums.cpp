#include "solvers/imaging/ptychography/engines/strain_sums.hpp"

#include <algorithm>

namespace locum::imaging {
namespace {

using Policy = Kokkos::TeamPolicy<ExecutionSpace>;
using Member = Policy::member_type;
constexpr int pack = FramePack::lanes, count = 13;

// The sums of a pack of pixels of one frame and mode.
struct StrainTerms {
  Planes object, probes, change;

  KOKKOS_FORCEINLINE_FUNCTION void operator()(int probe, int wave, std::ptrdiff_t in_window, std::ptrdiff_t in_object,
                                              FramePack dx, FramePack dy, FramePack* each) const {
    const FrameLanes p = -0.5f * load(probes.at(probe) + in_window, probes.plane());
    const FrameLanes chi = load(change.at(wave) + in_window, change.plane());
    const float* o = object.at(0) + in_object;
    const std::size_t imaginary = object.plane();
    const int x = static_cast<int>(in_object / object.stride);
    const int before = x > 0 ? object.stride : 0, after = x + 1 < object.rows ? object.stride : 0;
    const FrameLanes gx = (load(o + after, imaginary) - load(o - before, imaginary)) * p;
    const FrameLanes gy = (load(o + 1, imaginary) - load(o - 1, imaginary)) * p;
    const FramePack along_x = real_product(gx, chi), along_y = real_product(gy, chi);
    each[0] += along_x * dx;
    each[1] += along_x * dy;
    each[2] += along_y * dx;
    each[3] += along_y * dy;
    const FramePack slopes[3] = {square(gx), real_product(gx, gy), square(gy)}, arms[3] = {dx * dx, dx * dy, dy * dy};
    for (int s = 0; s < 3; ++s)
      for (int d = 0; d < 3; ++d) each[4 + 3 * s + d] += slopes[s] * arms[d];
  }
};

// A team's sums become row j of `sums`.
KOKKOS_INLINE_FUNCTION void keep(const Member& team, const FramePack* each, const View<double* [count]>& sums) {
  for (int k = 0; k < count; ++k) {
    double total = 0.0;
    const double mine = static_cast<double>(sum(each[k]));
    Kokkos::parallel_reduce(
        Kokkos::TeamThreadRange(team, team.team_size()), [&](int, double& t) { t += mine; }, total);
    Kokkos::single(Kokkos::PerTeam(team), [&]() { sums(team.league_rank(), k) = total; });
  }
}

}  // namespace

std::vector<StrainSums> strain_sums(const ExecutionSpace& space, const FrameLayout& frame_layout, int mode_count,
                                    const FrameBatch& frames, const std::array<double, 2>& centre, const Planes& object,
                                    const Planes& probes, const Planes& change) {
  const FrameLayout layout = frame_layout;
  const FrameBatch batch = frames;
  const StrainTerms terms{object, probes, change};
  const int modes = mode_count, packs = (layout.ny + pack - 1) / pack, stride = object.stride;
  const float cx = static_cast<float>(centre[0]), cy = static_cast<float>(centre[1]);
  const View<double* [count]> sums(uninitialized("ptychography::strain_sums"), static_cast<std::size_t>(batch.count));
  // A core on the CPU; on a GPU a thread for every few packs.
  const int threads = device_is_host ? 1 : std::clamp((layout.nx * packs + 31) / 32 * 32, 32, 256);
  Kokkos::parallel_for(
      "ptychography::strain_sums", Policy(space, batch.count, threads), KOKKOS_LAMBDA(const Member& team) {
        const FramePlace place = batch.places(team.league_rank());
        FramePack each[count], lanes;
        for (int k = 0; k < count; ++k) each[k] = 0.0f;
        for (int lane = 0; lane < pack; ++lane) lanes.lane(lane) = static_cast<float>(lane);
        for (int item = team.team_rank(); item < layout.nx * packs; item += team.team_size()) {
          const int x = item / packs, y = item % packs * pack;
          const std::ptrdiff_t in_window = static_cast<std::ptrdiff_t>(x) * layout.stride + y;
          const std::ptrdiff_t in_object = static_cast<std::ptrdiff_t>(place.x + x) * stride + place.y + y;
          const FramePack dx = static_cast<float>(x) - cx, dy = lanes + FramePack(static_cast<float>(y) - cy);
          for (int m = 0; m < modes; ++m)
            terms(place.probe * modes + m, team.league_rank() * modes + m, in_window, in_object, dx, dy, each);
        }
        keep(team, each, sums);
      });
  const auto host = host_copy(sums);
  std::vector<StrainSums> all(static_cast<std::size_t>(batch.count));
  for (int j = 0; j < batch.count; ++j)
    for (int k = 0; k < count; ++k) {
      StrainSums& s = all[static_cast<std::size_t>(j)];
      (k < 4 ? s.slope[static_cast<std::size_t>(k)] : s.size[static_cast<std::size_t>(k - 4)]) = host(j, k);
    }
  return all;
}

}  // namespace locum::imaging
