#include "kokkos_kernels/base/together.hpp"

#include <exception>
#include <string>

#include "kokkos_kernels/base/errors.hpp"

namespace locum {
namespace {

struct Failure {
  int code = -1;  // of ExitCode; −1: none
  std::string what, where, hint;
};

// The sentence that an Error was made of, without the place in front and the hint behind.
std::string sentence(const Error& error) {
  std::string text = error.what();
  if (!error.where().empty()) text.erase(0, error.where().size() + 2);
  const std::string tail = error.hint().empty() ? "" : "\n  hint: " + error.hint();
  return text.substr(0, text.size() - tail.size());
}

[[noreturn]] void raise(const Failure& f) {
  switch (static_cast<ExitCode>(f.code)) {
    case ExitCode::config:
      throw ConfigError(f.what, f.where, f.hint);
    case ExitCode::io:
      throw IoError(f.what, f.where, f.hint);
    case ExitCode::numerical:
      throw NumericalError(f.what, f.where, f.hint);
    case ExitCode::backend:
      throw BackendError(f.what, f.where, f.hint);
    case ExitCode::not_compiled:
      throw NotCompiled(f.what, f.where, f.hint);
    default:
      throw Error(static_cast<ExitCode>(f.code), f.what, f.where, f.hint);
  }
}

}  // namespace

void together(const Communicator& comm, const std::function<void()>& work) {
  if (comm.size() == 1) return work();
  Failure failure;
  try {
    work();
  } catch (const Error& error) {
    failure = {static_cast<int>(error.code()), sentence(error), error.where(), error.hint()};
  } catch (const std::exception& error) {
    failure = {static_cast<int>(ExitCode::internal), error.what(), "", ""};
  }
  const int first = comm.min(failure.code < 0 ? comm.size() : comm.rank());
  if (first == comm.size()) return;
  comm.broadcast(failure.code, first);
  comm.broadcast(failure.what, first);
  comm.broadcast(failure.where, first);
  comm.broadcast(failure.hint, first);
  raise(failure);
}

}  // namespace locum
