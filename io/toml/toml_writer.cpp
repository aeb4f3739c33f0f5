#include <fmt/format.h>

#include <cmath>

#include "io/toml/toml.hpp"

namespace locum::io {
namespace {

std::string quoted(const std::string& text) {
  std::string all = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      (all += '\\') += c;
    else if (c == '\n')
      all += "\\n";
    else if (c == '\t')
      all += "\\t";
    else if (code < 0x20 || code == 0x7f)
      all += fmt::format("\\u{:04X}", code);
    else
      all += c;
  }
  return all + "\"";
}

std::string key_text(const std::string& key) {
  const bool bare =
      !key.empty() &&
      key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == std::string::npos;
  return bare ? key : quoted(key);
}

std::string written(bool v) { return v ? "true" : "false"; }
std::string written(std::int64_t v) { return std::to_string(v); }
std::string written(const std::string& v) { return quoted(v); }
std::string written(double v) {  // the shortest that reads to the same number; TOML wants a point or an exponent
  std::string all = fmt::format("{}", v);
  if (all.find_first_not_of("-0123456789") == std::string::npos) all += ".0";
  return all;
}
template <class T>
std::string written(const std::vector<T>& v) {
  std::string all = "[";
  for (const auto& item : v) {
    if (all.size() > 1) all += ", ";
    all += written(item);
  }
  return all + "]";
}

std::string comment(const ConfigKey& key) {
  std::string all = key.help;
  if (!key.unit.empty() && key.unit != "1") all += (all.empty() ? "" : ", ") + key.unit;
  const bool low = std::isfinite(key.range.low), high = std::isfinite(key.range.high);
  if (low && high) all += fmt::format(" ({} … {})", key.range.low, key.range.high);
  if (low && !high) all += fmt::format(" (at least {})", key.range.low);
  if (high && !low) all += fmt::format(" (at most {})", key.range.high);
  if (!key.choices.empty()) all += fmt::format(" ({})", fmt::join(key.choices, " | "));
  if (all.empty()) return "";
  std::string lines = "# ";
  for (const char c : all) lines += c == '\n' ? "\n# " : std::string(1, c);
  return lines + "\n";
}

// A section: its values come first in the text, whatever the order of the visit, because TOML ends a section at the
// next.
struct Section {
  std::string path, header, values;
  std::vector<std::unique_ptr<Section>> children = {};

  std::string text() const {
    std::string all = header + values;
    for (const auto& child : children) all += (all.empty() ? "" : "\n") + child->text();
    return all;
  }
};

}  // namespace

struct TomlWriter::Impl {
  Section root;
  std::vector<Section*> open = {&root};

  template <class T>
  void put(const ConfigKey& key, const T& v) {
    open.back()->values += comment(key) + key_text(key.name) + " = " + written(v) + "\n";
  }
  void push(const ConfigKey& key, const char* left, const char* right, const std::string& about) {
    Section& parent = *open.back();
    const std::string path = (parent.path.empty() ? "" : parent.path + ".") + key_text(key.name);
    parent.children.push_back(std::make_unique<Section>(Section{path, about + left + path + right + "\n", ""}));
    open.push_back(parent.children.back().get());
  }
};

TomlWriter::TomlWriter() : impl_(std::make_unique<Impl>()) {}
TomlWriter::~TomlWriter() = default;
std::string TomlWriter::text() const { return impl_->root.text(); }

void TomlWriter::value(const ConfigKey& key, bool& v) { impl_->put(key, v); }
void TomlWriter::value(const ConfigKey& key, int& v) { impl_->put(key, std::int64_t{v}); }
void TomlWriter::value(const ConfigKey& key, std::int64_t& v) { impl_->put(key, v); }
void TomlWriter::value(const ConfigKey& key, double& v) { impl_->put(key, v); }
void TomlWriter::value(const ConfigKey& key, std::string& v) { impl_->put(key, v); }
void TomlWriter::value(const ConfigKey& key, std::vector<double>& v) { impl_->put(key, v); }
void TomlWriter::value(const ConfigKey& key, std::vector<std::int64_t>& v) { impl_->put(key, v); }
void TomlWriter::value(const ConfigKey& key, std::vector<std::string>& v) { impl_->put(key, v); }

bool TomlWriter::enter(const ConfigKey& key) {
  impl_->push(key, "[", "]", comment(key));
  return true;
}

void TomlWriter::leave() { impl_->open.pop_back(); }

std::size_t TomlWriter::enter_list(const ConfigKey& key, std::size_t present) {
  if (present == 0) impl_->open.back()->values += comment(key) + key_text(key.name) + " = []\n";
  return present;
}

void TomlWriter::enter_item(const ConfigKey& key, std::size_t index) {
  impl_->push(key, "[[", "]]", index == 0 ? comment(key) : "");
}

void TomlWriter::leave_list() {}

}  // namespace locum::io
