// A list that the host makes again and again for kernels to read. Room grows and is kept: a steady user allocates
// nothing, and waits for a GPU every fourth time only.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum {

template <class T>
class StagedList {
 public:
  explicit StagedList(std::string label) : label_(std::move(label)) {}

  // Room on the host for `count` elements, to be filled; what is in it has no meaning.
  std::span<T> room(const ExecutionSpace& space, std::size_t count) {
    turn_ = (turn_ + 1) % host_.size();
    const bool grows = count > device_.extent(0);
    if (turn_ == 0 || grows) space.fence();  // copies from room that is given again, or given up, may be under way
    if (grows) {
      device_ = View<T*>(uninitialized(label_), 2 * count);
      for (HostView<T*>& host : host_) host = Kokkos::create_mirror_view(device_);
    }
    count_ = count;
    return {host_[turn_].data(), count};
  }
  // What is in the room, to the device, in the order of the space's work.
  void send(const ExecutionSpace& space) const {
    if (count_ == 0) return;
    const auto part = std::make_pair(std::size_t{0}, count_);
    Kokkos::deep_copy(space, Kokkos::subview(device_, part), Kokkos::subview(host_[turn_], part));
  }
  // Elements beyond those sent have no meaning.
  const View<T*>& device() const { return device_; }

 private:
  std::string label_;
  View<T*> device_;
  std::array<HostView<T*>, 4> host_;
  std::size_t turn_ = 0, count_ = 0;
};

}  // namespace locum
