#include "apps/version.hpp"

#include "kokkos_kernels/base/kokkos.hpp"
#include "locum_build.hpp"  // generated: LOCUM_VERSION and LOCUM_COMMIT as constants

namespace locum::apps {

std::string version() { return build::version; }
std::string git_commit() { return build::commit; }

std::string backend() {
  std::string name = ExecutionSpace::name();
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

std::string version_line() { return "locum " + version() + " (" + git_commit() + ", " + backend() + ")"; }

}  // namespace locum::apps
