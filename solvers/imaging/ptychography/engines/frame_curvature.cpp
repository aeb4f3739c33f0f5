#include "solvers/imaging/ptychography/engines/frame_curvature.hpp"

#include <algorithm>

#include "solvers/imaging/ptychography/frames/frame_pass.hpp"
#include "solvers/imaging/ptychography/frames/frame_waves.hpp"

namespace locum::imaging {
namespace {

using Member = LineMember;

// P O as the first `modes` waves of a frame, then P D, then O E.
struct ChangedWave {
  ProductWave object, direction, probe;
  KOKKOS_FORCEINLINE_FUNCTION ProductWave::Rows operator()(const FramePlace& place, int frame, int wave,
                                                           int block) const {
    const int modes = object.modes;
    return wave < modes       ? object(place, frame, wave, block)
           : wave < 2 * modes ? direction(place, frame, wave - modes, block)
                              : probe(place, frame, wave - 2 * modes, block);
  }
};

// How much of a² / M and of b a pixel's curvature has, and its M.
struct AmplitudeBend {
  KOKKOS_FORCEINLINE_FUNCTION static FramePack counts(FramePack model) { return model + FramePack(1e-12f); }
  KOKKOS_FORCEINLINE_FUNCTION static void share(FramePack measured, FramePack counts, FramePack& along,
                                                FramePack& across) {
    along = min(measured / sqrt(counts), FramePack(1.0f));
    across = FramePack(1.0f) - along;
  }
};
struct PoissonBend {
  KOKKOS_FORCEINLINE_FUNCTION static FramePack counts(FramePack model) { return model + FramePack(1e-3f); }
  KOKKOS_FORCEINLINE_FUNCTION static void share(FramePack measured, FramePack counts, FramePack& along,
                                                FramePack& across) {
    along = min(measured * measured / counts, FramePack(1.0f));
    across = FramePack(0.5f) * (FramePack(1.0f) - along);
  }
};

// M, a and b of the modes so far.
template <bool with_probe>
struct Expansion {
  FramePack model = 0.0f, a = 0.0f, b = 0.0f, a_probe = 0.0f, both = 0.0f, b_probe = 0.0f;

  KOKKOS_FORCEINLINE_FUNCTION void add(FrameLanes v, FrameLanes d, FrameLanes e) {
    model += square(v);
    a += real_product(v, d);
    b += square(d);
    if constexpr (with_probe) {
      a_probe += real_product(v, e);
      both += real_product(d, e);
      b_probe += square(e);
    }
  }
};

// What a team has of one frame: a block of columns of all waves of every mode.
template <class Bend, bool with_probe>
struct CurvatureColumns : FrameColumns {
  static constexpr int parts = with_probe ? 3 : 2;
  int modes;
  FramePack sums[CurvatureSums::count] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f};

  KOKKOS_INLINE_FUNCTION CurvatureColumns(const Member& member, const FramePass& pass, const FrameData& frames)
      : FrameColumns(member, pass, frames), modes(pass.modes / parts) {}

  KOKKOS_FORCEINLINE_FUNCTION float* wave(int k) const { return p.wave(item * p.modes + k); }
  KOKKOS_FORCEINLINE_FUNCTION FrameLanes kept(int k, int at, int group) const {
    return fft::load_lanes(static_cast<const float*>(wave(k)), tile(at), group);
  }

  // Columns beyond nx must be dark again when the next frame comes: their tiles were used to keep others' values.
  KOKKOS_INLINE_FUNCTION void darken(float* values) {
    constexpr int groups = fft::lane_groups<float>;
    const int spare = p.layout.columns - p.layout.nx;
    if (column + FrameLayout::width <= p.layout.nx) return;
    for (int i = team.team_rank(); i < spare * p.layout.blocks * groups; i += team.team_size()) {
      const int element = p.layout.element(p.layout.nx + i / groups % spare, i / groups / spare);
      fft::store_lanes(values, element, i % groups, FrameLanes::zero());
    }
  }

  KOKKOS_FORCEINLINE_FUNCTION void pixel(int at, int group, const Expansion<with_probe>& all, FramePack scale) {
    const std::size_t here = static_cast<std::size_t>(column) * p.layout.ny +
                             static_cast<std::size_t>(at) * FrameLayout::width + group * FramePack::lanes;
    const FramePack measured =
        fft::load_pack(data.amplitude.data() + static_cast<std::size_t>(place.data) * p.layout.data() + here);
    const FramePack counts = Bend::counts(scale * all.model + fft::load_pack(data.background.data() + here));
    const FramePack valid = fft::load_pack(data.valid.data() + here);
    FramePack along, across;
    Bend::share(measured, counts, along, across);
    along = along * valid / counts;
    across = across * valid * scale;
    const FramePack a = scale * all.a, a_probe = scale * all.a_probe;
    sums[0] += along * a * a + across * all.b;
    sums[3] += scale * all.b;
    if constexpr (with_probe) {
      sums[1] += along * a * a_probe + across * all.both;
      sums[2] += along * a_probe * a_probe + across * all.b_probe;
      sums[4] += scale * all.b_probe;
    }
  }

