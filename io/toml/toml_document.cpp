#include "io/toml/toml_document.hpp"

#include <charconv>

#include "io/atomic_file.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

struct Segment {
  std::string key;
  long index = -1;  // of a list's item; −1: none
};

// "a.b[2].c" → a, b[2], c; empty when it is no such path.
std::vector<Segment> split(const std::string& path) {
  std::vector<Segment> segments;
  for (std::size_t at = 0; at <= path.size();) {
    const auto dot = std::min(path.find('.', at), path.size());
    Segment segment{path.substr(at, dot - at)};
    const auto bracket = segment.key.find('[');
    if (bracket != std::string::npos) {
      const char *from = segment.key.data() + bracket + 1, *end = segment.key.data() + segment.key.size();
      const auto [stop, error] = std::from_chars(from, end, segment.index);
      if (error != std::errc() || stop + 1 != end || *stop != ']' || segment.index < 0) return {};
      segment.key.resize(bracket);
    }
    if (segment.key.empty()) return {};
    segments.push_back(segment);
    at = dot + 1;
  }
  return segments;
}

// Makes `key` in `table` what `text` says.
void put(toml::table& table, const std::string& key, const std::string& text) {
  try {
    toml::table parsed = toml::parse("value = " + text);
    if (parsed.size() == 1 && parsed.contains("value")) {
      parsed.get("value")->visit([&](auto& node) { table.insert_or_assign(key, std::move(node)); });
      return;
    }
  } catch (const toml::parse_error&) {
  }
  table.insert_or_assign(key, text);
}

// The table that a segment leads to; nullptr when there is something else.
toml::table* descend(toml::table& from, const Segment& segment) {
  if (segment.index < 0 && !from.contains(segment.key)) from.insert(segment.key, toml::table());
  toml::node* next = from.get(segment.key);
  if (segment.index >= 0) {
    toml::array* list = next ? next->as_array() : nullptr;
    next = list ? list->get(static_cast<std::size_t>(segment.index)) : nullptr;
  }
  return next ? next->as_table() : nullptr;
}

}  // namespace

TomlDocument::TomlDocument() : impl_(std::make_unique<Impl>()) {}
TomlDocument::~TomlDocument() = default;
TomlDocument::TomlDocument(TomlDocument&&) noexcept = default;

TomlDocument TomlDocument::read(const Communicator& comm, const std::string& path) {
  return parse(read_text(comm, path), path);
}

TomlDocument TomlDocument::parse(const std::string& text, const std::string& name) {
  TomlDocument document;
  document.impl_->name = name;
  try {
    document.impl_->root = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    throw ConfigError("this is not TOML: " + std::string(error.description()),
                      name + ":" + std::to_string(error.source().begin.line),
                      "a line is `key = value`, a section is `[name]`");
  }
  return document;
}

void TomlDocument::set(const std::string& assignment) {
  const std::string origin = "--set " + assignment;
  const auto equals = assignment.find('=');
  const std::string path = equals == std::string::npos ? "" : trimmed(assignment.substr(0, equals));
  const auto segments = split(path);
  if (segments.empty() || segments.back().index >= 0)
    throw ConfigError("found no assignment, section.key=value was expected", origin,
                      "for example --set md.timestep=0.5");
  toml::table* table = &impl_->root;
  for (std::size_t k = 0; k + 1 < segments.size(); ++k) {
    table = descend(*table, segments[k]);
    if (!table) {
      const std::string item = segments[k].index < 0 ? "" : "[" + std::to_string(segments[k].index) + "]";
      throw ConfigError("'" + segments[k].key + item + "' is no section of " + impl_->name, origin);
    }
  }
  put(*table, segments.back().key, trimmed(assignment.substr(equals + 1)));
  impl_->origins[path] = origin;
}

bool TomlDocument::has(const std::string& key) const {
  const auto segments = split(key);
  const toml::table* table = &impl_->root;
  for (std::size_t k = 0; k < segments.size(); ++k) {
    const toml::node* node = table->get(segments[k].key);
    if (node && segments[k].index >= 0)
      node = node->is_array() ? node->as_array()->get(static_cast<std::size_t>(segments[k].index)) : nullptr;
    if (!node) return false;
    if (k + 1 == segments.size()) return true;
    table = node->as_table();
    if (!table) return false;
  }
  return false;
}

}  // namespace locum::io
