// What was built: version, commit, backend.
#pragma once

#include <string>

namespace locum::apps {

std::string version();       // "0.1.0"
std::string git_commit();    // short hash, "-dirty" where the tree had changes; "unknown" outside a checkout
std::string backend();       // "serial", "cuda"
std::string version_line();  // all of them in one line

}  // namespace locum::apps
