#include "solvers/imaging/ptychography/engines/ptychography_engine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/registry.hpp"
#include "solvers/imaging/ptychography/engines/cg_engine.hpp"
#include "solvers/imaging/ptychography/engines/lsqml_engine.hpp"
#include "solvers/imaging/ptychography/engines/pie_engine.hpp"
#include "solvers/imaging/ptychography/engines/projection_engine.hpp"

namespace locum::imaging {
namespace {

using Make = std::unique_ptr<PtychographyEngine> (*)(PtychographyFields& fields);

struct Entry {
  EngineTraits traits;
  Make make;
};

// All there are.
Registry<Entry> engines() {
  Registry<Entry> all("ptychography engine");
  all.add("epie", {{0.0, true}, [](PtychographyFields& f) -> std::unique_ptr<PtychographyEngine> {
                     return std::make_unique<PieEngine>(f, 1.0, f.config().object_step, f.config().probe_step);
                   }});
  all.add("rpie", {{0.0, true}, [](PtychographyFields& f) -> std::unique_ptr<PtychographyEngine> {
                     return std::make_unique<PieEngine>(f, f.config().alpha, f.config().object_step,
                                                        f.config().probe_step);
                   }});
  all.add("lsqml", {{0.0, false}, [](PtychographyFields& f) -> std::unique_ptr<PtychographyEngine> {
                      return std::make_unique<LsqmlEngine>(f, f.config().object_step, f.config().probe_step);
                    }});
  all.add("cg", {{0.0, false, 4.0, false}, [](PtychographyFields& f) -> std::unique_ptr<PtychographyEngine> {
                   return std::make_unique<CgEngine>(f);
                 }});
  all.add("dm", {{1.0, false}, [](PtychographyFields& f) -> std::unique_ptr<PtychographyEngine> {
                   return std::make_unique<ProjectionEngine>(f, 1.0);
                 }});
  all.add("raar", {{1.0, false}, [](PtychographyFields& f) -> std::unique_ptr<PtychographyEngine> {
                     return std::make_unique<ProjectionEngine>(f, f.config().relaxation);
                   }});
  return all;
}

}  // namespace

std::vector<std::string> engine_names() { return engines().names(); }
EngineTraits engine_traits(const std::string& name) { return engines().at(name).traits; }

PtychographyConfig resolved(PtychographyConfig config, int frames) {
  config.validate();
  const bool lsqml = config.engine == "lsqml", cg = config.engine == "cg",
             follows = config.probe.refine || config.positions.correct;
  // ePIE and rPIE as published go frame by frame. LSQ-ML does best with all frames in one batch and momentum where only
  // the object is sought; probe and positions need many small steps. Who keeps every wave works in any portion.
  if (config.batch == 0)
    config.batch = cg        ? frames
                   : !lsqml  ? (engine_traits(config.engine).waves_of_frame > 0.0 ? 64 : 1)
                   : follows ? 8
                             : frames;
  if (cg && config.batch < frames)
    throw ConfigError(fmt::format("ptychography.batch is {} of {} frames, but engine cg takes all of them at once",
                                  config.batch, frames),
                      "", "leave batch out");
  if (config.momentum < 0.0) config.momentum = lsqml && !follows && config.batch >= frames ? 0.95 : 0.0;
  if (config.damping == 0.0) config.damping = cg ? 0.02 : 0.1;
  if (config.object_step == 0.0) config.object_step = lsqml ? 0.9 : 1.0;
  // With a small α a free probe's noise makes the object grow where nothing else reaches, at the rim.
  if (config.alpha == 0.0) config.alpha = config.probe.refine ? 0.3 : 0.1;
  // Where R was least on simulated counts of 10⁵ and 10⁶ a frame (docs/theory/ptychography.md); a step that β shortens
  // leaves some of the noise by itself.
  if (config.noise_bound < 0.0)
    config.noise_bound = std::max(0.0, 0.65 - 2.0 * (1.0 - (config.engine == "raar" ? config.relaxation : 1.0)));
  if (config.probe_step == 0.0) config.probe_step = lsqml ? 0.9 : 1.0;
  return config;
}

std::unique_ptr<PtychographyEngine> make_engine(const std::string& name, PtychographyFields& fields) {
  return engines().at(name).make(fields);
}

}  // namespace locum::imaging
