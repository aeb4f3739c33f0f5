// What an input asks for in vain: settings of the other mode.
#pragma once

#include <string>
#include <vector>

#include "apps/imaging/imaging_config.hpp"

namespace locum::apps {

// A sentence for each setting that differs from its default and does nothing in the input's mode. Empty: all count.
std::vector<std::string> without_effect(ImagingConfig config);

}  // namespace locum::apps
