// `locum simulate` for an input with [imaging]: from the specimen to the scan's file, its pictures and its report.
#pragma once

#include "apps/commands.hpp"

namespace locum::apps {

void run_imaging(const Context& context, const CommandLine& line);

}  // namespace locum::apps
