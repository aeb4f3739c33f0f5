// `locum simulate` for an input with [ptychography]: data sets with the truth beside them.
#pragma once

#include "apps/commands.hpp"

namespace locum::apps {

void run_ptychography_data(const Context& context, const CommandLine& line);

}  // namespace locum::apps
