#include "io/picture/scale_bar.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <vector>

namespace locum::io {
namespace {

constexpr int glyph_width = 5, glyph_height = 8, gap = 1;

// Eight rows of five pixels. The ring of the Å needs the topmost row.
struct Glyph {
  char32_t letter;
  unsigned rows[glyph_height];
};
// clang-format off
constexpr Glyph glyphs[] = {
    {U'0', {0b00000, 0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110}},
    {U'1', {0b00000, 0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110}},
    {U'2', {0b00000, 0b01110, 0b10001, 0b00001, 0b00010, 0b00100, 0b01000, 0b11111}},
    {U'3', {0b00000, 0b01110, 0b10001, 0b00001, 0b00110, 0b00001, 0b10001, 0b01110}},
    {U'4', {0b00000, 0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010}},
    {U'5', {0b00000, 0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110}},
    {U'6', {0b00000, 0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110}},
    {U'7', {0b00000, 0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000}},
    {U'8', {0b00000, 0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110}},
    {U'9', {0b00000, 0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100}},
    {U'.', {0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b01100, 0b01100}},
    {U'n', {0b00000, 0b00000, 0b00000, 0b10110, 0b11001, 0b10001, 0b10001, 0b10001}},
    {U'm', {0b00000, 0b00000, 0b00000, 0b11010, 0b10101, 0b10101, 0b10101, 0b10101}},
    {U'Å', {0b00100, 0b01010, 0b00100, 0b01010, 0b10001, 0b11111, 0b10001, 0b10001}},
};
// clang-format on

std::u32string letters(const std::string& label) {
  std::u32string all;
  for (std::size_t k = 0; k < label.size(); ++k) {
    const auto byte = static_cast<unsigned char>(label[k]);
    if (byte == 0xc3 && k + 1 < label.size()) {  // the one letter beyond ASCII that a label has
      all += U'Å';
      ++k;
    } else {
      all += byte;
    }
  }
  return all;
}

// Ink drawn white, with an edge of black so that it shows on anything.
class Stencil {
 public:
  Stencil(Raster& raster, int line) : raster_(raster), line_(line) {
    ink_.resize(static_cast<std::size_t>(raster.width) * static_cast<std::size_t>(raster.height));
  }
  void fill(int column, int row, int width, int height) {
    for (int r = std::max(row, 0); r < std::min(row + height, raster_.height); ++r)
      for (int c = std::max(column, 0); c < std::min(column + width, raster_.width); ++c) at(c, r) = 1;
  }
  void apply() {
    for (int r = 0; r < raster_.height; ++r)
      for (int c = 0; c < raster_.width; ++c) {
        if (at(c, r))
          set(c, r, 65535);
        else if (near_ink(c, r))
          set(c, r, 0);
      }
  }

 private:
  char& at(int column, int row) {
    return ink_[static_cast<std::size_t>(row) * static_cast<std::size_t>(raster_.width) +
                static_cast<std::size_t>(column)];
  }
  bool near_ink(int column, int row) {
    for (int r = std::max(row - line_, 0); r <= std::min(row + line_, raster_.height - 1); ++r)
      for (int c = std::max(column - line_, 0); c <= std::min(column + line_, raster_.width - 1); ++c)
        if (at(c, r)) return true;
    return false;
  }
  void set(int column, int row, std::uint16_t value) { std::fill_n(raster_.at(column, row), raster_.channels, value); }
  Raster& raster_;
  int line_;
  std::vector<char> ink_;
};

}  // namespace

ScaleBar nice_scale_bar(double width) {
  const double most = 0.3 * width;
  double length = std::pow(10.0, std::floor(std::log10(most)));
  // A hair's breadth above: 0.3 · 10 Å is meant to hold … 3 Å, whatever the last bit says.
  for (const double factor : {5.0, 2.0})
    if (factor * length <= most * (1 + 1e-9)) {
      length *= factor;
      break;
    }
  char text[32];
  const bool long_one = length >= 9.5;
  std::snprintf(text, sizeof text, long_one ? "%g nm" : "%g Å", long_one ? length / 10.0 : length);
  return {length, text};
}

void draw_scale_bar(Raster& raster) {
  if (raster.width < 40 || raster.height < 24) return;
  const auto bar = nice_scale_bar(raster.width * raster.pixel);
  const int size = std::max(1, std::min(raster.width, raster.height) / 160);  // of the label's pixels
  const int thick = 2 * size, margin = 5 * size;
  const int length = std::max(1, static_cast<int>(std::lround(bar.length / raster.pixel)));
  Stencil stencil(raster, std::max(1, size / 2));
  stencil.fill(margin, raster.height - margin - thick, length, thick);
  int column = margin;
  const int top = raster.height - margin - thick - 2 * size - glyph_height * size;
  for (const char32_t letter : letters(bar.label)) {
    const auto* found =
        std::find_if(std::begin(glyphs), std::end(glyphs), [&](const Glyph& g) { return g.letter == letter; });
    for (int r = 0; found != std::end(glyphs) && r < glyph_height; ++r)
      for (int c = 0; c < glyph_width; ++c)
        if (found->rows[r] >> (glyph_width - 1 - c) & 1) stencil.fill(column + c * size, top + r * size, size, size);
    column += (letter == U' ' ? 3 : glyph_width + gap) * size;
  }
  stencil.apply();
}

}  // namespace locum::io
