#include "solvers/imaging/ptychography/frames/update_kernels.hpp"

#include <algorithm>

namespace locum::imaging {
namespace {

using Policy = Kokkos::TeamPolicy<ExecutionSpace>;
using Member = Policy::member_type;
constexpr int pack = FramePack::lanes;

// A core on the CPU; on a GPU a thread for every few of the `items` of a team.
int team_threads(int items) { return device_is_host ? 1 : std::clamp((items + 31) / 32 * 32, 32, 256); }

// Frames of the batch that cover row x of the object, in their order; returns their number. list: batch.count + 1.
KOKKOS_INLINE_FUNCTION int covering(const Member& team, const FrameBatch& batch, int nx, int x, int* list) {
  Kokkos::parallel_scan(Kokkos::TeamThreadRange(team, batch.count), [&](int j, int& at, bool last) {
    const int row = x - batch.places(j).x;
    const bool covers = row >= 0 && row < nx;
    if (last && covers) list[at] = j;
    if (covers) ++at;
    if (last && j + 1 == batch.count) list[batch.count] = at;
  });
  team.team_barrier();
  return list[batch.count];
}

// For each pack of the box in the object's row x: visit(y, list, number) of the frames that cover the row.
template <class Visit>
void over_rows(const ExecutionSpace& space, const FrameLayout& layout, const FrameBatch& frames, const PixelBox& pixels,
               const char* label, const Visit& visit_) {
  if (pixels.empty() || frames.count == 0) return;
  const FrameBatch batch = frames;
  const PixelBox box = pixels;
  const Visit visit = visit_;
  const int nx = layout.nx, first = box.y0 / pack * pack, items = (box.y1 - first + pack - 1) / pack;
  const std::size_t bytes = sizeof(int) * static_cast<std::size_t>(batch.count + 1);
  const int threads = team_threads(items), level = scratch_level(bytes + 64, threads);
  Kokkos::parallel_for(
      label, Policy(space, box.nx(), threads).set_scratch_size(level, Kokkos::PerTeam(static_cast<int>(bytes) + 64)),
      KOKKOS_LAMBDA(const Member& team) {
        const int x = box.x0 + team.league_rank();
        int* list = static_cast<int*>(team.team_scratch(level).get_shmem_aligned(bytes, 16));
        const int number = covering(team, batch, nx, x, list);
        for (int item = team.team_rank(); item < items; item += team.team_size())
          visit(x, first + item * pack, static_cast<const int*>(list), number);
      });
}

struct GatherVisit {
  FrameLayout layout;
  int modes, first;
  FrameBatch batch;
  Planes change, probes, sum, light;
  bool add;

