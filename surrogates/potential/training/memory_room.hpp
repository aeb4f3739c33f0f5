// A limit on bytes that are held. What has found room keeps it: an epoch touches every frame once, where making room
// for the latest at the cost of the oldest would throw away each thing just before it is wanted.
#pragma once

#include <cstdint>

namespace locum::potential {

class MemoryRoom {
 public:
  explicit MemoryRoom(std::uint64_t limit = UINT64_MAX) : limit_(limit) {}
  void set_limit(std::uint64_t limit) { limit_ = limit; }  // what is held already stays
  std::uint64_t limit() const { return limit_; }
  std::uint64_t used() const { return used_; }

  bool fits(std::uint64_t bytes) const { return used_ <= limit_ && bytes <= limit_ - used_; }
  bool take(std::uint64_t bytes) {
    if (!fits(bytes)) return false;
    used_ += bytes;
    return true;
  }
  void give_back(std::uint64_t bytes) { used_ -= bytes; }

 private:
  std::uint64_t limit_, used_ = 0;
};

}  // namespace locum::potential
