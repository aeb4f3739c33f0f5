#include "kokkos_kernels/base/config_fields.hpp"

#include <fmt/format.h>

#include "kokkos_kernels/base/errors.hpp"

namespace locum {
namespace {

[[noreturn]] void no_words(const ConfigKey& key) {
  throw ConfigError("'" + key.name + "' is words, fields are numbers", "config_fields");
}

// What neither direction has: words, sections and lists of them.
class FlatVisitor : public ConfigVisitor {
 public:
  using ConfigVisitor::value;
  void value(const ConfigKey& key, std::string&) override { no_words(key); }
  void value(const ConfigKey& key, std::vector<std::string>&) override { no_words(key); }

 private:
  bool enter(const ConfigKey&) override { return false; }
  void leave() override {}
  std::size_t enter_list(const ConfigKey&, std::size_t) override { return 0; }
  void enter_item(const ConfigKey&, std::size_t) override {}
  void leave_list() override {}
};

std::string unit_of(const ConfigKey& key) { return key.unit.empty() ? "1" : key.unit; }

class FieldWriter final : public FlatVisitor {
 public:
  explicit FieldWriter(FieldSet& fields) : fields_(fields) {}
  using FlatVisitor::value;
  void value(const ConfigKey& key, bool& v) override { fields_.add_scalar(key.name, "1", std::int64_t{v}); }
  void value(const ConfigKey& key, int& v) override { fields_.add_scalar(key.name, unit_of(key), std::int64_t{v}); }
  void value(const ConfigKey& key, std::int64_t& v) override { fields_.add_scalar(key.name, unit_of(key), v); }
  void value(const ConfigKey& key, double& v) override { fields_.add_scalar(key.name, unit_of(key), v); }
  void value(const ConfigKey& key, std::vector<double>& v) override { list(key, v); }
  void value(const ConfigKey& key, std::vector<std::int64_t>& v) override { list(key, v); }

 private:
  template <class T>
  void list(const ConfigKey& key, const std::vector<T>& v) {
    fields_.add(key.name, unit_of(key), {static_cast<std::int64_t>(v.size())}, v);
  }
  FieldSet& fields_;
};

class FieldReader final : public FlatVisitor {
 public:
  FieldReader(const FieldSet& fields, const std::string& where) : fields_(fields), where_(where) {}
  using FlatVisitor::value;
  void value(const ConfigKey& key, bool& v) override { v = fields_.integer_scalar(key.name) != 0; }
  void value(const ConfigKey& key, int& v) override {
    v = static_cast<int>(checked(key, fields_.integer_scalar(key.name)));
  }
  void value(const ConfigKey& key, std::int64_t& v) override { v = checked(key, fields_.integer_scalar(key.name)); }
  void value(const ConfigKey& key, double& v) override { v = checked(key, fields_.real_scalar(key.name)); }
  void value(const ConfigKey& key, std::vector<double>& v) override { v = list(key, fields_.real(key.name)); }
  void value(const ConfigKey& key, std::vector<std::int64_t>& v) override { v = list(key, fields_.integer(key.name)); }

 private:
  // A number from a damaged file must not become a million networks.
  template <class T>
  T checked(const ConfigKey& key, T v) const {
    const auto number = static_cast<double>(v);
    if (!(number >= key.range.low && number <= key.range.high))
      throw ConfigError(fmt::format("{} is {}, expected {} … {}", key.name, v, key.range.low, key.range.high), where_,
                        "the file is damaged");
    return v;
  }
  template <class T>
  std::vector<T> list(const ConfigKey& key, const std::vector<T>& v) const {
    for (const T& one : v) checked(key, one);
    return v;
  }
  const FieldSet& fields_;
  std::string where_;
};

}  // namespace

std::unique_ptr<ConfigVisitor> config_to_fields(FieldSet& fields) { return std::make_unique<FieldWriter>(fields); }

std::unique_ptr<ConfigVisitor> config_from_fields(const FieldSet& fields, const std::string& where) {
  return std::make_unique<FieldReader>(fields, where);
}

}  // namespace locum
