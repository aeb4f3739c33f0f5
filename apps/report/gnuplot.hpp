// Runs gnuplot as a program.
#pragma once

#include <string>

namespace locum::apps {

struct GnuplotResult {
  std::string svg;    // empty when it failed
  std::string error;  // what gnuplot or the system said; "" when all went well
};

// Feeds `script` to `program` and returns the SVG that it prints. Does not throw. Ended after `limit_s` seconds.
GnuplotResult run_gnuplot(const std::string& program, const std::string& script, double limit_s = 60.0);

// The <svg> element alone, without the prologue of a stand-alone file.
std::string svg_element(const std::string& text);

}  // namespace locum::apps
