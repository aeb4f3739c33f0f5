// What turns gradients into steps: one interface under Adam, SOAP and L-BFGS. Everything is done on the host and in
// double precision, the same on every rank.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/base/field_set.hpp"

namespace locum::train {

// Parameters offset … offset + rows · columns − 1 are a matrix, row-major.
struct MatrixBlock {
  std::size_t offset = 0;
  int rows = 0, columns = 0;
};

// What an objective knows of its parameters. Nothing need be named: then they are one flat block with one loss.
struct ParameterLayout {
  std::vector<MatrixBlock> matrices;  // ascending, without overlap; what is in none is treated element by element
  std::vector<std::size_t> parts;     // first parameter of each part whose loss depends on no other part; ascending
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // One step down the gradient. rate: the schedule's. Gradients do not accumulate: one call, one update.
  virtual void update(std::span<double> parameters, std::span<const double> gradient, double rate) = 0;
  // All that a restart needs to go on bit for bit, and the way back. restore() throws ConfigError on the state of
  // another optimizer.
  virtual FieldSet state() const = 0;
  virtual void restore(const FieldSet& state) = 0;
};

// The optimizers that inputs can name, in alphabetical order.
std::vector<std::string> optimizer_names();
// Throws ConfigError that lists the known names, or when the layout leaves the parameters.
std::unique_ptr<Optimizer> make_optimizer(const std::string& name, std::size_t parameters,
                                          const ParameterLayout& layout);

}  // namespace locum::train
