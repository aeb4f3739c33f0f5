// Words of a line of text, and the numbers that they are.
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

namespace locum::io {

inline std::vector<std::string_view> split(std::string_view line, std::string_view separators = " \t\r") {
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(separators); at < line.size();) {
    const std::size_t end = std::min(line.find_first_of(separators, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(separators, end);
  }
  return words;
}

// The whole word as a number; nothing when it is none. A leading plus is allowed.
template <class T>
std::optional<T> number(std::string_view word) {
  if (!word.empty() && word[0] == '+') word.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

}  // namespace locum::io
