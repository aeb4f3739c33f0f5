// PNG by libpng, put together in memory and written at once.
#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <vector>

#include "io/atomic_file.hpp"
#include "io/picture/picture.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

struct Output {
  std::string bytes, error;
};

// libpng leaves by longjmp over frames of C: nothing with a destructor may live there, so all is prepared by the
// caller.
struct Encoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  ~Encoder() { png_destroy_write_struct(&png, &info); }
};

void on_error(png_structp png, png_const_charp message) {
  static_cast<Output*>(png_get_error_ptr(png))->error = message;
  png_longjmp(png, 1);
}

void on_bytes(png_structp png, png_bytep data, png_size_t size) {
  static_cast<Output*>(png_get_io_ptr(png))->bytes.append(reinterpret_cast<const char*>(data), size);
}

bool encode(Encoder& encoder, const Raster& raster, int bits, png_text* texts, int count, png_bytepp rows) {
  if (setjmp(png_jmpbuf(encoder.png))) return false;
  png_set_IHDR(encoder.png, encoder.info, static_cast<png_uint_32>(raster.width),
               static_cast<png_uint_32>(raster.height), bits,
               raster.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_text(encoder.png, encoder.info, texts, count);
  png_write_info(encoder.png, encoder.info);
  png_write_image(encoder.png, rows);
  png_write_end(encoder.png, nullptr);
  return true;
}

// Bytes of the rows: one of a channel, or two, the upper first.
std::vector<png_byte> packed(const Raster& raster, int bits) {
  std::vector<png_byte> bytes;
  for (const auto value : raster.values) {
    if (bits == 16) bytes.push_back(static_cast<png_byte>(value >> 8));
    // 257 · 255 = 65535: rounded, so that every grey of eight bits comes back.
    bytes.push_back(bits == 16 ? static_cast<png_byte>(value & 0xff) : static_cast<png_byte>((value + 128) / 257));
  }
  return bytes;
}

}  // namespace

void write_png(const std::string& path, const Picture& picture, const PictureConfig& config) {
  config.validate();
  check_picture(picture, path);
  const Raster raster = draw(picture, config);
  const auto range = color_range(picture, config);
  std::string pixel = std::to_string(raster.pixel) + " Angstrom",
              colors = config.colors + " from " + std::to_string(range.low) + " to " + std::to_string(range.high) +
                       " " + picture.unit,
              software = "Locum";
  char keys[3][16] = {"Software", "Pixel size", "Colours"};
  png_text texts[3] = {};
  std::string* contents[3] = {&software, &pixel, &colors};
  for (int k = 0; k < 3; ++k) {
    texts[k].compression = PNG_TEXT_COMPRESSION_NONE;
    texts[k].key = keys[k];
    texts[k].text = contents[k]->data();
  }
  auto bytes = packed(raster, config.bits);
  const std::size_t row = bytes.size() / static_cast<std::size_t>(raster.height);
  std::vector<png_bytep> rows;
  for (int r = 0; r < raster.height; ++r) rows.push_back(bytes.data() + static_cast<std::size_t>(r) * row);

  Output output;
  Encoder encoder;
  encoder.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &output, on_error, nullptr);
  if (encoder.png) encoder.info = png_create_info_struct(encoder.png);
  if (!encoder.info) throw IoError("libpng cannot begin a picture", path, "its header and its library may differ");
  png_set_write_fn(encoder.png, &output, on_bytes, nullptr);
  if (!encode(encoder, raster, config.bits, texts, 3, rows.data())) throw IoError("libpng: " + output.error, path);
  write_text(Communicator::self(), path, output.bytes);
}

}  // namespace locum::io
