#include "apps/imaging/engine.hpp"

#include <functional>

#include "kokkos_kernels/base/registry.hpp"

namespace locum::apps {
namespace {

using Factory = std::function<std::unique_ptr<imaging::ScanEngine>(
    const Context&, const MethodConfig&, const imaging::ScanSetup&, const imaging::Configurations&)>;

// Every engine, in single and in double precision.
Registry<Factory> engines() {
  Registry<Factory> all("imaging method");
  all.add("multislice",
          [](const Context& context, const MethodConfig& config, const imaging::ScanSetup& setup,
             const imaging::Configurations& configurations) -> std::unique_ptr<imaging::ScanEngine> {
            if (config.precision == "double")
              return std::make_unique<imaging::MultisliceEngine<double>>(context, setup, configurations);
            return std::make_unique<imaging::MultisliceEngine<float>>(context, setup, configurations);
          });
  return all;
}

}  // namespace

std::vector<std::string> engine_names() { return engines().names(); }

std::unique_ptr<imaging::ScanEngine> make_engine(const Context& context, const MethodConfig& config,
                                                 const imaging::ScanSetup& setup,
                                                 const imaging::Configurations& configurations) {
  return engines().at(config.method)(context, config, setup, configurations);
}

}  // namespace locum::apps
