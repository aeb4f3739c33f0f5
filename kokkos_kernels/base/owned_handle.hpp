// A handle or descriptor of a C library that lives as long as its owner. Knows no library: those stay in the folders
// that wrap them, which say how it is made and destroyed, and which errors a status means.
#pragma once

namespace locum {

// make(&handle) and destroy(handle) as the library has them; check(status) throws unless the handle was made.
template <class Handle, auto make, auto destroy, auto check>
class OwnedHandle {
 public:
  OwnedHandle() { check(make(&handle_)); }
  ~OwnedHandle() { destroy(handle_); }
  OwnedHandle(const OwnedHandle&) = delete;
  OwnedHandle& operator=(const OwnedHandle&) = delete;
  operator Handle() const { return handle_; }

 private:
  Handle handle_{};
};

}  // namespace locum
