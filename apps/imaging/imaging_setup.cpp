#include "apps/imaging/imaging_setup.hpp"

#include <fmt/format.h>

#include "apps/imaging/forecast.hpp"
#include "apps/imaging/scan_job.hpp"
#include "apps/version.hpp"
#include "io/toml/toml.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::apps {
namespace {

constexpr double engine_share = 0.6;  // of a node's memory, for what ranks hold together

// Of the mode: a probe and its lens, or a plane wave and the lens behind the specimen.
void say_optics(const ImagingConfig& config, io::ScanMetadata& m) {
  const bool plane = config.imaging.mode == "hrtem";
  const double energy = config.microscope.energy;
  const auto& aberrations = plane ? config.hrtem.objective.aberrations : config.microscope.aberrations;
  const double defocus = imaging::Aberrations(aberrations, energy).defocus();
  const std::vector<io::Quantity> lens = {{"defocus", "Angstrom", defocus}, {"Cs", "mm", aberrations.Cs}};
  m.probe = {{"wavelength", "Angstrom", imaging::wavelength(energy)}};
  if (plane) {
    m.probe.push_back({"illumination", "mrad", config.coherence.illumination});
    m.objective = lens;
    m.objective.push_back({"aperture", "mrad", config.hrtem.objective.aperture});  // 0: none
  } else {
    m.probe.push_back({"convergence", "mrad", config.microscope.convergence});
    m.probe.insert(m.probe.end(), lens.begin(), lens.end());
  }
  // A plane wave converges by nothing.
  m.prismatic = {{"sa", "mrad", plane ? 0.0 : config.microscope.convergence},
                 {"df", "Angstrom", defocus},
                 {"C3", "Angstrom", 1e7 * aberrations.Cs}};
}

}  // namespace

double engine_memory(const Communicator& comm, const MethodConfig& config) {
  const double available = config.memory_GiB > 0.0 ? config.memory_GiB * gibibyte
                           : device_is_host        ? static_cast<double>(available_memory())
                                                   : device_memory_share(comm);
  const double least = comm.min(available);
  return least > 0.0 ? engine_share * least : 4.0 * gibibyte;
}

bool is_complete(const RunDirectory& directory) {
  if (!directory.has(ScanJob::file_name) || !directory.has("report.html")) return false;
  log::info(fmt::format("the run in {} is complete: its files are left as they are", directory.path()));
  return true;
}

io::ScanMetadata metadata_of(ImagingConfig config, const SpecimenSource& source) {
  const Specimen& specimen = source.specimen;
  const auto configurations = static_cast<double>(source.configurations.count);
  io::ScanMetadata m;
  m.title = config.title;
  m.program_version = version();
  m.input = io::to_toml(config);
  m.fingerprint = m.input + "\nspecimen " + source.fingerprint;
  m.energy = config.microscope.energy;
  m.sample = source.formula;
  say_optics(config, m);
  m.specimen = {{"thickness", "Angstrom", specimen.lz},
                {"atoms", "1", static_cast<double>(specimen.position.size())},
                {"configurations", "1", configurations}};
  m.prismatic.push_back({"s", "Angstrom", specimen.lz});
  m.prismatic.push_back({"F", "1", configurations});
  m.cell[0] = specimen.lx;
  m.cell[1] = specimen.ly;
  m.cell[2] = specimen.lz;
  return m;
}

std::string describe(const SpecimenSource& source, const imaging::Grid& grid, const std::vector<double>& edges) {
  const Specimen& s = source.specimen;
  return fmt::format("{}: {} atoms in {:.2f} × {:.2f} × {:.2f} Å, {}; {} × {} points, {} slices of {:.2f} Å",
                     source.formula, s.position.size(), s.lx, s.ly, s.lz, source.thermal, grid.nx, grid.ny,
                     edges.size() - 1, s.lz / static_cast<double>(edges.size() - 1));
}

}  // namespace locum::apps
