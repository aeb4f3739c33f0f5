// Sums of an object's array over the ranks that work on it.
//
// A rank works on the box that its frames' windows cover, and needs what others add inside it. Either each sends what
// it has inside another's box to that one (neighbours), or all add up the whole; `plan` counts the bytes and takes what
// is less. Contributions are added in the order of the ranks, so that all who share a pixel have the same bits there.
#pragma once

#include <string>
#include <vector>

#include "kokkos_kernels/base/communicator.hpp"
#include "solvers/api/ptychography.hpp"
#include "solvers/imaging/ptychography/frames/frame_layout.hpp"

namespace locum::imaging {

class ObjectSum {
 public:
  ObjectSum() = default;
  // region: each rank's box of the object (nx, ny), the same list on every rank.
  ObjectSum(const ExecutionSpace& space, const Communicator& comm, std::vector<PixelBox> region, int nx, int ny);
  // Room for what travels, of one of other regions over the same ranks that is no longer needed.
  void take_room(ObjectSum& before);

  // sum: parts of each rank in, inside touched[rank] (the same list on every rank, each within region[rank]); out: the
  // sum over the ranks inside this rank's region. Returns the box that has changed or that contributions came to.
  // Arrays of the object's shape; imaginary parts too. Collective.
  PixelBox sum(const std::vector<PixelBox>& touched, const Planes& values);

  // values of each rank inside its region, where several have the same pixel the lowest rank's, to all. Collective.
  void gather(const Planes& values) const;

  // The lowest rank in whose region the pixel is; 0 where it is in none.
  int owner(int x, int y) const;
  const PixelBox& region() const { return region(comm_.rank()); }
  const PixelBox& region(int rank) const { return region_[static_cast<std::size_t>(rank)]; }
  bool by_neighbours() const { return by_neighbours_; }
  // Bytes that the busiest rank sends for one sum, by neighbours and as a whole.
  double neighbour_bytes() const { return neighbour_bytes_; }
  double whole_bytes() const { return whole_bytes_; }

 private:
  // A box's numbers on the device, (2, box.nx, box.ny), and on the host. Room grows and is kept.
  struct Parcel {
    PixelBox box;
    View<float*> device, device_room;
    HostView<float*> host, host_room;
    void set(const ExecutionSpace& space, const PixelBox& of);
  };
  PixelBox sum_whole(const std::vector<PixelBox>& touched, const Planes& values);
  PixelBox sum_with_neighbours(const std::vector<PixelBox>& touched, const Planes& values);

  ExecutionSpace space_;
  Communicator comm_ = Communicator::self();
  std::vector<PixelBox> region_;
  std::vector<std::vector<PixelBox>> owned_;  // of each rank: its region without those of lower ranks
  PixelBox whole_;
  bool by_neighbours_ = true;
  double neighbour_bytes_ = 0.0, whole_bytes_ = 0.0;
  std::vector<Parcel> in_, out_;  // from and to each rank; of sums of the whole the first of each
};

}  // namespace locum::imaging
