#include "solvers/imaging/ptychography/frames/object_sum.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "solvers/imaging/ptychography/frames/object_patches.hpp"

namespace locum::imaging {

namespace {

using Buffer = View<float*>;
using Policy = Kokkos::TeamPolicy<ExecutionSpace>;
using Member = Policy::member_type;

std::size_t numbers(const PixelBox& box) {
  return box.empty() ? 0 : 2 * static_cast<std::size_t>(box.nx()) * static_cast<std::size_t>(box.ny());
}

std::size_t numbers(const std::vector<PixelBox>& boxes) {
  std::size_t all = 0;
  for (const PixelBox& box : boxes) all += numbers(box);
  return all;
}

enum class Way { out, in, add };

// visit(part, row of the box, first number of that row in the array), a team each; part 0 is real, 1 imaginary.
template <class Visit>
void over_box(const ExecutionSpace& space, const char* label, const Planes& values_, const PixelBox& box_,
              const Visit& visit_) {
  if (box_.empty()) return;
  const Planes values = values_;
  const PixelBox box = box_;
  const Visit visit = visit_;
  const int nx = box.nx();
  Kokkos::parallel_for(
      label, Policy(space, 2 * nx, device_is_host ? 1 : 64), KOKKOS_LAMBDA(const Member& team) {
        const int part = team.league_rank() / nx, ix = team.league_rank() % nx;
        float* row = values.at(0) + static_cast<std::size_t>(part) * values.plane() +
                     static_cast<std::ptrdiff_t>(box.x0 + ix) * values.stride + box.y0;
        visit(team, part, ix, row);
      });
}

struct CopyRow {
  Buffer buffer;  // (2, nx, ny)
  int nx, ny;
  Way way;
  KOKKOS_INLINE_FUNCTION void operator()(const Member& team, int part, int ix, float* row) const {
    float* kept = buffer.data() + (static_cast<std::size_t>(part) * nx + ix) * ny;
    const auto range = Kokkos::TeamVectorRange(team, ny);
    if (way == Way::out)
      Kokkos::parallel_for(range, [&](int iy) { kept[iy] = row[iy]; });
    else if (way == Way::in)
      Kokkos::parallel_for(range, [&](int iy) { row[iy] = kept[iy]; });
    else
      Kokkos::parallel_for(range, [&](int iy) { row[iy] += kept[iy]; });
  }
};

struct ClearRow {
  int ny;
  KOKKOS_INLINE_FUNCTION void operator()(const Member& team, int, int, float* row) const {
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, ny), [&](int iy) { row[iy] = 0.0f; });
  }
};

// Between a box of an array and a buffer (2, box.nx, box.ny).
void copy_box(const ExecutionSpace& space, const Planes& values, const PixelBox& box, const Buffer& buffer, Way way) {
  over_box(space, "ptychography::copy_box", values, box, CopyRow{buffer, box.nx(), box.ny(), way});
}

void clear_box(const ExecutionSpace& space, const Planes& values, const PixelBox& box) {
  over_box(space, "ptychography::clear_box", values, box, ClearRow{box.ny()});
}

// The parts of `whole` that lie outside of `hole`, which lies inside it or is empty.
std::array<PixelBox, 4> around(const PixelBox& hole, const PixelBox& whole) {
  if (hole.empty()) return {whole};
  return {PixelBox{whole.x0, whole.y0, hole.x0, whole.y1}, PixelBox{hole.x1, whole.y0, whole.x1, whole.y1},
          PixelBox{hole.x0, whole.y0, hole.x1, hole.y0}, PixelBox{hole.x0, hole.y1, hole.x1, whole.y1}};
}

}  // namespace

void ObjectSum::Parcel::set(const ExecutionSpace& space, const PixelBox& of) {
  box = of;
  const std::size_t needed = numbers(of);
  if (needed > device_room.size()) {
    space.fence();  // a copy from the host's old room may be under way
    device_room = View<float*>(uninitialized("ptychography::parcel"), needed);
    host_room = Kokkos::create_mirror_view(device_room);
  }
  const auto part = std::make_pair(std::size_t{0}, needed);
  device = Kokkos::subview(device_room, part);
  host = Kokkos::subview(host_room, part);
}

void ObjectSum::take_room(ObjectSum& before) {
  if (before.in_.size() != in_.size()) return;
  std::swap(in_, before.in_);
  std::swap(out_, before.out_);
}

ObjectSum::ObjectSum(const ExecutionSpace& space, const Communicator& comm, std::vector<PixelBox> region, int nx,
                     int ny)
    : space_(space),
      comm_(comm),
      region_(std::move(region)),
      whole_{0, 0, nx, ny},
      in_(region_.size()),
      out_(region_.size()) {
  for (std::size_t a = 0; a < region_.size(); ++a) {
    double bytes = 0.0;
    for (std::size_t b = 0; b < region_.size(); ++b)
      if (a != b) bytes += sizeof(float) * static_cast<double>(numbers(intersection(region_[a], region_[b])));
    neighbour_bytes_ = std::max(neighbour_bytes_, bytes);
  }
  std::vector<PixelBox> taken;
  for (const PixelBox& r : region_) {
    const PixelBox box = intersection(r, whole_);
    owned_.push_back(without(std::span(&box, 1), taken));
    taken.push_back(box);
  }
  if (!owned_.empty())
    for (const PixelBox& rest : without(std::span(&whole_, 1), taken)) owned_.front().push_back(rest);
  // A reduction to all sends (R − 1) / R of the array twice, at the least (Patarasuk and Yuan, J. Parallel Distrib.
  // Comput. 69 (2009) 117).
  const double ranks = comm.size();
  whole_bytes_ = 2.0 * (ranks - 1.0) / ranks * sizeof(float) * static_cast<double>(numbers(whole_));
  by_neighbours_ = neighbour_bytes_ <= whole_bytes_;
}

