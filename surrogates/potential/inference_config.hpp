// In which precision production evaluates the potential, and how much of the error that may cost.
#pragma once

#include <string>
#include <vector>

#include "kokkos_kernels/base/config.hpp"

namespace locum::potential {

// fp64, fp32: of all arithmetic of an atom; positions' differences are formed, and sums over atoms taken, in double.
// The others are fp32 with rounded operands of the products that the committee needs, x = Pᵀ (q − q̄) and P ∂E/∂x, and
// rounded weights of the networks: tf32, bf16 and fp16 as tensor cores round; int8 in symmetric steps, of 1/127 of
// eight standard deviations for each invariant, of the largest for each component of P, and of the largest component of
// ∂E/∂x for each atom. The linear energy and its forces are never rounded.
enum class Precision { fp64, fp32, tf32, bf16, fp16, int8 };

// As in input and model files.
const std::vector<std::string>& precision_names();
std::string name_of(Precision precision);
// Throws ConfigError that lists the known names; `where` names the key or attribute.
Precision precision_of(const std::string& name, const std::string& where);

struct InferenceConfig {
  std::string precision = "fp64";  // wanted; anything less than fp64 is granted by its error on held-out frames
  double bound =
      0.02;  // largest RMS force difference from fp64, in root mean square force errors of the held-out frames

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

}  // namespace locum::potential
