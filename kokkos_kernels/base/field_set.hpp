// Named host arrays with shape and unit: the currency between solvers, trainers and files.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace locum {

struct Field {
  std::vector<std::int64_t> shape;  // empty for a scalar
  std::string unit;                 // "eV/Angstrom"; "1" for a pure number
  std::variant<std::vector<double>, std::vector<std::int64_t>> values;  // row-major

  std::int64_t size() const;  // product of the shape
};

class FieldSet {
 public:
  // Both throw ConfigError when the number of values is not that of the shape, or the name is taken.
  void add(const std::string& name, std::string unit, std::vector<std::int64_t> shape, std::vector<double> values);
  void add(const std::string& name, std::string unit, std::vector<std::int64_t> shape, std::vector<std::int64_t> values);
  void add_scalar(const std::string& name, std::string unit, double value) { add(name, std::move(unit), {}, std::vector<double>{value}); }
  void add_scalar(const std::string& name, std::string unit, std::int64_t value) { add(name, std::move(unit), {}, std::vector<std::int64_t>{value}); }

  // Every field of `from`, its name after the prefix; and the way back: the fields whose names begin with it, without it.
  void add_all(const FieldSet& from, const std::string& prefix = "");
  FieldSet part(const std::string& prefix) const;

  bool has(const std::string& name) const { return fields_.count(name) != 0; }
  // A missing name throws ConfigError that lists what is there.
  const Field& at(const std::string& name) const;
  const std::vector<double>& real(const std::string& name) const;
  const std::vector<std::int64_t>& integer(const std::string& name) const;
  double real_scalar(const std::string& name) const { return real(name).at(0); }
  std::int64_t integer_scalar(const std::string& name) const { return integer(name).at(0); }

  const std::map<std::string, Field>& fields() const { return fields_; }

 private:
  void insert(const std::string& name, Field field);
  std::map<std::string, Field> fields_;
};

}  // namespace locum
