// Limits of the house style that a machine can see. Lengths that a reader must judge (functions, kernels) are not here.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <set>
#include <sstream>

#include "tests/structure/source_tree.hpp"

namespace locum::structure {
namespace {

// About 300 lines is the aim; half as much again is where a file must be divided.
constexpr std::size_t most_lines = 450;
constexpr std::size_t most_columns = 120;

// Characters, not bytes: formulas are written with their symbols.
std::size_t columns(const std::string& line) {
  std::size_t count = 0;
  for (const unsigned char c : line) count += (c & 0xC0) != 0x80;
  return count;
}

std::string joined(const std::set<std::string>& lines) {
  std::ostringstream text;
  for (const auto& line : lines) text << "\n  " << line;
  return text.str();
}

TEST(HouseRules, NoFileIsTooLongToRead) {
  std::set<std::string> wrong;
  for (const auto& source : source_files())
    if (source.lines.size() > most_lines)
      wrong.insert(source.path + " has " + std::to_string(source.lines.size()) + " lines");
  EXPECT_TRUE(wrong.empty()) << "More than " << most_lines << " lines:" << joined(wrong);
}

TEST(HouseRules, LongLinesAreNamed) {
  std::size_t longest = 0;
  for (const auto& source : source_files()) {
    for (std::size_t k = 0; k < source.lines.size(); ++k) {
      const auto width = columns(source.lines[k]);
      longest = std::max(longest, width);
      if (width > most_columns) std::cout << "warning: " << source.at(k + 1) << " has " << width << " columns\n";
    }
  }
  EXPECT_LE(longest, 2 * most_columns);
}

TEST(HouseRules, HeadersAreGuardedAndOpenNoNamespaceForOthers) {
  std::set<std::string> wrong;
  for (const auto& source : source_files()) {
    if (!source.is_header()) continue;
    bool guarded = false;
    for (std::size_t k = 0; k < source.lines.size(); ++k) {
      const auto& line = source.lines[k];
      guarded = guarded || line.starts_with("#pragma once");
      if (line.starts_with("using namespace")) wrong.insert(source.at(k + 1) + " using namespace in a header");
    }
    if (!guarded) wrong.insert(source.path + " lacks #pragma once");
  }
  EXPECT_TRUE(wrong.empty()) << joined(wrong);
}

// So a header that lacks an include fails where its own source is compiled.
TEST(HouseRules, ASourceIncludesItsOwnHeaderFirst) {
  std::set<std::string> wrong;
  for (const auto& source : source_files()) {
    if (source.is_header()) continue;
    const std::string own = source.path.substr(0, source.path.size() - 3) + "hpp";
    if (!std::filesystem::exists(std::filesystem::path(LOCUM_SOURCE_DIR) / own)) continue;
    if (source.includes.empty() || source.includes[0].name != own) wrong.insert(source.path + " does not");
  }
  EXPECT_TRUE(wrong.empty()) << joined(wrong);
}

TEST(HouseRules, TheLibraryLeavesByExceptionsAndKeepsTestsApart) {
  std::set<std::string> wrong;
  for (const auto& source : source_files()) {
    if (within(source.path, "tests")) continue;
    for (std::size_t k = 0; k < source.lines.size(); ++k) {
      const auto& line = source.lines[k];
      if (line.find("std::exit(") != std::string::npos || line.find(" exit(") != std::string::npos)
        wrong.insert(source.at(k + 1) + " calls exit");
      if (line.find("gtest") != std::string::npos) wrong.insert(source.at(k + 1) + " speaks of gtest");
    }
  }
  EXPECT_TRUE(wrong.empty()) << joined(wrong);
}

}  // namespace
}  // namespace locum::structure
