#include "solvers/imaging/ptychography/engines/frame_curvature.hpp"

#include <algorithm>

#include "solvers/imaging/ptychography/frames/frame_pass.hpp"
#include "solvers/imaging/ptychography/frames/frame_waves.hpp"

namespace locum::imaging {
namespace {

using Member = LineMember;
constexpr int pack = FramePack::lanes;

// P O as the first `modes` waves of a frame, P D as the others.
struct PairWave {
  ProductWave object, direction;
  KOKKOS_FORCEINLINE_FUNCTION ProductWave::Rows operator()(const FramePlace& place, int frame, int wave,
                                                           int block) const {
    return wave < object.modes ? object(place, frame, wave, block)
                               : direction(place, frame, wave - object.modes, block);
  }
};

// What a team has of one frame: a block of columns of both waves of every mode.
struct CurvatureColumns : FrameColumns {
  int modes;
  float* kept;  // M, a and b of the modes so far; (3, ny, width), of several modes only
  FramePack sums[CurvatureSums::count] = {0.0f, 0.0f};

  KOKKOS_INLINE_FUNCTION CurvatureColumns(const Member& member, const FramePass& pass, const FrameData& frames)
      : FrameColumns(member, pass, frames),
        modes(pass.modes / 2),
        kept(modes > 1 ? static_cast<float*>(team.team_scratch(0).get_shmem_aligned(3 * bytes(pass.layout), 64))
                       : nullptr) {}

  KOKKOS_INLINE_FUNCTION static std::size_t bytes(const FrameLayout& layout) {
    return static_cast<std::size_t>(layout.ny) * FrameLayout::width * sizeof(float);
  }

  // Columns beyond nx must be dark again when the next frame comes: their tiles were used to keep others' values.
  KOKKOS_INLINE_FUNCTION void darken(float* wave) {
    constexpr int groups = fft::lane_groups<float>;
    const int spare = p.layout.columns - p.layout.nx;
    if (column + FrameLayout::width <= p.layout.nx) return;
    for (int i = team.team_rank(); i < spare * p.layout.blocks * groups; i += team.team_size()) {
      const int element = p.layout.element(p.layout.nx + i / groups % spare, i / groups / spare);
      fft::store_lanes(wave, element, i % groups, FrameLanes::zero());
    }
  }

  KOKKOS_FORCEINLINE_FUNCTION void pixel(int at, int group, FramePack model, FramePack slope, FramePack square_size,
                                         FramePack scale) {
    constexpr float dark = 1e-12f;  // counts, as the gradient has it
    const std::size_t here = static_cast<std::size_t>(column) * p.layout.ny +
                             static_cast<std::size_t>(at) * FrameLayout::width + group * pack;
    const FramePack measured =
        fft::load_pack(data.amplitude.data() + static_cast<std::size_t>(place.data) * p.layout.data() + here);
    const FramePack counts = scale * model + fft::load_pack(data.background.data() + here) + FramePack(dark);
    const FramePack a = scale * slope, b = scale * square_size, along = a * a / counts, zero = 0.0f;
    const FramePack across = max(FramePack(1.0f) - measured / sqrt(counts), zero) * max(b - along, zero);
    sums[0] += fft::load_pack(data.valid.data() + here) * (along + across);
    sums[1] += b;
  }

  KOKKOS_INLINE_FUNCTION void operator()(float scale) {
    const std::size_t plane = static_cast<std::size_t>(p.layout.ny) * FrameLayout::width;
    for (int m = 0; m < modes; ++m) {
      float *object = p.wave(item * p.modes + m), *direction = p.wave(item * p.modes + modes + m);
      forth(direction, [&](int at, int group, FrameLanes v) { fft::store_lanes(direction, tile(at), group, v); });
      forth(object, [&](int at, int group, FrameLanes v) {
        const FrameLanes d = fft::load_lanes(static_cast<const float*>(direction), tile(at), group);
        FramePack model = square(v), slope = real_product(v, d), size = square(d);
        float* before = kept + at * FrameLayout::width + group * pack;
        if (m > 0) {
          model += fft::load_pack(before);
          slope += fft::load_pack(before + plane);
          size += fft::load_pack(before + 2 * plane);
        }
        if (m + 1 == modes) {
          pixel(at, group, model, slope, size, FramePack(scale));
          return;
        }
        fft::store_pack(before, model);
        fft::store_pack(before + plane, slope);
        fft::store_pack(before + 2 * plane, size);
      });
      darken(direction);
    }
    keep_sums(team, p, p.first + item, block, sums, CurvatureSums::count);
  }
};

void columns_pass(const ExecutionSpace& space, const FramePass& pass, int count, const FrameData& data) {
  const FramePass p = pass;
  const FrameData d = data;
  const float scale = 1.0f / (static_cast<float>(p.layout.nx) * static_cast<float>(p.layout.ny));
  const std::size_t more = p.modes > 2 ? 3 * CurvatureColumns::bytes(p.layout) : 0;
  Kokkos::parallel_for(
      "ptychography::curvature",
      line_policy<float>(space, count * (p.layout.columns / FrameLayout::width), p.layout.ny, more + 128),
      KOKKOS_LAMBDA(const Member& team) { CurvatureColumns(team, p, d)(scale); });
}

}  // namespace

FrameCurvature::FrameCurvature(const ExecutionSpace& space, const FrameLayout& layout, int modes, int batch)
    : space_(space),
      layout_(layout),
      modes_(modes),
      group_(device_is_host ? 1 : batch),
      line_x_(layout.nx),
      line_y_(layout.ny),
      waves_("ptychography::pairs_of_waves",
             static_cast<std::size_t>(group_) * 2 * static_cast<std::size_t>(modes) * layout_.wave()),
      sums_("ptychography::curvatures", static_cast<std::size_t>(batch),
            static_cast<std::size_t>(layout_.columns / FrameLayout::width),
            static_cast<std::size_t>(CurvatureSums::count)) {}

std::vector<CurvatureSums> FrameCurvature::measure(const FrameBatch& batch, const FrameData& data, const Planes& object,
                                                   const Planes& direction, const Planes& probes) const {
  for (int first = 0; first < batch.count; first += group_) {
    const int count = std::min(group_, batch.count - first);
    const FramePass pass{layout_, line_x_, line_y_, 2 * modes_, first, batch.places, waves_, sums_};
    transform_rows(space_, pass, count, PairWave{{object, probes, modes_}, {direction, probes, modes_}});
    columns_pass(space_, pass, count, data);
  }
  const auto host = host_copy(sums_);
  std::vector<CurvatureSums> all(static_cast<std::size_t>(batch.count));
  for (int j = 0; j < batch.count; ++j)
    for (int block = 0; block < layout_.columns / FrameLayout::width; ++block) {
      all[static_cast<std::size_t>(j)].bend += host(j, block, 0);
      all[static_cast<std::size_t>(j)].size += host(j, block, 1);
    }
  return all;
}

}  // namespace locum::imaging
