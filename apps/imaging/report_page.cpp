#include "apps/imaging/report_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <numeric>
#include <sstream>

#include "apps/report/style.hpp"
#include "apps/report/text.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

constexpr const char* picture_style = R"css(
.images { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1.4rem; margin: 1.4rem 0; }
.images img { width: 100%; height: auto; display: block; image-rendering: auto; background: #000; }
)css";

std::string base64(const std::string& bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve(bytes.size() / 3 * 4 + 4);
  for (std::size_t k = 0; k < bytes.size(); k += 3) {
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 3; ++j)
      word = word << 8 | (k + j < bytes.size() ? static_cast<unsigned char>(bytes[k + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) text += k + j <= bytes.size() ? digits[word >> (18 - 6 * j) & 63u] : '=';
  }
  return text;
}

std::string file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  if (!file) throw IoError("the picture cannot be read back", path);
  return content.str();
}

std::string figures(const RunDirectory& directory, const std::vector<ShownImage>& images) {
  std::string text;
  for (const auto& image : images) {
    if (image.file.empty()) continue;
    text +=
        "<figure><img alt=\"" + escape_html(image.title) + "\" src=\"data:image/png;base64," +
        base64(file_bytes(directory.file(image.file))) + "\"><figcaption><b>" + escape_html(image.title) + "</b>, " +
        escape_html(image.caption) +
        fmt::format(". {:.4g} … {:.4g} {}", image.low, image.high, escape_html(image.unit)) +
        (image.error > 0.0
             ? fmt::format(", ±{:.2g} (standard error over the configurations, without counting noise)", image.error)
             : "") +
        "</figcaption></figure>\n";
  }
  return text.empty() ? "" : "<div class=\"images\">\n" + text + "</div>\n";
}

}  // namespace

void take_range(ShownImage& shown, const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  shown.low = *low;
  shown.high = *high;
  shown.mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::string table_row(const std::string& name, const std::string& value) {
  return "<tr><td>" + name + "</td><td>" + value + "</td></tr>\n";
}

std::string table(const std::string& title, const std::string& rows) {
  return "<h2>" + title + "</h2>\n<div class=\"wide\"><table>\n" + rows + "</table></div>\n";
}

std::string numbers_table(const std::vector<ShownImage>& images) {
  std::string rows =
      "<tr><th>image</th><th class=\"n\">least</th><th class=\"n\">mean</th><th class=\"n\">most</th>"
      "<th class=\"n\">standard error</th><th>unit</th></tr>\n";
  for (const auto& i : images)
    rows += "<tr><td>" + escape_html(i.title) +
            fmt::format(
                "</td><td class=\"n\">{:.4g}</td><td class=\"n\">{:.4g}</td><td class=\"n\">{:.4g}</td><td "
                "class=\"n\">{}</td><td>{}</td></tr>\n",
                i.low, i.mean, i.high, i.error < 0.0 ? "–" : fmt::format("{:.2g}", i.error), escape_html(i.unit));
  return table("In numbers", rows);
}

std::string imaging_page(const RunDirectory& directory, const std::string& title, const std::vector<std::string>& notes,
                         const std::vector<ShownImage>& images, const std::string& body) {
  std::string head;
  for (const auto& note : notes) head += "<p class=\"note\">" + note + "</p>\n";
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         escape_html(title) + " · Locum</title>\n<style>" + report_style + picture_style +
         "</style>\n</head>\n<body>\n<main>\n<header><p class=\"mark\">Locum · report of an image</p><h1>" +
         escape_html(title) + "</h1>\n" + head + "</header>\n" + figures(directory, images) + numbers_table(images) +
         body + "</main>\n</body>\n</html>\n";
}

}  // namespace locum::apps
