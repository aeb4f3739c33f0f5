// Messages of Google's Protocol Buffers, written: fields in the order in which they are added
// (protobuf.dev/programming-guides/encoding). Numbers are little-endian, as the format wants; Locum's machines are.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace locum::io {

class ProtobufMessage {
 public:
  ProtobufMessage& integer(int field, std::int64_t value) {  // int32, int64, enum
    varint(static_cast<std::uint64_t>(field) << 3);
    varint(static_cast<std::uint64_t>(value));  // a negative one takes ten bytes, as the format says
    return *this;
  }
  ProtobufMessage& number(int field, float value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 5);
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes_.append(raw, sizeof value);
    return *this;
  }
  ProtobufMessage& bytes(int field, std::string_view value) {  // string, bytes
    varint(static_cast<std::uint64_t>(field) << 3 | 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  ProtobufMessage& message(int field, const ProtobufMessage& value) { return bytes(field, value.bytes_); }

  const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

}  // namespace locum::io
