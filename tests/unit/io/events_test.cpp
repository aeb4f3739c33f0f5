// TensorBoard's event files: parsed back byte by byte.
#include "io/events.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/temporary_folder.hpp"

namespace locum::io {
namespace {

template <class T>
T get(const std::string& bytes, std::size_t& at) {
  T value{};
  if (at + sizeof(T) > bytes.size()) throw std::out_of_range("the record ends");
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  at += sizeof(T);
  return value;
}

std::uint64_t get_varint(const std::string& bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = get<unsigned char>(bytes, at);
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
}

std::vector<std::string> payloads(const std::string& file) {
  std::vector<std::string> all;
  for (std::size_t at = 0; at < file.size();) {
    const std::string length = file.substr(at, 8);
    const auto size = get<std::uint64_t>(file, at);
    EXPECT_EQ(get<std::uint32_t>(file, at), masked_crc32c(length));
    all.push_back(file.substr(at, size));
    at += size;
    EXPECT_EQ(get<std::uint32_t>(file, at), masked_crc32c(all.back()));
  }
  return all;
}

struct Scalar {
  std::string tag;
  std::int64_t step = 0;
  float value = 0;
};

Scalar parse(const std::string& payload) {
  Scalar scalar;
  std::size_t at = 0;
  auto expect_rest = [&] {
    const auto length = get_varint(payload, at);
    EXPECT_EQ(length, payload.size() - at);
  };
  EXPECT_EQ(get<unsigned char>(payload, at), 0x09);
  EXPECT_GT(get<double>(payload, at), 1.7e9);  // seconds since 1970
  EXPECT_EQ(get<unsigned char>(payload, at), 0x10);
  scalar.step = static_cast<std::int64_t>(get_varint(payload, at));
  EXPECT_EQ(get<unsigned char>(payload, at), 0x2a);
  expect_rest();
  EXPECT_EQ(get<unsigned char>(payload, at), 0x0a);
  expect_rest();
  EXPECT_EQ(get<unsigned char>(payload, at), 0x0a);
  const auto length = get_varint(payload, at);
  scalar.tag = payload.substr(at, length);
  at += length;
  EXPECT_EQ(get<unsigned char>(payload, at), 0x15);
  scalar.value = get<float>(payload, at);
  EXPECT_EQ(at, payload.size());
  return scalar;
}

TEST(Crc32c, KnownVectors) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);  // RFC 3720, B.4
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43u);
}

TEST(Events, ScalarsComeBackWithRightChecksums) {
  TemporaryFolder folder;
  std::string path;
  {
    EventWriter writer(folder.file("events"));
    writer.scalar("loss/train", 0, 0.5);
    writer.scalar("loss/train", 300, -1.25);
    writer.scalar(std::string(200, 'x'), std::int64_t{1} << 40, 1e30);
    path = writer.path();
  }
  EXPECT_NE(path.find("tfevents"), std::string::npos);
  const auto all = payloads(content(path));
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].substr(9),
            "\x1a\x0d"
            "brain.Event:2");
  const Scalar second = parse(all[2]), third = parse(all[3]);
  EXPECT_EQ(parse(all[1]).tag, "loss/train");
  EXPECT_EQ(parse(all[1]).step, 0);
  EXPECT_EQ(second.step, 300);
  EXPECT_EQ(second.value, -1.25f);
  EXPECT_EQ(third.tag, std::string(200, 'x'));
  EXPECT_EQ(third.step, std::int64_t{1} << 40);
  EXPECT_EQ(third.value, 1e30f);
}

TEST(Events, AResumedRunAddsAFileThatSortsBehind) {
  TemporaryFolder folder;
  std::vector<std::string> paths;
  for (int k = 0; k < 3; ++k) paths.push_back(EventWriter(folder.file("")).path());
  EXPECT_LT(paths[0], paths[1]);
  EXPECT_LT(paths[1], paths[2]);
  EXPECT_EQ(folder.files(), 3u);
}

TEST(Events, AFolderThatCannotBeMadeIsAnError) {
  TemporaryFolder folder;
  put(folder.file("file"), "");
  EXPECT_THROW(EventWriter(folder.file("file/below")), IoError);
}

}  // namespace
}  // namespace locum::io
