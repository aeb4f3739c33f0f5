#include "apps/imaging/engine.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/registry.hpp"
#include "solvers/imaging/engines/local_engine.hpp"
#include "solvers/imaging/engines/prism_engine.hpp"

namespace locum::apps {
namespace {

using Factory = std::function<ImagingEngine(const Context&, const ImagingConfig&, const imaging::ScanSetup&,
                                            const imaging::Configurations&, const imaging::Scan&)>;

constexpr double samples_enough = 10.0;  // for each coefficient that is fitted

void say_calibration(int probes, int features) {
  const double each = static_cast<double>(probes) / features;
  const std::string text = fmt::format(
      "local: {} probes of full multislice calibrate {} features (rings and the detectors' channels), {:.1f} for each",
      probes, features, each);
  if (each >= samples_enough) return log::info(text);
  log::warn(fmt::format("{}: the errors will be measured rightly, but large; local.probes = {} or more would do", text,
                        static_cast<int>(std::ceil(samples_enough * features))));
}

template <class T>
ImagingEngine make_multislice(const Context& context, const ImagingConfig&, const imaging::ScanSetup& setup,
                              const imaging::Configurations& configurations, const imaging::Scan&) {
  return {std::make_unique<imaging::MultisliceEngine<T>>(context, setup, configurations), setup.grid, {}, {}};
}

template <class T>
ImagingEngine make_local(const Context& context, const ImagingConfig& config, const imaging::ScanSetup& setup,
                         const imaging::Configurations& configurations, const imaging::Scan& scan) {
  auto local = std::make_unique<imaging::LocalEngine<T>>(context, setup, config.local, configurations, scan.position);
  const imaging::LocalEngine<T>* engine = local.get();
  if (context.comm.is_root()) say_calibration(engine->calibration_probes(), engine->features());
  return {std::move(local), setup.grid, [engine] { return engine->calibration().errors(); },
          [engine] { return engine->calibration().confidence(); }};
}

template <class T>
ImagingEngine make_prism(const Context& context, const ImagingConfig& config, const imaging::ScanSetup& setup,
                         const imaging::Configurations& configurations, const imaging::Scan&) {
  auto prism = std::make_unique<imaging::PrismEngine<T>>(context, setup, config.prism, configurations);
  const imaging::Grid window = prism->layout().window;
  return {std::move(prism), window, {}, {}};
}

// Every engine, in single and in double precision.
template <class T>
Registry<Factory> engines() {
  Registry<Factory> all("imaging method");
  all.add("multislice", make_multislice<T>);
  all.add("prism", make_prism<T>);
  all.add("local", make_local<T>);
  return all;
}

}  // namespace

std::vector<std::string> engine_names() { return engines<float>().names(); }

ImagingEngine make_engine(const Context& context, const ImagingConfig& config, const imaging::ScanSetup& setup,
                          const imaging::Configurations& configurations, const imaging::Scan& scan) {
  const bool wide = config.imaging.precision == "double";
  const auto all = wide ? engines<double>() : engines<float>();
  return all.at(config.imaging.method)(context, config, setup, configurations, scan);
}

}  // namespace locum::apps
