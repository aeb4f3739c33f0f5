#include "solvers/imaging/ptychography/ptychography_engine.hpp"

#include <functional>

#include "kokkos_kernels/base/registry.hpp"
#include "solvers/imaging/ptychography/lsqml_engine.hpp"
#include "solvers/imaging/ptychography/pie_engine.hpp"
#include "solvers/imaging/ptychography/projection_engine.hpp"

namespace locum::imaging {
namespace {

struct Entry {
  EngineTraits traits;
  std::function<std::unique_ptr<PtychographyEngine>(PtychographyFields&, const EngineTraits&)> make;
};

double chosen(double value, double otherwise) { return value > 0.0 ? value : otherwise; }

// All there are. Batches: ePIE and rPIE as published go frame by frame; 16 far-apart frames an update keep LSQ-ML's
// steps from being one frame's opinion; those that keep every wave work through them in any portion.
Registry<Entry> engines() {
  Registry<Entry> all("ptychography engine");
  all.add("epie", {{1, 0.0, true, 1.0, 1.0}, [](PtychographyFields& fields, const EngineTraits& traits) {
                     const PtychographyConfig& c = fields.config();
                     return std::make_unique<PieEngine>(fields, 1.0, chosen(c.object_step, traits.object_step),
                                                        chosen(c.probe_step, traits.probe_step));
                   }});
  all.add("rpie", {{1, 0.0, true, 1.0, 1.0}, [](PtychographyFields& fields, const EngineTraits& traits) {
                     const PtychographyConfig& c = fields.config();
                     return std::make_unique<PieEngine>(fields, c.alpha, chosen(c.object_step, traits.object_step),
                                                        chosen(c.probe_step, traits.probe_step));
                   }});
  all.add("lsqml", {{16, 0.0, false, 0.9, 0.9}, [](PtychographyFields& fields, const EngineTraits& traits) {
                      const PtychographyConfig& c = fields.config();
                      return std::make_unique<LsqmlEngine>(fields, chosen(c.object_step, traits.object_step),
                                                           chosen(c.probe_step, traits.probe_step));
                    }});
  all.add("dm", {{64, 1.0, false, 1.0, 1.0}, [](PtychographyFields& fields, const EngineTraits&) {
                   return std::make_unique<ProjectionEngine>(fields, difference_map());
                 }});
  all.add("raar", {{64, 1.0, false, 1.0, 1.0}, [](PtychographyFields& fields, const EngineTraits&) {
                     return std::make_unique<ProjectionEngine>(fields,
                                                               averaged_reflections(fields.config().relaxation));
                   }});
  return all;
}

}  // namespace

std::vector<std::string> engine_names() { return engines().names(); }
EngineTraits engine_traits(const std::string& name) { return engines().at(name).traits; }

std::unique_ptr<PtychographyEngine> make_engine(const std::string& name, PtychographyFields& fields) {
  const auto all = engines();
  const Entry& entry = all.at(name);
  return entry.make(fields, entry.traits);
}

}  // namespace locum::imaging
