#include "solvers/imaging/ptychography/frames/object_patches.hpp"

#include <algorithm>

namespace locum::imaging {
namespace {

using Policy = Kokkos::TeamPolicy<ExecutionSpace>;
using Member = Policy::member_type;
constexpr int pack = FramePack::lanes;

// The parts of `box` that lie outside of `other`: two of whole rows, two of the rows between.
void add_around(const PixelBox& box, const PixelBox& other, PixelBoxes& to) {
  const PixelBox hole = intersection(box, other);
  if (hole.empty()) {
    to.push_back(box);
    return;
  }
  for (const PixelBox& part : {PixelBox{box.x0, box.y0, hole.x0, box.y1}, PixelBox{hole.x0, box.y0, hole.x1, hole.y0},
                               PixelBox{hole.x0, hole.y1, hole.x1, box.y1}, PixelBox{hole.x1, box.y0, box.x1, box.y1}})
    if (!part.empty()) to.push_back(part);
}

// visit(row, pack of the row), `threads` of a GPU for each row.
template <class Visit>
void over_patches(const ExecutionSpace& space, const std::string& label, const PatchRows& patches,
                  const Visit& visit_) {
  if (patches.count() == 0) return;
  constexpr int threads = device_is_host ? 1 : 64;
  const View<PatchRow*> rows = patches.rows();
  const Visit visit = visit_;
  Kokkos::parallel_for(
      label, Policy(space, patches.count(), threads), KOKKOS_LAMBDA(const Member& team) {
        const PatchRow row = rows(team.league_rank());
        for (int item = team.team_rank(); item < row.packs; item += team.team_size()) visit(row, item);
      });
}

// A row's offset in a plane of the object, and a pack's places in a buffer.
KOKKOS_FORCEINLINE_FUNCTION std::ptrdiff_t offset(const PatchRow& row, int item, int stride) {
  return static_cast<std::ptrdiff_t>(row.x) * stride + row.y + item * pack;
}
struct BufferPack {
  float *re, *im, *light;
  KOKKOS_FORCEINLINE_FUNCTION BufferPack(const View<float*>& buffer, const PatchRow& row, int item)
      : re(buffer.data() + row.at + item * pack), im(re + row.packs * pack), light(im + row.packs * pack) {}
};

// What a pack of pixels has of the frames that cover it.
struct PackSums {
  FrameLanes total = FrameLanes::zero();
  FramePack light = 0.0f;

