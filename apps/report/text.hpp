// Numbers as a reader wants them, in HTML: sensible digits, units, a dash for what is not known.
#pragma once

#include <cstdint>
#include <string>

namespace locum::apps {

std::string escape_html(const std::string& text);

// `digits` significant ones, never in exponent form between 1e-4 and 1e7: 0.0412, 9.73, 1 230, 3.1 × 10⁻⁵.
std::string significant(double value, int digits = 3);
std::string with_unit(double value, const std::string& unit, int digits = 3);  // 0.0412 eV/Å
std::string whole(std::int64_t value);                                         // 20 000
std::string percent(double fraction, int decimals = 1);                        // 5.7 %
std::string duration(double seconds);                                          // 412 µs, 3.21 s, 4 min 12 s, 2 h 5 min
std::string factor(double value);                                              // 9.73×
std::string whole_or_dash(double value);                                       // a count that may be unknown
std::string energy(double joules);                                             // 3.10 kJ (0.00086 kWh)

}  // namespace locum::apps
