#include "apps/report/text.hpp"

#include <fmt/format.h>

#include <cmath>

namespace locum::apps {
namespace {

constexpr const char* dash = "–";
constexpr const char* thin = "\u202f";  // narrow, does not break

// Thin spaces between groups of three of the digits before the point.
std::string grouped(const std::string& digits) {
  const auto start = static_cast<std::size_t>(digits.starts_with('-'));
  auto end = digits.find('.');
  if (end == std::string::npos) end = digits.size();
  std::string text = start ? "−" : "";
  for (std::size_t k = start; k < digits.size(); ++k) {
    if (k > start && k < end && (end - k) % 3 == 0 && end - start > 4) text += thin;
    text += digits[k];
  }
  return text;
}

}  // namespace

std::string escape_html(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '&':
        safe += "&amp;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string significant(double value, int digits) {
  if (std::isnan(value)) return dash;
  if (std::isinf(value)) return value > 0 ? "∞" : "−∞";
  if (value == 0.0) return "0";
  // Rounded first, so that 9.996 asks for as many decimals as 10.0 does.
  const std::string scientific = fmt::format("{:.{}e}", value, digits - 1);
  const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
  if (exponent < -4 || exponent >= 7) {
    const std::string mantissa = grouped(scientific.substr(0, scientific.find('e')));
    const std::string power = (exponent < 0 ? "−" : "") + std::to_string(std::abs(exponent));
    return mantissa + thin + "×" + thin + "10<sup>" + power + "</sup>";
  }
  return grouped(fmt::format("{:.{}f}", value, std::max(0, digits - 1 - exponent)));
}

std::string with_unit(double value, const std::string& unit, int digits) {
  if (std::isnan(value)) return dash;
  return significant(value, digits) + thin + unit;
}

std::string whole(std::int64_t value) { return grouped(std::to_string(value)); }

std::string whole_or_dash(double value) {
  return std::isfinite(value) ? whole(static_cast<std::int64_t>(std::llround(value))) : dash;
}

std::string percent(double fraction, int decimals) {
  if (std::isnan(fraction)) return dash;
  return fmt::format("{:.{}f}{}%", 100.0 * fraction, decimals, thin);
}

std::string duration(double seconds) {
  if (std::isnan(seconds)) return dash;
  if (std::isinf(seconds)) return "∞";
  if (seconds == 0.0) return std::string("0") + thin + "s";
  if (seconds < 1e-3) return with_unit(1e6 * seconds, "µs");
  if (seconds < 1.0) return with_unit(1e3 * seconds, "ms");
  if (seconds < 120.0) return with_unit(seconds, "s");
  const auto total = static_cast<std::int64_t>(std::llround(seconds));
  if (total < 7200) return fmt::format("{}{}min {}{}s", total / 60, thin, total % 60, thin);
  return fmt::format("{}{}h {}{}min", total / 3600, thin, (total % 3600) / 60, thin);
}

std::string factor(double value) {
  if (std::isnan(value)) return dash;
  return significant(value) + thin + "×";
}

std::string energy(double joules) {
  if (std::isnan(joules)) return dash;
  const std::string kwh = " (" + with_unit(joules / 3.6e6, "kWh", 2) + ")";
  if (joules < 1e3) return with_unit(joules, "J") + kwh;
  if (joules < 1e6) return with_unit(joules / 1e3, "kJ") + kwh;
  return with_unit(joules / 1e6, "MJ") + kwh;
}

}  // namespace locum::apps
