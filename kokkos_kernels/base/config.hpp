// Structs of configuration describe themselves to a visitor: one `visit` serves reading, writing, documentation and
// the list of known keys. io/toml brings the visitors that read and write TOML.
//
//   struct LangevinConfig {
//     double friction = 0.01;
//     void visit(ConfigVisitor& v) { v.value({"friction", "1/fs", "friction coefficient", {1e-6, 1.0}}, friction); }
//   };
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace locum {

struct Range {  // inclusive bounds that a number must keep
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

struct ConfigKey {
  std::string name;                  // as in the file
  std::string unit;                  // "" for a pure number, a word or a path
  std::string help;                  // one line for the reference
  Range range = {};                  // for numbers, and for each number of a list
  std::vector<std::string> choices = {};  // for words: the allowed ones
};

class ConfigVisitor {
 public:
  virtual ~ConfigVisitor() = default;
  virtual void value(const ConfigKey& key, bool& v) = 0;
  virtual void value(const ConfigKey& key, int& v) = 0;
  virtual void value(const ConfigKey& key, std::int64_t& v) = 0;
  virtual void value(const ConfigKey& key, double& v) = 0;
  virtual void value(const ConfigKey& key, std::string& v) = 0;
  virtual void value(const ConfigKey& key, std::vector<double>& v) = 0;
  virtual void value(const ConfigKey& key, std::vector<std::int64_t>& v) = 0;
  virtual void value(const ConfigKey& key, std::vector<std::string>& v) = 0;

  // A table of its own: [key]. T has visit(ConfigVisitor&).
  template <class T> void section(const ConfigKey& key, T& config) {
    if (!enter(key)) return;
    config.visit(*this);
    leave();
  }
  // A list of tables: [[key]].
  template <class T> void sections(const ConfigKey& key, std::vector<T>& list) {
    const std::size_t count = enter_list(key, list.size());
    list.resize(count);
    for (std::size_t k = 0; k < count; ++k) {
      enter_item(key, k);
      list[k].visit(*this);
      leave();
    }
    leave_list();
  }

 protected:
  virtual bool enter(const ConfigKey& key) = 0;  // false: the section is absent, keep the defaults
  virtual void leave() = 0;
  virtual std::size_t enter_list(const ConfigKey& key, std::size_t present) = 0;  // number of items to visit
  virtual void enter_item(const ConfigKey& key, std::size_t index) = 0;
  virtual void leave_list() = 0;
};

// The word of `known` with the smallest edit distance to `word`; "" when none is close enough to be meant.
std::string nearest_word(const std::string& word, const std::vector<std::string>& known);

}  // namespace locum
