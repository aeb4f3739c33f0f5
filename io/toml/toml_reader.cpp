#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "io/toml/toml_document.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

struct Frame {
  const toml::table* table = nullptr;  // nullptr: not in the file, the keys are only noted
  const toml::array* list = nullptr;   // of the list being read
  std::string path;
  std::set<std::string> known = {};
};

std::string found(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "the text '" + **node.as_string() + "'";
    case toml::node_type::integer:
      return fmt::format("the integer {}", **node.as_integer());
    case toml::node_type::floating_point:
      return fmt::format("the real number {}", **node.as_floating_point());
    case toml::node_type::boolean:
      return **node.as_boolean() ? "true" : "false";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a section";
    default:
      return "a date or time";
  }
}

std::string with_unit(const ConfigKey& key) { return key.unit.empty() || key.unit == "1" ? "" : " " + key.unit; }

std::string words(const std::vector<std::string>& all) { return fmt::format("{}", fmt::join(all, ", ")); }

std::string last_name(const std::string& path) { return path.substr(path.rfind('.') + 1); }

}  // namespace

struct TomlReader::Impl {
  explicit Impl(const TomlDocument::Impl& d) : document(d) { frames.push_back({&d.root, nullptr, ""}); }

  struct Unknown {
    std::string section, key;
    toml::source_region source;
    std::vector<std::string> siblings;
  };

  const TomlDocument::Impl& document;
  std::vector<Frame> frames;
  std::vector<Unknown> unknown;
  std::set<std::string> all_known;  // without indices of list items

  std::string path_of(const std::string& key) const {
    return frames.back().path.empty() ? key : frames.back().path + "." + key;
  }

  // The node of `key` in the present section, nullptr when the file does not give it.
  const toml::node* look_up(const ConfigKey& key) {
    Frame& frame = frames.back();
    frame.known.insert(key.name);
    std::string plain;
    bool inside = false;
    for (const char c : path_of(key.name)) {
      if (c == '[') inside = true;
      if (!inside) plain += c;
      if (c == ']') inside = false;
    }
    all_known.insert(plain);
    return frame.table ? frame.table->get(key.name) : nullptr;
  }

  [[noreturn]] void wrong(const ConfigKey& key, const toml::node& node, const std::string& what,
                          const std::string& hint = "") const {
    const std::string path = path_of(key.name);
    throw ConfigError(path + ": " + what, document.where(path, node.source()), hint.empty() ? key.help : hint);
  }
  [[noreturn]] void wrong_type(const ConfigKey& key, const toml::node& node, const std::string& expected,
                               const std::string& hint = "") const {
    wrong(key, node, "found " + found(node) + ", " + expected + " was expected", hint);
  }

  void check_range(const ConfigKey& key, const toml::node& node, double v) const {
    if (v >= key.range.low && v <= key.range.high) return;
    const std::string unit = with_unit(key);
    wrong(key, node, fmt::format("found {}{}, {} … {}{} was expected", v, unit, key.range.low, key.range.high, unit));
  }

  std::int64_t integer(const ConfigKey& key, const toml::node& node, std::int64_t low, std::int64_t high) const {
    if (const auto* real = node.as_floating_point()) {
      const double v = **real;
      const bool whole = v == std::floor(v) && std::abs(v) < 1e15;
      wrong_type(key, node, "an integer" + with_unit(key),
                 whole ? fmt::format("write {}", static_cast<std::int64_t>(v)) : "");
    }
    if (!node.is_integer()) wrong_type(key, node, "an integer" + with_unit(key));
    const std::int64_t v = **node.as_integer();
    if (v < low || v > high) wrong(key, node, fmt::format("found {}, {} … {} was expected", v, low, high));
    check_range(key, node, static_cast<double>(v));
    return v;
  }

  double real(const ConfigKey& key, const toml::node& node) const {
    if (!node.is_number()) wrong_type(key, node, "a number" + (with_unit(key).empty() ? "" : " in" + with_unit(key)));
    const double v = node.is_integer() ? static_cast<double>(**node.as_integer()) : **node.as_floating_point();
    if (std::isnan(v)) wrong_type(key, node, "a number" + (with_unit(key).empty() ? "" : " in" + with_unit(key)));
    check_range(key, node, v);
    return v;
  }

  std::string word(const ConfigKey& key, const toml::node& node) const {
    if (!node.is_string()) wrong_type(key, node, key.choices.empty() ? "a text" : "one of " + words(key.choices));
    std::string v = **node.as_string();
    if (!key.choices.empty() && std::find(key.choices.begin(), key.choices.end(), v) == key.choices.end()) {
      const std::string nearest = nearest_word(v, key.choices);
      wrong_type(key, node, "one of " + words(key.choices), nearest.empty() ? "" : "did you mean '" + nearest + "'?");
    }
    return v;
  }

