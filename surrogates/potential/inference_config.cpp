#include "surrogates/potential/inference_config.hpp"

#include <algorithm>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::potential {

// In the order of the enumeration.
const std::vector<std::string>& precision_names() {
  static const std::vector<std::string> names = {"fp64", "fp32", "tf32", "bf16", "fp16", "int8"};
  return names;
}

std::string name_of(Precision precision) { return precision_names().at(static_cast<std::size_t>(precision)); }

Precision precision_of(const std::string& name, const std::string& where) {
  const auto& names = precision_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<Precision>(found - names.begin());
  std::string known;
  for (const auto& n : names) known += (known.empty() ? "" : ", ") + n;
  throw ConfigError("unknown precision '" + name + "'", where, "known are " + known);
}

void InferenceConfig::visit(ConfigVisitor& v) {
  v.value({"precision", "", "in which production evaluates the potential", {}, precision_names()}, precision);
  v.value({"bound", "", "largest RMS force difference from fp64, relative to the held-out force RMSE", {0.0, 1.0}},
          bound);
}

void InferenceConfig::validate() const {
  precision_of(precision, "inference.precision");
  if (!(bound >= 0.0 && bound <= 1.0))
    throw ConfigError("the bound is " + std::to_string(bound), "inference.bound", "0 … 1");
}

}  // namespace locum::potential