  KOKKOS_INLINE_FUNCTION void operator()(int x, int y, const int* list, int number) const {
    FrameLanes total = FrameLanes::zero();
    const std::ptrdiff_t here = static_cast<std::ptrdiff_t>(x) * (sum.count ? sum : light).stride + y;
    // One frame after the other, however they are batched: light that was kept must be the light that would be made.
    FramePack lit = light.count > 0 && add ? fft::load_pack(light.at(0) + here) : FramePack(0.0f);
    for (int k = 0; k < number; ++k) {
      const FramePlace place = batch.places(list[k]);
      const int wy = y - place.y;
      if (wy <= -pack || wy >= layout.ny) continue;
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(x - place.x) * layout.stride + wy;
      for (int m = 0; m < modes; ++m) {
        const FrameLanes p = load(probes.at(place.probe * modes + m) + at, probes.plane());
        if (change.count > 0)
          total = total + conjugate_times(p, load(change.at((first + list[k]) * modes + m) + at, change.plane()));
        if (light.count > 0) lit += square(p);
      }
    }
    if (sum.count > 0) {
      float* to = sum.at(0) + here;
      store(to, sum.plane(), add ? load(to, sum.plane()) + total : total);
    }
    if (light.count > 0) fft::store_pack(light.at(0) + here, lit);
  }
};

// A team's sums of five packs become row j of `sums`.
KOKKOS_INLINE_FUNCTION void keep_five(const Member& team, const FramePack* each, const BatchSums::Rows& sums) {
  for (int k = 0; k < StepSums::count; ++k) {
    double total = 0.0;
    const double mine = static_cast<double>(sum(each[k]));
    Kokkos::parallel_reduce(
        Kokkos::TeamThreadRange(team, team.team_size()), [&](int, double& t) { t += mine; }, total);
    Kokkos::single(Kokkos::PerTeam(team), [&]() { sums(team.league_rank(), k) = total; });
  }
}

// u and v of a pack of pixels of one frame and mode.
struct StepPair {
  Planes object, object_change, probes, probe_change;
  KOKKOS_INLINE_FUNCTION void operator()(int probe, std::ptrdiff_t in_window, std::ptrdiff_t in_object, FrameLanes& u,
                                         FrameLanes& v) const {
    u = load(object_change.at(0) + in_object, object_change.plane()) *
        load(probes.at(probe) + in_window, probes.plane());
    v = probe_change.count > 0 ? load(probe_change.at(probe) + in_window, probe_change.plane()) *
                                     load(object.at(0) + in_object, object.plane())
                               : FrameLanes::zero();
  }
};

struct SlopePair {
  Planes object, probes;
  KOKKOS_INLINE_FUNCTION void operator()(int probe, std::ptrdiff_t in_window, std::ptrdiff_t in_object, FrameLanes& u,
                                         FrameLanes& v) const {
    const FrameLanes p = 0.5f * load(probes.at(probe) + in_window, probes.plane());
    const float* o = object.at(0) + in_object;
    const std::size_t imaginary = object.plane();
    const int x = static_cast<int>(in_object / object.stride);
    const int before = x > 0 ? object.stride : 0, after = x + 1 < object.rows ? object.stride : 0;
    u = (load(o + after, imaginary) - load(o - before, imaginary)) * p;
    v = (load(o + 1, imaginary) - load(o - 1, imaginary)) * p;
  }
};

template <class Pair>
void pair_sums(const ExecutionSpace& space, const FrameLayout& frame_layout, int mode_count, const FrameBatch& frames,
               int object_stride, const Planes& changes, const char* label, const Pair& pair_, BatchSums& to) {
  const FrameLayout layout = frame_layout;
  const FrameBatch batch = frames;
  const Planes change = changes;
  const Pair pair = pair_;
  const int modes = mode_count, packs = (layout.ny + pack - 1) / pack;
  const BatchSums::Rows sums = to.rows(batch.count);
  Kokkos::parallel_for(
      label, Policy(space, batch.count, team_threads(layout.nx * packs)), KOKKOS_LAMBDA(const Member& team) {
        const FramePlace place = batch.places(team.league_rank());
        FramePack each[StepSums::count] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
        for (int item = team.team_rank(); item < layout.nx * packs; item += team.team_size()) {
          const int x = item / packs, y = item % packs * pack;
          const std::ptrdiff_t in_window = static_cast<std::ptrdiff_t>(x) * layout.stride + y;
          const std::ptrdiff_t in_object = static_cast<std::ptrdiff_t>(place.x + x) * object_stride + place.y + y;
          for (int m = 0; m < modes; ++m) {
            FrameLanes u, v;
            pair(place.probe * modes + m, in_window, in_object, u, v);
            const FrameLanes chi = load(change.at(team.league_rank() * modes + m) + in_window, change.plane());
            each[0] += square(u);
            each[1] += square(v);
            each[2] += real_product(u, v);
            each[3] += real_product(u, chi);
            each[4] += real_product(v, chi);
          }
        }
        keep_five(team, each, sums);
      });
}

}  // namespace

const BatchSums::Rows& BatchSums::rows(int count) {
  if (rows_.extent_int(0) < count)
    rows_ = Rows(uninitialized("ptychography::step_sums"), static_cast<std::size_t>(count));
  count_ = count;
  return rows_;
}

std::vector<StepSums> BatchSums::get(const ExecutionSpace& space) const {
  space.fence();
  std::vector<StepSums> all;
  for (int j = 0; j < count_; ++j) all.push_back({rows_(j, 0), rows_(j, 1), rows_(j, 2), rows_(j, 3), rows_(j, 4)});
  return all;
}

void gather(const ExecutionSpace& space, const FrameLayout& layout, int modes, const FrameBatch& batch,
            const PixelBox& box, const Planes& change, int first, const Planes& probes, const Planes& sum,
            const Planes& light, bool add) {
  over_rows(space, layout, batch, box, "ptychography::gather",
            GatherVisit{layout, modes, first, batch, change, probes, sum, light, add});
}

void gather_light(const ExecutionSpace& space, const FrameLayout& layout, int modes, const FrameBatch& batch,
                  const PixelBox& box, const Planes& probes, const Planes& light, bool add) {
  over_rows(space, layout, batch, box, "ptychography::gather_light",
            GatherVisit{layout, modes, 0, batch, Planes(), probes, Planes(), light, add});
}

void probe_products(const ExecutionSpace& space, const FrameLayout& frame_layout, int mode_count,
                    const FrameBatch& frames, const Planes& object_, const Planes& change_, int first_, bool together,
                    const fft::Waves<float>& product_) {
  const FrameLayout layout = frame_layout;
  const FrameBatch batch = frames;
  const Planes object = object_, change = change_;
  const fft::Waves<float> product = product_;
  const int modes = mode_count, first = first_, packs = (layout.ny + pack - 1) / pack;
  const int waves = (together ? 1 : batch.count) * modes;
  Kokkos::parallel_for(
      "ptychography::probe_products", Policy(space, waves * layout.nx, team_threads(packs)),
      KOKKOS_LAMBDA(const Member& team) {
        const int wave = team.league_rank() / layout.nx, x = team.league_rank() % layout.nx, mode = wave % modes;
        const int begin = together ? 0 : wave / modes, end = together ? batch.count : wave / modes + 1;
        for (int item = team.team_rank(); item < packs; item += team.team_size()) {
          const int y = item * pack;
          FrameLanes total = FrameLanes::zero();
          for (int j = begin; j < end; ++j) {
            const FramePlace place = batch.places(j);
            const float* o = object.at(0) + static_cast<std::ptrdiff_t>(place.x + x) * object.stride + place.y + y;
            const float* c = change.at((first + j) * modes + mode) + static_cast<std::ptrdiff_t>(x) * layout.stride + y;
            total = total + conjugate_times(load(o, object.plane()), load(c, change.plane()));
          }
          for (int lane = 0; lane < pack; ++lane)
            if (y + lane < layout.ny)
              product(wave, x, y + lane) = fft::Complex<float>(total.re.lane(lane), total.im.lane(lane));
        }
      });
}

void object_light(const ExecutionSpace& space, const FrameLayout& layout, const FrameBatch& frames,
                  const Planes& object_, const View<float*>& below_) {
  const FrameBatch batch = frames;
  const Planes object = object_;
  const View<float*> below = below_;
  const int ny = layout.ny;
  Kokkos::parallel_for(
      "ptychography::object_light", RangePolicy(space, 0, layout.nx * ny), KOKKOS_LAMBDA(int i) {
        float sum = 0.0f;
        for (int j = 0; j < batch.count; ++j) {
          const FramePlace place = batch.places(j);
          const float* o =
              object.at(0) + static_cast<std::ptrdiff_t>(place.x + i / ny) * object.stride + place.y + i % ny;
          sum += o[0] * o[0] + o[object.plane()] * o[object.plane()];
        }
        below(i) += sum;
      });
}

void divide_probe(const ExecutionSpace& space, const fft::Waves<float>& sum_, const View<float*>& below_,
                  const fft::Waves<float>& probe_) {
  const fft::Waves<float> sum = sum_, probe = probe_;
  const View<float*> below = below_;
  const int pixels = probe.extent_int(1) * probe.extent_int(2);
  Kokkos::parallel_for(
      "ptychography::divide_probe", RangePolicy(space, 0, static_cast<int>(probe.size())), KOKKOS_LAMBDA(int i) {
        if (below(i % pixels) > 1e-6f) probe.data()[i] = sum.data()[i] / below(i % pixels);
      });
}

void add_waves(const ExecutionSpace& space, float factor, const fft::Waves<float>& change,
               const fft::Waves<float>& to) {
  const fft::Waves<float> source = change, target = to;
  Kokkos::parallel_for(
      "ptychography::add_waves", RangePolicy(space, 0, static_cast<int>(to.size())),
      KOKKOS_LAMBDA(int i) { target.data()[i] += factor * source.data()[i]; });
}

void step_sums(const ExecutionSpace& space, const FrameLayout& layout, int modes, const FrameBatch& batch,
               const Planes& object, const Planes& object_change, const Planes& probes, const Planes& probe_change,
               const Planes& change, BatchSums& to) {
  pair_sums(space, layout, modes, batch, object.stride, change, "ptychography::step_sums",
            StepPair{object, object_change, probes, probe_change}, to);
}

void slope_sums(const ExecutionSpace& space, const FrameLayout& layout, int modes, const FrameBatch& batch,
                const Planes& object, const Planes& probes, const Planes& change, BatchSums& to) {
  pair_sums(space, layout, modes, batch, object.stride, change, "ptychography::slope_sums", SlopePair{object, probes},
            to);
}

float largest_square(const ExecutionSpace& space, const Planes& array_, const PixelBox& box_) {
  if (box_.empty()) return 0.0f;
  const Planes array = array_;
  const PixelBox box = box_;
  float largest = 0.0f;
  Kokkos::parallel_reduce(
      "ptychography::largest_square", Policy(space, box.nx(), team_threads(box.ny())),
      KOKKOS_LAMBDA(const Member& team, float& most) {
        const float* row = array.at(0) + static_cast<std::ptrdiff_t>(box.x0 + team.league_rank()) * array.stride;
        for (int y = box.y0 + team.team_rank(); y < box.y1; y += team.team_size()) {
          const float imaginary = row[array.plane() + static_cast<std::size_t>(y)];
          const float square = row[y] * row[y] + imaginary * imaginary;
          if (square > most) most = square;
        }
      },
      Kokkos::Max<float>(largest));
  return std::max(largest, 0.0f);
}

}  // namespace locum::imaging
