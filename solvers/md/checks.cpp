#include "solvers/md/checks.hpp"

#include <cstdio>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::md {

void throw_together(const Communicator& comm, const std::string& text, const std::string& where,
                    const std::string& hint) {
  const int first = comm.min(text.empty() ? comm.size() : comm.rank());
  if (first == comm.size()) return;
  std::string shared = text;
  comm.broadcast(shared, first);
  throw NumericalError(shared, where, hint);
}

std::string text_of(double a) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", a);
  return text;
}

std::string text_of(Vec3 a) {
  char text[96];
  std::snprintf(text, sizeof text, "(%.6g, %.6g, %.6g)", a.x, a.y, a.z);
  return text;
}

}  // namespace locum::md
