// Loops over the pixels of a box of the object, a pack at a time.
#pragma once

#include <string>

#include "solvers/api/ptychography.hpp"
#include "solvers/imaging/ptychography/frames/frame_layout.hpp"

namespace locum::imaging {

// The box with y grown to whole tiles, so that packs begin and end with it. It may reach into the padding of the rows,
// where arrays of the object are zero and stay so.
inline PixelBox whole_tiles(PixelBox box) {
  constexpr int width = FrameLayout::width;
  if (box.empty()) return box;
  box.y0 = box.y0 / width * width;
  box.y1 = (box.y1 + width - 1) / width * width;
  return box;
}

// visit(offset of the pack's first pixel in a plane of the object). box: whole tiles.
template <class Visit>
void over_pixels(const ExecutionSpace& space, const std::string& label, const PixelBox& pixels, int stride,
                 const Visit& visit_) {
  if (pixels.empty()) return;
  using Policy = Kokkos::TeamPolicy<ExecutionSpace>;
  const PixelBox box = pixels;
  const Visit visit = visit_;
  const int items = box.ny() / FramePack::lanes;
  Kokkos::parallel_for(
      label, Policy(space, box.nx(), device_is_host ? 1 : 128),
      KOKKOS_LAMBDA(const typename Policy::member_type& team) {
        const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(box.x0 + team.league_rank()) * stride + box.y0;
        for (int item = team.team_rank(); item < items; item += team.team_size()) visit(row + item * FramePack::lanes);
      });
}

}  // namespace locum::imaging