  KOKKOS_FORCEINLINE_FUNCTION PackSums(const FrameChanges& of, const View<int*>& frames, const PatchRow& row,
                                       int item) {
    const int y = row.y + item * pack;
    for (int k = row.first_frame; k < row.first_frame + row.frames; ++k) {
      const int j = frames(k);
      const FramePlace place = of.batch.places(j);
      const int wx = row.x - place.x, wy = y - place.y;
      if (wx < 0 || wx >= of.layout.nx || wy <= -pack || wy >= of.layout.ny) continue;
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(wx) * of.layout.stride + wy;
      for (int m = 0; m < of.modes; ++m) {
        const FrameLanes p = load(of.probes.at(place.probe * of.modes + m) + at, of.probes.plane());
        total = total + conjugate_times(p, load(of.change.at(j * of.modes + m) + at, of.change.plane()));
        light = light + square(p);
      }
    }
  }
};

KOKKOS_FORCEINLINE_FUNCTION void take_step(const PieStep& by, FrameLanes sum, FramePack light, float* o,
                                           std::size_t imaginary) {
  const FramePack below =
      FramePack(1.0f - by.alpha) * light + FramePack(by.alpha) * max(FramePack(by.brightest), light);
  const FramePack factor = FramePack(by.step) / below;
  store(o, imaginary, load(o, imaginary) + FrameLanes{factor * sum.re, factor * sum.im});
}

}  // namespace

PixelBoxes disjoint(std::span<const PixelBox> boxes) {
  PixelBoxes all;
  for (const PixelBox& box : boxes) {
    const PixelBoxes parts = without(std::span(&box, 1), all);
    all.insert(all.end(), parts.begin(), parts.end());
  }
  return all;
}

PixelBoxes without(std::span<const PixelBox> boxes, std::span<const PixelBox> others) {
  PixelBoxes left(boxes.begin(), boxes.end()), next;
  std::erase_if(left, [](const PixelBox& b) { return b.empty(); });
  for (const PixelBox& other : others) {
    next.clear();
    for (const PixelBox& box : left) add_around(box, other, next);
    std::swap(left, next);
  }
  return left;
}

PixelBoxes inside(std::span<const PixelBox> boxes, const PixelBox& frame) {
  PixelBoxes parts;
  for (const PixelBox& box : boxes) {
    const PixelBox part = intersection(box, frame);
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

void PatchRows::set(const ExecutionSpace& space, std::span<const PixelBox> patches, std::span<const PixelBox> windows,
                    const std::vector<bool>& chosen) {
  std::vector<PatchRow> rows;
  std::vector<int> frames;
  numbers_ = 0;
  for (std::size_t k = 0; k < patches.size(); ++k) {
    const PixelBox& patch = patches[k];
    const int packs = patch.ny() / pack, room = 3 * packs * pack;
    if (chosen.empty() || chosen[k]) {
      PatchRow row{patch.x0, patch.y0, packs, static_cast<int>(frames.size()), 0, numbers_};
      for (std::size_t j = 0; j < windows.size(); ++j)
        if (!intersection(windows[j], patch).empty()) frames.push_back(static_cast<int>(j));
      row.frames = static_cast<int>(frames.size()) - row.first_frame;
      for (; row.x < patch.x1; ++row.x, row.at += room) rows.push_back(row);
    }
    numbers_ += patch.nx() * room;
  }
  count_ = static_cast<int>(rows.size());
  std::copy(rows.begin(), rows.end(), rows_.room(space, rows.size()).begin());
  std::copy(frames.begin(), frames.end(), frames_.room(space, frames.size()).begin());
  rows_.send(space);
  frames_.send(space);
}

void sum_patches(const ExecutionSpace& space, const PatchRows& rows, const FrameChanges& frames_,
                 const View<float*>& buffer_) {
  const FrameChanges frames = frames_;
  const View<int*> listed = rows.frames();
  const View<float*> buffer = buffer_;
  over_patches(
      space, "ptychography::sum_patches", rows, KOKKOS_LAMBDA(const PatchRow& row, int item) {
        const PackSums sums(frames, listed, row, item);
        const BufferPack to(buffer, row, item);
        fft::store_pack(to.re, sums.total.re);
        fft::store_pack(to.im, sums.total.im);
        fft::store_pack(to.light, sums.light);
      });
}

void step_patches(const ExecutionSpace& space, const PatchRows& rows, const FrameChanges& frames_, const PieStep& step_,
                  const Planes& object_) {
  const FrameChanges frames = frames_;
  const View<int*> listed = rows.frames();
  const PieStep step = step_;
  const Planes object = object_;
  over_patches(
      space, "ptychography::step_patches", rows, KOKKOS_LAMBDA(const PatchRow& row, int item) {
        const PackSums sums(frames, listed, row, item);
        take_step(step, sums.total, sums.light, object.at(0) + offset(row, item, object.stride), object.plane());
      });
}

void step_patches(const ExecutionSpace& space, const PatchRows& rows, const FrameChanges& frames_,
                  const View<float*>& others_, const PieStep& step_, const Planes& object_) {
  const FrameChanges frames = frames_;
  const View<int*> listed = rows.frames();
  const View<float*> others = others_;
  const PieStep step = step_;
  const Planes object = object_;
  over_patches(
      space, "ptychography::step_shared_patches", rows, KOKKOS_LAMBDA(const PatchRow& row, int item) {
        const PackSums sums(frames, listed, row, item);
        const BufferPack more(others, row, item);
        take_step(step, sums.total + FrameLanes{fft::load_pack(more.re), fft::load_pack(more.im)},
                  sums.light + fft::load_pack(more.light), object.at(0) + offset(row, item, object.stride),
                  object.plane());
      });
}

void step_patches(const ExecutionSpace& space, const PatchRows& rows, const Planes& sum_, const Planes& light_,
                  const PieStep& step_, const Planes& object_) {
  const Planes sum = sum_, light = light_, object = object_;
  const PieStep step = step_;
  over_patches(
      space, "ptychography::step_crowded_patches", rows, KOKKOS_LAMBDA(const PatchRow& row, int item) {
        const std::ptrdiff_t at = offset(row, item, object.stride);
        take_step(step, load(sum.at(0) + at, sum.plane()), fft::load_pack(light.at(0) + at), object.at(0) + at,
                  object.plane());
      });
}

void clear_patches(const ExecutionSpace& space, const PatchRows& rows, const Planes& sum_, const Planes& light_) {
  const Planes sum = sum_, light = light_;
  over_patches(
      space, "ptychography::clear_patches", rows, KOKKOS_LAMBDA(const PatchRow& row, int item) {
        const std::ptrdiff_t at = offset(row, item, sum.stride);
        store(sum.at(0) + at, sum.plane(), FrameLanes::zero());
        fft::store_pack(light.at(0) + at, FramePack(0.0f));
      });
}

void add_patches(const ExecutionSpace& space, const PatchRows& rows, const View<float*>& buffer_, const Planes& sum_,
                 const Planes& light_) {
  const View<float*> buffer = buffer_;
  const Planes sum = sum_, light = light_;
  over_patches(
      space, "ptychography::add_patches", rows, KOKKOS_LAMBDA(const PatchRow& row, int item) {
        const BufferPack from(buffer, row, item);
        const std::ptrdiff_t at = offset(row, item, sum.stride);
        float *to = sum.at(0) + at, *lit = light.at(0) + at;
        store(to, sum.plane(), load(to, sum.plane()) + FrameLanes{fft::load_pack(from.re), fft::load_pack(from.im)});
        fft::store_pack(lit, fft::load_pack(lit) + fft::load_pack(from.light));
      });
}

}  // namespace locum::imaging