PixelBox ObjectSum::sum(const std::vector<PixelBox>& touched, const Planes& values) {
  const auto me = static_cast<std::size_t>(comm_.rank());
  if (comm_.size() == 1) return touched[me];
  return by_neighbours_ ? sum_with_neighbours(touched, values) : sum_whole(touched, values);
}

PixelBox ObjectSum::sum_whole(const std::vector<PixelBox>& touched, const Planes& values) {
  PixelBox all;
  for (const PixelBox& t : touched) all = hull(all, t);
  Parcel &own = out_.front(), &together = in_.front();
  own.set(space_, touched[static_cast<std::size_t>(comm_.rank())]);
  together.set(space_, all);
  copy_box(space_, values, own.box, own.device, Way::out);
  clear_box(space_, values, all);
  copy_box(space_, values, own.box, own.device, Way::in);
  copy_box(space_, values, all, together.device, Way::out);
  Kokkos::deep_copy(space_, together.host, together.device);
  space_.fence();
  comm_.sum(std::span<float>(together.host.data(), together.host.size()));
  Kokkos::deep_copy(space_, together.device, together.host);
  copy_box(space_, values, all, together.device, Way::in);
  return all;
}

PixelBox ObjectSum::sum_with_neighbours(const std::vector<PixelBox>& touched, const Planes& values) {
  const auto me = static_cast<std::size_t>(comm_.rank());
  PixelBox changed = touched[me];
  for (const PixelBox& t : touched) changed = hull(changed, intersection(t, region()));
  std::vector<MPI_Request> requests;
  const auto start = [&](Parcel& parcel, std::size_t rank, bool send) {
    requests.emplace_back();
    const int count = static_cast<int>(parcel.host.size());
    if (send)
      MPI_Isend(parcel.host.data(), count, MPI_FLOAT, static_cast<int>(rank), 0, comm_.get(), &requests.back());
    else
      MPI_Irecv(parcel.host.data(), count, MPI_FLOAT, static_cast<int>(rank), 0, comm_.get(), &requests.back());
  };
  // Only where others contribute must this rank's own part take its turn.
  PixelBox shared;
  for (std::size_t r = 0; r < region_.size(); ++r)
    if (r != me) shared = hull(shared, intersection(touched[r], region()));
  for (std::size_t r = 0; r < region_.size(); ++r) {
    in_[r].set(space_, intersection(touched[r], r == me ? shared : region()));
    out_[r].set(space_, r == me ? PixelBox() : intersection(touched[me], region_[r]));
    if (out_[r].box.empty()) continue;
    copy_box(space_, values, out_[r].box, out_[r].device, Way::out);
    Kokkos::deep_copy(space_, out_[r].host, out_[r].device);
  }
  space_.fence();  // the last sum's parcels are in the device's memory, and this one's in the host's
  for (std::size_t r = 0; r < region_.size(); ++r)
    if (r != me && !in_[r].box.empty()) start(in_[r], r, false);
  for (std::size_t r = 0; r < region_.size(); ++r)
    if (!out_[r].box.empty()) start(out_[r], r, true);
  copy_box(space_, values, in_[me].box, in_[me].device, Way::out);
  for (const PixelBox& part : around(touched[me], changed)) clear_box(space_, values, part);
  clear_box(space_, values, shared);
  MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
  for (std::size_t r = 0; r < region_.size(); ++r) {
    if (r != me && !in_[r].box.empty()) Kokkos::deep_copy(space_, in_[r].device, in_[r].host);
    copy_box(space_, values, in_[r].box, in_[r].device, Way::add);
  }
  return changed;
}

int ObjectSum::owner(int x, int y) const {
  for (std::size_t r = 0; r < region_.size(); ++r) {
    const PixelBox& box = region_[r];
    if (x >= box.x0 && x < box.x1 && y >= box.y0 && y < box.y1) return static_cast<int>(r);
  }
  return 0;
}

// Each rank sends its pixels once, to all.
void ObjectSum::gather(const Planes& values) const {
  if (comm_.size() == 1) return;
  const Buffer mine(uninitialized("ptychography::owned"), numbers(owned_[static_cast<std::size_t>(comm_.rank())]));
  const auto copy_boxes = [&](int rank, const Buffer& buffer, std::size_t at, Way way) {
    for (const PixelBox& box : owned_[static_cast<std::size_t>(rank)]) {
      copy_box(space_, values, box, Kokkos::subview(buffer, std::make_pair(at, at + numbers(box))), way);
      at += numbers(box);
    }
    return at;
  };
  copy_boxes(comm_.rank(), mine, 0, Way::out);
  const auto mine_host = host_copy(mine);
  const std::vector<float> all = comm_.all_gather(std::span<const float>(mine_host.data(), mine_host.size()));
  const Buffer everyone(uninitialized("ptychography::owned_by_all"), all.size());
  const auto host = Kokkos::create_mirror_view(everyone);
  std::copy(all.begin(), all.end(), host.data());
  Kokkos::deep_copy(everyone, host);
  std::size_t at = 0;
  for (int rank = 0; rank < comm_.size(); ++rank) {
    if (rank == comm_.rank())
      at += mine.size();
    else
      at = copy_boxes(rank, everyone, at, Way::in);
  }
}

}  // namespace locum::imaging
