#include "io/events.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t k = 0; k < 256; ++k) {
    std::uint32_t c = k;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1) ? 0x82f63b78u ^ (c >> 1) : c >> 1;
    table[k] = c;
  }
  return table;
}
constexpr auto table = make_table();

// Little-endian, as the format wants it; Locum's machines are.
template <class T>
std::string raw(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

std::string field(int number, const std::string& bytes) {  // of wire type 2: length and bytes
  return varint(static_cast<std::uint64_t>(number) << 3 | 2) + varint(bytes.size()) + bytes;
}

double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t c = 0xffffffffu;
  for (const char byte : bytes) c = table[(c ^ static_cast<unsigned char>(byte)) & 0xff] ^ (c >> 8);
  return ~c;
}

std::uint32_t masked_crc32c(std::string_view bytes) {
  const std::uint32_t c = crc32c(bytes);
  return ((c >> 15) | (c << 17)) + 0xa282ead8u;
}

EventWriter::EventWriter(const std::string& folder) {
  std::error_code trouble;
  std::filesystem::create_directories(folder, trouble);
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  const auto seconds = std::to_string(static_cast<std::int64_t>(wall_time()));
  // TensorBoard reads files in the order of their names: the time comes first, then a number for runs within a second.
  for (int k = 0; file_ < 0; ++k) {
    path_ = folder + "/events.out.tfevents." + seconds + "." + std::to_string(1000 + k) + "." + host.data();
    file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (file_ < 0 && (errno != EEXIST || k > 999))
      throw IoError(std::string("cannot make the file: ") + std::strerror(errno), path_);
  }
  try {
    record('\x09' + raw(wall_time()) + field(3, "brain.Event:2"));
  } catch (const IoError&) {
    ::close(file_);
    throw;
  }
}

EventWriter::~EventWriter() { ::close(file_); }

void EventWriter::scalar(const std::string& tag, std::int64_t step, double value) {
  const std::string entry = field(1, tag) + '\x15' + raw(static_cast<float>(value));
  record('\x09' + raw(wall_time()) + '\x10' + varint(static_cast<std::uint64_t>(step)) + field(5, field(1, entry)));
}

void EventWriter::record(const std::string& payload) {
  const std::string length = raw(static_cast<std::uint64_t>(payload.size()));
  const std::string all = length + raw(masked_crc32c(length)) + payload + raw(masked_crc32c(payload));
  ssize_t written = -1;
  do {
    written = ::write(file_, all.data(), all.size());  // O_APPEND: one call, one record
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(all.size())) return;
  throw IoError("cannot write " + std::to_string(all.size()) +
                    " bytes: " + (written < 0 ? std::strerror(errno) : "the disk is full"),
                path_);
}

}  // namespace locum::io
