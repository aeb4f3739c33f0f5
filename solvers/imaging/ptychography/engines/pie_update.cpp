#include "solvers/imaging/ptychography/engines/pie_update.hpp"

#include <algorithm>

#include "solvers/imaging/ptychography/frames/frame_batches.hpp"
#include "solvers/imaging/ptychography/frames/object_pixels.hpp"

namespace locum::imaging {
namespace {

// Of each rank's frames of the batch, in their order.
std::vector<PixelBoxes> windows_of(const PtychographyFields& fields, const std::vector<int>& batch) {
  std::vector<PixelBoxes> windows;
  for (int rank = 0; rank < fields.comm().size(); ++rank) {
    const auto [from, to] = own_share(fields.frames(), rank, fields.comm().size());
    windows.emplace_back();
    for (const int u : batch)
      if (u >= from && u < to) windows.back().push_back(whole_tiles(fields.windows(std::span(&u, 1))));
  }
  return windows;
}

// Which of rank r's patches meet another rank's.
std::vector<bool> crowded_of(const std::vector<PixelBoxes>& coming, std::size_t r) {
  std::vector<bool> crowded;
  for (const PixelBox& patch : coming[r]) {
    bool met = false;
    for (std::size_t q = 0; q < coming.size() && !met; ++q) met = q != r && !inside(coming[q], patch).empty();
    crowded.push_back(met);
  }
  return crowded;
}

std::vector<bool> inverse(std::vector<bool> flags) {
  flags.flip();
  return flags;
}

void append(PixelBoxes& all, const PixelBoxes& more) { all.insert(all.end(), more.begin(), more.end()); }

}  // namespace

PieUpdate::PieUpdate(const PtychographyFields& fields) {
  const int ranks = fields.comm().size();
  if (ranks == 1) return;
  in_.resize(static_cast<std::size_t>(ranks));
  out_.resize(static_cast<std::size_t>(ranks));
  sum_ = Planes("ptychography::pie_sum", 1, fields.input().object_nx, fields.input().object_ny);
  light_ = Planes("ptychography::pie_light", 1, fields.input().object_nx, fields.input().object_ny);
}

void PieUpdate::Parcel::make_room() {
  const auto needed = static_cast<std::size_t>(std::max(rows.numbers(), crowded.numbers()));
  if (device.size() >= needed) return;
  device = View<float*>(uninitialized("ptychography::parcel"), 2 * needed);
  host = Kokkos::create_mirror_view(device);
}

void PieUpdate::apply(PtychographyFields& fields, const std::vector<int>& batch, const PtychographyFields::Held& held,
                      const PieStep& step) {
  const std::vector<PixelBoxes> windows = windows_of(fields, batch);
  const FrameChanges frames{fields.layout(), fields.modes(), held.batch, fields.change(), fields.probe.moved()};
  if (fields.comm().size() > 1) {
    share(fields, windows, frames, step);
    return;
  }
  near_.set(fields.space(), disjoint(windows.front()), windows.front());
  step_patches(fields.space(), near_, frames, step, fields.object_plane);
}

void PieUpdate::share(PtychographyFields& fields, const std::vector<PixelBoxes>& windows, const FrameChanges& frames,
                      const PieStep& step) {
  const ExecutionSpace& space = fields.space();
  const Communicator& comm = fields.comm();
  const auto me = static_cast<std::size_t>(comm.rank());
  const PixelBoxes own = disjoint(windows[me]);
  std::vector<PixelBoxes> coming(windows.size());
  for (std::size_t r = 0; r < windows.size(); ++r)
    if (r != me) coming[r] = inside(disjoint(windows[r]), fields.region());
  PixelBoxes shared, crowded;
  std::vector<MPI_Request> requests;
  for (std::size_t r = 0; r < windows.size(); ++r) {
    const std::vector<bool> with_more = crowded_of(coming, r), without_more = inverse(with_more);
    in_[r].rows.set(space, coming[r], windows[me], without_more);
    in_[r].crowded.set(space, coming[r], {}, with_more);
    if (coming[r].empty()) continue;
    append(shared, coming[r]);
    for (std::size_t k = 0; k < with_more.size(); ++k)
      if (with_more[k]) crowded.push_back(coming[r][k]);
    in_[r].make_room();
    MPI_Irecv(in_[r].host.data(), in_[r].rows.numbers(), MPI_FLOAT, static_cast<int>(r), 0, comm.get(),
              &requests.emplace_back());
  }
  for (std::size_t r = 0; r < windows.size(); ++r) {
    if (r == me) continue;
    Parcel& out = out_[r];
    out.rows.set(space, inside(own, fields.over_ranks().region(static_cast<int>(r))), windows[me]);
    if (out.rows.count() == 0) continue;
    out.make_room();
    sum_patches(space, out.rows, frames, out.device);
    Kokkos::deep_copy(out.host, out.device);
    MPI_Isend(out.host.data(), out.rows.numbers(), MPI_FLOAT, static_cast<int>(r), 0, comm.get(),
              &requests.emplace_back());
  }
  near_.set(space, without(own, shared), windows[me]);  // meanwhile what waits for nobody
  step_patches(space, near_, frames, step, fields.object_plane);
  MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
  for (std::size_t r = 0; r < in_.size(); ++r) {
    if (coming[r].empty()) continue;
    Kokkos::deep_copy(in_[r].device, in_[r].host);
    step_patches(space, in_[r].rows, frames, in_[r].device, step, fields.object_plane);
  }
  if (!crowded.empty()) step_crowded(fields, disjoint(crowded), own, windows[me], frames, step);
}

void PieUpdate::step_crowded(PtychographyFields& fields, const PixelBoxes& crowded, const PixelBoxes& own,
                             const PixelBoxes& windows, const FrameChanges& frames, const PieStep& step) {
  const ExecutionSpace& space = fields.space();
  const auto me = static_cast<std::size_t>(fields.comm().rank());
  PixelBoxes both;
  for (const PixelBox& patch : crowded) append(both, inside(own, patch));
  in_[me].crowded.set(space, both, windows);
  in_[me].make_room();
  sum_patches(space, in_[me].crowded, frames, in_[me].device);
  late_.set(space, crowded, {});
  clear_patches(space, late_, sum_, light_);
  for (const Parcel& part : in_) add_patches(space, part.crowded, part.device, sum_, light_);
  step_patches(space, late_, sum_, light_, step, fields.object_plane);
}

}  // namespace locum::imaging
