// A report of a run that never was, with the shapes of a real one: heated silicon, a gate that hands back, two fits.
#pragma once

#include "apps/report/report.hpp"

namespace locum::apps::testing {

ReportData sample_report();

}  // namespace locum::apps::testing
