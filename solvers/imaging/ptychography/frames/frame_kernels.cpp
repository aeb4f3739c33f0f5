#include "solvers/imaging/ptychography/frames/frame_kernels.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/frames/frame_factors.hpp"
#include "solvers/imaging/ptychography/frames/frame_pass.hpp"
#include "solvers/imaging/ptychography/frames/frame_waves.hpp"

namespace locum::imaging {

namespace {

using Member = LineMember;
using Scratch = fft::ScratchLines<float>;
constexpr int pack = FramePack::lanes;

// Cycles a pixel, of point k of n; of the lanes from k on.
KOKKOS_FORCEINLINE_FUNCTION float frequency(int k, int n) {
  return static_cast<float>(2 * k < n ? k : k - n) / static_cast<float>(n);
}
KOKKOS_FORCEINLINE_FUNCTION FramePack frequencies(int first, int n) {
  FramePack all;
  for (int lane = 0; lane < pack; ++lane) all.lane(lane) = frequency(first + lane, n);
  return all;
}

KOKKOS_INLINE_FUNCTION void keep_sums(const Member& team, const FramePass& p, int frame, int block,
                                      const LaneSums& own) {
  const FramePack each[FrameSums::count] = {own.off,         own.amplitude,  own.noise,      own.numerator,
                                            own.denominator, own.measured_x, own.measured_y, own.model,
                                            own.model_x,     own.model_y,    own.deviance};
  keep_sums(team, p, frame, block, each, FrameSums::count);
}

// What a team has of one frame: a block of columns, F_y of every mode there, the factor that they have in common,
// F_y⁻¹.
template <class Factor>
struct ColumnBlock : FrameColumns {
  const Factor& factor;
  std::size_t in_frame;
  Scratch reciprocal, other;
  LaneSums sums;

  KOKKOS_INLINE_FUNCTION ColumnBlock(const Member& member, const FramePass& pass, const FrameData& frames,
                                     const Factor& by)
      : FrameColumns(member, pass, frames),
        factor(by),
        in_frame(static_cast<std::size_t>(column) * pass.layout.ny),
        reciprocal(fft::free_lines(pass.line_y, scratch.first, scratch.second)),
        other(pass.line_y.passes % 2 ? scratch.second : scratch.first) {}

  // The factor of a pack of pixels at ky whose modes have this intensity together.
  KOKKOS_FORCEINLINE_FUNCTION FramePack pixel(int at, int group, FramePack model) {
    const std::size_t here = in_frame + static_cast<std::size_t>(at) * FrameLayout::width + group * pack;
    const FramePack root =
        fft::load_pack(data.amplitude.data() + static_cast<std::size_t>(place.data) * p.layout.data() + here);
    const FramePack f = factor(model, root, fft::load_pack(data.valid.data() + here),
                               fft::load_pack(data.background.data() + here), place.step, sums);
    if constexpr (Factor::compares)
      sums.weigh(root * root, sums.counts, frequencies(column + group * pack, p.layout.nx),
                 FramePack(frequency(at, p.layout.ny)));
    return f;
  }

  // From `reciprocal`.
  KOKKOS_FORCEINLINE_FUNCTION void back(float* wave) {
    const Scratch result = fft::free_lines(p.line_y, other, reciprocal);
    fft::transform_line<1>(
        team, p.line_y, other, reciprocal, [&](int at, int group) { return reciprocal.get(at, group); },
        [&](int at, int group, FrameLanes v) { result.put(at, group, v); });
    turn_out(team, p.layout, result, column, wave);
  }

  KOKKOS_INLINE_FUNCTION void one_mode() {
    float* wave = p.wave(item);
    forth(wave, [&](int at, int group, FrameLanes v) {
      const FramePack f = pixel(at, group, square(v));
      reciprocal.put(at, group, {f * v.re, f * v.im});
    });
    if constexpr (Factor::returns) back(wave);
  }

