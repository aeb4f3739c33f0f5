#include "surrogates/train/optimizer.hpp"

#include <functional>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/registry.hpp"
#include "surrogates/train/adam.hpp"
#include "surrogates/train/lbfgs.hpp"
#include "surrogates/train/soap.hpp"

namespace locum::train {
namespace {

using Factory = std::function<std::unique_ptr<Optimizer>(std::size_t, const ParameterLayout&)>;

Registry<Factory> optimizers() {
  Registry<Factory> all("optimizer");
  all.add("adam", [](std::size_t n, const ParameterLayout&) { return std::make_unique<Adam>(n); });
  all.add("lbfgs",
          [](std::size_t n, const ParameterLayout& layout) { return std::make_unique<Lbfgs>(n, layout.parts); });
  all.add("soap",
          [](std::size_t n, const ParameterLayout& layout) { return std::make_unique<Soap>(n, layout.matrices); });
  return all;
}

void require_inside(const ParameterLayout& layout, std::size_t parameters) {
  std::size_t end = 0;
  for (const MatrixBlock& m : layout.matrices) {
    const std::size_t size = static_cast<std::size_t>(m.rows) * m.columns;
    if (m.rows < 1 || m.columns < 1 || m.offset < end || m.offset + size > parameters)
      throw ConfigError("a matrix of " + std::to_string(m.rows) + " × " + std::to_string(m.columns) +
                            " parameters begins at " + std::to_string(m.offset) + " of " + std::to_string(parameters),
                        "train::make_optimizer", "matrices must not overlap, and end before the parameters do");
    end = m.offset + size;
  }
  for (std::size_t k = 0; k < layout.parts.size(); ++k)
    if (layout.parts[k] >= parameters || (k == 0 ? layout.parts[k] != 0 : layout.parts[k] <= layout.parts[k - 1]))
      throw ConfigError("part " + std::to_string(k) + " begins at " + std::to_string(layout.parts[k]) + " of " +
                            std::to_string(parameters) + " parameters",
                        "train::make_optimizer", "parts begin at 0 and ascend");
}

}  // namespace

std::vector<std::string> optimizer_names() { return optimizers().names(); }

std::unique_ptr<Optimizer> make_optimizer(const std::string& name, std::size_t parameters,
                                          const ParameterLayout& layout) {
  require_inside(layout, parameters);
  return optimizers().at(name)(parameters, layout);
}

}  // namespace locum::train
