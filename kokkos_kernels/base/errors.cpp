#include "kokkos_kernels/base/errors.hpp"

namespace locum {
namespace {

std::string compose(const std::string& what, const std::string& where, const std::string& hint) {
  std::string text = where.empty() ? what : where + ": " + what;
  if (!hint.empty()) text += "\n  hint: " + hint;
  return text;
}

}  // namespace

Error::Error(ExitCode code, std::string what, std::string where, std::string hint)
    : std::runtime_error(compose(what, where, hint)), code_(code), where_(std::move(where)), hint_(std::move(hint)) {}

}  // namespace locum
