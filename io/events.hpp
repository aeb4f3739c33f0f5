// Scalars over steps in the event files that TensorBoard shows.
//
// Records of u64 length, masked CRC32C of the length, payload, masked CRC32C of the payload; a payload is a protobuf
// message Event (tensorflow/core/util/event.proto): 1 wall_time (double), 2 step (varint), 3 file_version, 5 summary
// { 1 value { 1 tag, 2 simple_value (float) } }.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace locum::io {

// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of bytes, and as event files store it.
std::uint32_t crc32c(std::string_view bytes);
std::uint32_t masked_crc32c(std::string_view bytes);

class EventWriter {
 public:
  // Opens a new file in `folder`, which is made if need be: a resumed run adds a file, TensorBoard joins them. For one
  // rank, the root. IoError when it cannot be written.
  explicit EventWriter(const std::string& folder);
  ~EventWriter();
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  // On the disk's queue when it returns: a killed run loses nothing, a record cut short by a full disk is skipped by
  // readers. IoError when it cannot be written.
  void scalar(const std::string& tag, std::int64_t step, double value);
  const std::string& path() const { return path_; }

 private:
  void record(const std::string& payload);
  std::string path_;
  int file_ = -1;
};

}  // namespace locum::io
