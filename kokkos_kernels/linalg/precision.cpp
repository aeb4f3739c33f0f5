#include "kokkos_kernels/linalg/precision.hpp"

#include "kokkos_kernels/base/errors.hpp"

namespace locum::linalg {

const std::vector<std::string>& precision_names() {
  static const std::vector<std::string> names{"fp32", "tf32", "bf16", "fp16"};
  return names;
}

Precision precision_of(const std::string& name) {
  const auto& names = precision_names();
  for (std::size_t k = 0; k < names.size(); ++k)
    if (names[k] == name) return static_cast<Precision>(k);
  throw ConfigError("there is no precision '" + name + "'", "", "known: fp32, tf32, bf16, fp16");
}

}  // namespace locum::linalg
