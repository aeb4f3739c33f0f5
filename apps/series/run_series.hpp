// `locum learn` for an input with [ptychography].
#pragma once

#include "apps/commands.hpp"

namespace locum::apps {

void run_series(const Context& context, const CommandLine& line);

}  // namespace locum::apps
