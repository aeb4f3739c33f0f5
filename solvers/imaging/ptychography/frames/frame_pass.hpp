// What kernels share that go over the frames of a batch: the transforms along x, and sums of a frame
// (frame_kernels.hpp).
#pragma once

#include "solvers/imaging/ptychography/frames/frame_kernels.hpp"
#include "solvers/imaging/waves/line_scratch.hpp"

namespace locum::imaging {

// Frames first … first + count − 1 of a batch, `modes` waves of each.
struct FramePass {
  FrameLayout layout;
  fft::LinePlan<float> line_x, line_y;
  int modes, first;
  View<FramePlace*> places;
  View<float*> waves;  // (count × modes × layout.wave())
  FrameNumbers sums;

  KOKKOS_INLINE_FUNCTION float* wave(int k) const { return waves.data() + static_cast<std::size_t>(k) * layout.wave(); }
};

// What a team has of one mode's wave: a block of y, with the first value of its rows.
struct WaveRows {
  int block, frame, mode;
  float* first;

  KOKKOS_INLINE_FUNCTION WaveRows(const LineMember& team, const FramePass& p) {
    const int wave = team.league_rank() / p.layout.blocks;
    block = team.league_rank() % p.layout.blocks;
    frame = p.first + wave / p.modes;
    mode = wave % p.modes;
    first = p.wave(wave) + static_cast<std::size_t>(p.layout.element(0, block)) * 2 * FrameLayout::width;
  }
};

// F_x of ψ for one block of y; exit_wave(frame of the batch, place, mode, first y of the block) gives a function of
// (x, group).
template <class ExitWave>
void transform_rows(const ExecutionSpace& space, const FramePass& pass, int count, const ExitWave& exit_wave) {
  const FramePass p = pass;
  Kokkos::parallel_for(
      "ptychography::forward", line_policy<float>(space, count * p.modes * p.layout.blocks, p.layout.nx),
      KOKKOS_LAMBDA(const LineMember& team) {
        const WaveRows rows(team, p);
        const LineScratch<float> scratch(team, p.layout.nx);
        fft::transform_line<-1>(team, p.line_x, scratch.first, scratch.second,
                                exit_wave(p.places(rows.frame), rows.frame, rows.mode, rows.block),
                                [&](int at, int group, FrameLanes v) { fft::store_lanes(rows.first, at, group, v); });
      });
}

// F_x⁻¹ for one block of y; result(…) as above gives a function of (x, group, value).
template <class Result>
void transform_rows_back(const ExecutionSpace& space, const FramePass& pass, int count, const Result& result) {
  const FramePass p = pass;
  Kokkos::parallel_for(
      "ptychography::backward", line_policy<float>(space, count * p.modes * p.layout.blocks, p.layout.nx),
      KOKKOS_LAMBDA(const LineMember& team) {
        const WaveRows rows(team, p);
        const LineScratch<float> scratch(team, p.layout.nx);
        fft::transform_line<1>(
            team, p.line_x, scratch.first, scratch.second,
            [&](int at, int group) { return fft::load_lanes(static_cast<const float*>(rows.first), at, group); },
            result(p.places(rows.frame), rows.frame, rows.mode, rows.block));
      });
}

// What a team has of one frame: a block of columns, and lines to transform them in.
struct FrameColumns {
  const LineMember& team;
  const FramePass& p;
  const FrameData& data;
  int block, item, column;
  FramePlace place;
  LineScratch<float> scratch;

  KOKKOS_INLINE_FUNCTION FrameColumns(const LineMember& member, const FramePass& pass, const FrameData& frames)
      : team(member),
        p(pass),
        data(frames),
        block(member.league_rank() % (pass.layout.columns / FrameLayout::width)),
        item(member.league_rank() / (pass.layout.columns / FrameLayout::width)),
        column(block * FrameLayout::width),
        place(pass.places(pass.first + item)),
        scratch(member, pass.layout.ny) {}

  // Where the columns' values of one ky lie in a wave.
  KOKKOS_FORCEINLINE_FUNCTION int tile(int at) const {
    return p.layout.element(column + at % FrameLayout::width, at / FrameLayout::width);
  }
  // F_y of a wave's columns: use(ky, group, value).
  template <class Use>
  KOKKOS_FORCEINLINE_FUNCTION void forth(const float* wave, const Use& use) {
    turn_in(team, p.layout, wave, column, scratch.second);
    fft::transform_line<-1>(
        team, p.line_y, scratch.first, scratch.second, [&](int at, int group) { return scratch.second.get(at, group); },
        use);
  }
};

// Each thread's sums become the team's, of one frame and block of columns.
KOKKOS_INLINE_FUNCTION void keep_sums(const LineMember& team, const FramePass& p, int frame, int block,
                                      const FramePack* each, int count) {
  for (int k = 0; k < count; ++k) {
    double total = 0.0;
    const double mine = static_cast<double>(sum(each[k]));
    Kokkos::parallel_reduce(
        Kokkos::TeamThreadRange(team, team.team_size()), [&](int, double& t) { t += mine; }, total);
    Kokkos::single(Kokkos::PerTeam(team), [&]() { p.sums(frame, block, k) = total; });
  }
}

}  // namespace locum::imaging