  // Every wave but the first waits in its tiles for the first.
  KOKKOS_INLINE_FUNCTION void operator()(float scale) {
    for (int k = 1; k < p.modes; ++k)
      forth(wave(k), [&](int at, int group, FrameLanes v) { fft::store_lanes(wave(k), tile(at), group, v); });
    forth(wave(0), [&](int at, int group, FrameLanes v) {
      Expansion<with_probe> all;
      for (int m = 0; m < modes; ++m)
        all.add(m > 0 ? kept(m, at, group) : v, kept(modes + m, at, group),
                with_probe ? kept((parts - 1) * modes + m, at, group) : FrameLanes::zero());
      pixel(at, group, all, FramePack(scale));
    });
    for (int k = 1; k < p.modes; ++k) darken(wave(k));
    keep_sums(team, p, p.first + item, block, sums, CurvatureSums::count);
  }
};

template <class Bend, bool with_probe>
void columns_pass(const ExecutionSpace& space, const FramePass& pass, int count, const FrameData& data) {
  const FramePass p = pass;
  const FrameData d = data;
  const float scale = 1.0f / (static_cast<float>(p.layout.nx) * static_cast<float>(p.layout.ny));
  Kokkos::parallel_for(
      "ptychography::curvature",
      line_policy<float>(space, count * (p.layout.columns / FrameLayout::width), p.layout.ny),
      KOKKOS_LAMBDA(const Member& team) { CurvatureColumns<Bend, with_probe>(team, p, d)(scale); });
}

template <class Bend>
void columns_pass(const ExecutionSpace& space, const FramePass& pass, int count, const FrameData& data,
                  bool with_probe) {
  if (with_probe)
    columns_pass<Bend, true>(space, pass, count, data);
  else
    columns_pass<Bend, false>(space, pass, count, data);
}

}  // namespace

FrameCurvature::FrameCurvature(const ExecutionSpace& space, const FrameLayout& layout, int modes, int batch,
                               bool with_probe)
    : space_(space),
      layout_(layout),
      modes_(modes),
      group_(device_is_host ? 1 : batch),
      line_x_(layout.nx),
      line_y_(layout.ny),
      waves_(
          "ptychography::changed_waves",
          static_cast<std::size_t>(group_) * static_cast<std::size_t>((with_probe ? 3 : 2) * modes) * layout_.wave()),
      sums_("ptychography::curvatures", static_cast<std::size_t>(batch),
            static_cast<std::size_t>(layout_.columns / FrameLayout::width),
            static_cast<std::size_t>(CurvatureSums::count)),
      sums_host_(Kokkos::create_mirror_view(sums_)) {}

std::vector<CurvatureSums> FrameCurvature::measure(const FrameBatch& batch, const FrameData& data,
                                                   Likelihood likelihood, const Planes& object, const Planes& direction,
                                                   const Planes& probes, const Planes& probe_directions) const {
  const bool with_probe = probe_directions.count > 0;
  const int waves = (with_probe ? 3 : 2) * modes_;
  for (int first = 0; first < batch.count; first += group_) {
    const int count = std::min(group_, batch.count - first);
    const FramePass pass{layout_, line_x_, line_y_, waves, first, batch.places, waves_, sums_};
    transform_rows(
        space_, pass, count,
        ChangedWave{{object, probes, modes_}, {direction, probes, modes_}, {object, probe_directions, modes_}});
    if (likelihood == Likelihood::amplitude)
      columns_pass<AmplitudeBend>(space_, pass, count, data, with_probe);
    else
      columns_pass<PoissonBend>(space_, pass, count, data, with_probe);
  }
  bring_numbers(space_, sums_, batch.count, sums_host_);
  std::vector<CurvatureSums> all(static_cast<std::size_t>(batch.count));
  for (int j = 0; j < batch.count; ++j)
    for (int block = 0; block < layout_.columns / FrameLayout::width; ++block) {
      CurvatureSums& to = all[static_cast<std::size_t>(j)];
      to.object += sums_host_(j, block, 0);
      to.both += sums_host_(j, block, 1);
      to.probe += sums_host_(j, block, 2);
      to.object_size += sums_host_(j, block, 3);
      to.probe_size += sums_host_(j, block, 4);
    }
  return all;
}

}  // namespace locum::imaging