  template <class T, class Convert>
  void read_list(const ConfigKey& key, std::vector<T>& v, const std::string& expected, Convert convert) {
    const toml::node* node = look_up(key);
    if (!node) return;
    if (!node->is_array()) wrong_type(key, *node, expected);
    v.clear();
    for (const auto& item : *node->as_array()) v.push_back(convert(item));
  }

  void check_unknown() {
    const Frame& frame = frames.back();
    if (!frame.table) return;
    for (const auto& [key, node] : *frame.table) {
      const std::string name(key.str());
      if (!frame.known.count(name))
        unknown.push_back({frame.path, name, key.source(), {frame.known.begin(), frame.known.end()}});
    }
  }
};

TomlReader::TomlReader(const TomlDocument& document) : impl_(std::make_unique<Impl>(*document.impl_)) {}
TomlReader::~TomlReader() = default;

void TomlReader::finish() {
  impl_->check_unknown();
  auto& unknown = impl_->unknown;
  if (unknown.empty()) return;
  const auto& first = *std::min_element(unknown.begin(), unknown.end(), [](const auto& a, const auto& b) {
    return a.source.begin.line < b.source.begin.line;
  });
  const std::string path = first.section.empty() ? first.key : first.section + "." + first.key;
  std::string hint;
  if (const auto nearest = nearest_word(first.key, first.siblings); !nearest.empty())
    hint = "did you mean '" + nearest + "'? ";
  for (const auto& known : impl_->all_known)  // the right key in the wrong section
    if (last_name(known) == first.key && known != path) hint += "there is " + known + "; ";
  hint += "known here: " + words(first.siblings);
  throw ConfigError("unknown key '" + first.key + "'" + (first.section.empty() ? "" : " in [" + first.section + "]"),
                    impl_->document.where(path, first.source), hint);
}

void TomlReader::value(const ConfigKey& key, bool& v) {
  const toml::node* node = impl_->look_up(key);
  if (!node) return;
  if (!node->is_boolean()) impl_->wrong_type(key, *node, "true or false");
  v = **node->as_boolean();
}

void TomlReader::value(const ConfigKey& key, int& v) {
  using Limits = std::numeric_limits<int>;
  if (const toml::node* node = impl_->look_up(key))
    v = static_cast<int>(impl_->integer(key, *node, Limits::min(), Limits::max()));
}

void TomlReader::value(const ConfigKey& key, std::int64_t& v) {
  using Limits = std::numeric_limits<std::int64_t>;
  if (const toml::node* node = impl_->look_up(key)) v = impl_->integer(key, *node, Limits::min(), Limits::max());
}

void TomlReader::value(const ConfigKey& key, double& v) {
  if (const toml::node* node = impl_->look_up(key)) v = impl_->real(key, *node);
}

void TomlReader::value(const ConfigKey& key, std::string& v) {
  if (const toml::node* node = impl_->look_up(key)) v = impl_->word(key, *node);
}

void TomlReader::value(const ConfigKey& key, std::vector<double>& v) {
  impl_->read_list(key, v, "a list of numbers", [&](const toml::node& item) { return impl_->real(key, item); });
}

void TomlReader::value(const ConfigKey& key, std::vector<std::int64_t>& v) {
  using Limits = std::numeric_limits<std::int64_t>;
  impl_->read_list(key, v, "a list of integers",
                   [&](const toml::node& item) { return impl_->integer(key, item, Limits::min(), Limits::max()); });
}

void TomlReader::value(const ConfigKey& key, std::vector<std::string>& v) {
  impl_->read_list(key, v, "a list of texts", [&](const toml::node& item) { return impl_->word(key, item); });
}

bool TomlReader::enter(const ConfigKey& key) {
  const toml::node* node = impl_->look_up(key);
  if (node && !node->is_table()) impl_->wrong_type(key, *node, "a section [" + impl_->path_of(key.name) + "]");
  // An absent section is walked as well, so that its keys can be offered for a wrong one; its values stay.
  impl_->frames.push_back({node ? node->as_table() : nullptr, nullptr, impl_->path_of(key.name)});
  return true;
}

void TomlReader::leave() {
  impl_->check_unknown();
  impl_->frames.pop_back();
}

std::size_t TomlReader::enter_list(const ConfigKey& key, std::size_t present) {
  const toml::node* node = impl_->look_up(key);
  const toml::array* list = node ? node->as_array() : nullptr;
  if (node &&
      !(list && std::all_of(list->begin(), list->end(), [](const toml::node& item) { return item.is_table(); })))
    impl_->wrong_type(key, *node, "a list of sections [[" + impl_->path_of(key.name) + "]]");
  impl_->frames.push_back({nullptr, list, impl_->path_of(key.name)});
  return list ? list->size() : present;
}

void TomlReader::enter_item(const ConfigKey&, std::size_t index) {
  const Frame& parent = impl_->frames.back();
  impl_->frames.push_back({parent.list ? parent.list->get(index)->as_table() : nullptr, nullptr,
                           parent.path + "[" + std::to_string(index) + "]"});
}

void TomlReader::leave_list() { impl_->frames.pop_back(); }

}  // namespace locum::io