  template <class Visit>
  KOKKOS_FORCEINLINE_FUNCTION void over_columns(const Visit& visit) {
    constexpr int groups = fft::lane_groups<float>;
    for (int i = team.team_rank(); i < p.layout.ny * groups; i += team.team_size()) visit(i / groups, i % groups);
    team.team_barrier();
  }
  // Scratch memory for the intensity of several modes.
  KOKKOS_INLINE_FUNCTION static std::size_t intensity_bytes(const FramePass& p) {
    return p.modes > 1 ? static_cast<std::size_t>(p.layout.ny) * FrameLayout::width * sizeof(float) + 64 : 0;
  }
  // Modes wait for their sum where their tiles lay, ky by ky.
  KOKKOS_INLINE_FUNCTION void several_modes() {
    auto* intensity = scratch_beside<float>(team, p.layout.ny, intensity_bytes(p));
    for (int m = 0; m < p.modes; ++m) {
      float* wave = p.wave(item * p.modes + m);
      forth(wave, [&](int at, int group, FrameLanes v) {
        float* here = intensity + at * FrameLayout::width + group * pack;
        fft::store_pack(here, m == 0 ? square(v) : fft::load_pack(here) + square(v));
        if constexpr (Factor::returns) fft::store_lanes(wave, tile(at), group, v);
      });
    }
    over_columns([&](int at, int group) {
      float* here = intensity + at * FrameLayout::width + group * pack;
      fft::store_pack(here, pixel(at, group, fft::load_pack(here)));
    });
    if constexpr (Factor::returns)
      for (int m = 0; m < p.modes; ++m) {
        float* wave = p.wave(item * p.modes + m);
        over_columns([&](int at, int group) {
          const FramePack f = fft::load_pack(intensity + at * FrameLayout::width + group * pack);
          const FrameLanes v = fft::load_lanes(static_cast<const float*>(wave), tile(at), group);
          reciprocal.put(at, group, {f * v.re, f * v.im});
        });
        back(wave);
        team.team_barrier();
      }
  }
};

template <class Factor>
void columns_pass(const ExecutionSpace& space, const FramePass& pass, int count, const FrameData& data,
                  const Factor& factor) {
  const FramePass p = pass;
  const FrameData d = data;
  const Factor f = factor;
  Kokkos::parallel_for(
      "ptychography::columns",
      line_policy<float>(space, count * (p.layout.columns / FrameLayout::width), p.layout.ny,
                         ColumnBlock<Factor>::intensity_bytes(p)),
      KOKKOS_LAMBDA(const Member& team) {
        ColumnBlock<Factor> columns(team, p, d, f);
        if (p.modes == 1)
          columns.one_mode();
        else
          columns.several_modes();
        keep_sums(team, p, p.first + columns.item, columns.block, columns.sums);
      });
}

}  // namespace

void bring_numbers(const ExecutionSpace& space, const FrameNumbers& numbers, int count, const HostFrameNumbers& host) {
  const auto part = std::make_pair(0, count);
  Kokkos::deep_copy(space, Kokkos::subview(host, part, Kokkos::ALL, Kokkos::ALL),
                    Kokkos::subview(numbers, part, Kokkos::ALL, Kokkos::ALL));
  space.fence();
}

FrameKernels::FrameKernels(const ExecutionSpace& space, int nx, int ny, int modes, int batch)
    : space_(space),
      layout_(nx, ny),
      modes_(modes),
      batch_(batch),
      group_(device_is_host ? 1 : batch),  // a core's waves stay in its cache; a GPU is filled by many
      line_x_(nx),
      line_y_(ny),
      waves_("ptychography::waves",
             static_cast<std::size_t>(group_) * static_cast<std::size_t>(modes) * layout_.wave()),
      sums_("ptychography::sums", static_cast<std::size_t>(batch),
            static_cast<std::size_t>(layout_.columns / FrameLayout::width), static_cast<std::size_t>(FrameSums::count)),
      sums_host_(Kokkos::create_mirror_view(sums_)) {
  if (batch < 1 || modes < 1)
    throw ConfigError(fmt::format("batches of {} frames of {} modes, 1 or more were expected", batch, modes),
                      "ptychography");
}

template <class Factor>
void FrameKernels::change_by(const Factor& factor, const FrameBatch& batch, const FrameData& data, const Planes& object,
                             const Planes& probes, const Planes& change) const {
  for (int first = 0; first < batch.count; first += group_) {
    const int count = std::min(group_, batch.count - first);
    const FramePass pass{layout_, line_x_, line_y_, modes_, first, batch.places, waves_, sums_};
    transform_rows(space_, pass, count, ProductWave{object, probes, modes_});
    columns_pass(space_, pass, count, data, factor);
    transform_rows_back(space_, pass, count, StoreChange{change, modes_});
  }
}

void FrameKernels::change(const FrameBatch& batch, const FrameData& data, const Planes& object, const Planes& probes,
                          Likelihood likelihood, const Planes& change) const {
  if (likelihood == Likelihood::amplitude)
    change_by(AmplitudeFactor{scale()}, batch, data, object, probes, change);
  else
    change_by(PoissonFactor{scale()}, batch, data, object, probes, change);
}

void FrameKernels::change_and_compare(const FrameBatch& batch, const FrameData& data, const Planes& object,
                                      const Planes& probes, Likelihood likelihood, const Planes& change) const {
  if (likelihood == Likelihood::amplitude)
    change_by(Compared<AmplitudeFactor>{{scale()}}, batch, data, object, probes, change);
  else
    change_by(Compared<PoissonFactor>{{scale()}}, batch, data, object, probes, change);
}

void FrameKernels::compare(const FrameBatch& batch, const FrameData& data, const Planes& object,
                           const Planes& probes) const {
  for (int first = 0; first < batch.count; first += group_) {
    const int count = std::min(group_, batch.count - first);
    const FramePass pass{layout_, line_x_, line_y_, modes_, first, batch.places, waves_, sums_};
    transform_rows(space_, pass, count, ProductWave{object, probes, modes_});
    columns_pass(space_, pass, count, data, Comparison{scale()});
  }
}

void FrameKernels::project(const FrameBatch& batch, const FrameData& data, const Planes& object, const Planes& probes,
                           ProjectionStep step, const Planes& wave, int first_wave) const {
  for (int first = 0; first < batch.count; first += group_) {
    const int count = std::min(group_, batch.count - first);
    const FramePass pass{layout_, line_x_, line_y_, modes_, first, batch.places, waves_, sums_};
    const ProductWave product{object, probes, modes_};
    transform_rows(space_, pass, count, ReflectedWave{product, wave, first_wave});
    columns_pass(space_, pass, count, data, ProjectionFactor{scale(), step.noise > 0.0f});
    transform_rows_back(space_, pass, count, StoreProjection{product, wave, first_wave, step, sums_});
  }
}

std::vector<FrameSums> FrameKernels::sums(int count) const {
  bring_numbers(space_, sums_, count, sums_host_);
  std::vector<FrameSums> all(static_cast<std::size_t>(count));
  for (int j = 0; j < count; ++j) {
    double each[FrameSums::count] = {};
    for (int block = 0; block < layout_.columns / FrameLayout::width; ++block)
      for (int k = 0; k < FrameSums::count; ++k) each[k] += sums_host_(j, block, k);
    all[static_cast<std::size_t>(j)] = {each[0], each[1], each[2], each[3], each[4], each[5],
                                        each[6], each[7], each[8], each[9], each[10]};
  }
  return all;
}

}  // namespace locum::imaging
