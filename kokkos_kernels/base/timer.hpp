// Wall-clock time of a scope, added to an account when the scope ends.
#pragma once

#include <chrono>

namespace locum {

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  void restart() { start_ = Clock::now(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

class ScopedTimer {
 public:
  explicit ScopedTimer(double& account) : account_(account) {}
  ~ScopedTimer() { account_ += watch_.seconds(); }
  ScopedTimer(const ScopedTimer&) = delete;
  ScopedTimer& operator=(const ScopedTimer&) = delete;

 private:
  double& account_;
  Stopwatch watch_;
};

}  // namespace locum
