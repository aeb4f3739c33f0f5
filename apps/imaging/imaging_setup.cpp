#include "apps/imaging/imaging_setup.hpp"

#include <fmt/format.h>

#include "apps/version.hpp"
#include "io/toml.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::apps {
namespace {

constexpr double engine_share = 0.6;  // of a node's memory, for what ranks hold together

}  // namespace

double engine_memory(const Communicator& comm, const MethodConfig& config) {
  const double available = config.memory_GiB > 0.0 ? config.memory_GiB * gibibyte
                           : device_is_host        ? static_cast<double>(available_memory())
                                                   : static_cast<double>(available_device_memory());
  const double least = comm.min(available);
  return least > 0.0 ? engine_share * least : 4.0 * gibibyte;
}

io::ScanMetadata metadata_of(ImagingConfig config, const SpecimenSource& source) {
  const Specimen& specimen = source.specimen;
  const auto& probe = config.microscope;
  const double defocus = imaging::Aberrations(probe.aberrations, probe.energy).defocus();
  io::ScanMetadata m;
  m.title = config.title;
  m.program_version = version();
  m.input = io::to_toml(config);
  m.fingerprint = m.input + "\nspecimen " + source.fingerprint;
  m.energy = probe.energy;
  m.sample = source.formula;
  m.probe = {{"convergence", "mrad", probe.convergence},
             {"wavelength", "Angstrom", imaging::wavelength(probe.energy)},
             {"defocus", "Angstrom", defocus},
             {"Cs", "mm", probe.aberrations.Cs}};
  m.specimen = {{"thickness", "Angstrom", specimen.lz},
                {"atoms", "1", static_cast<double>(specimen.position.size())},
                {"configurations", "1", static_cast<double>(source.configurations.count)}};
  m.prismatic = {{"sa", "mrad", probe.convergence},
                 {"df", "Angstrom", defocus},
                 {"C3", "Angstrom", 1e7 * probe.aberrations.Cs},
                 {"s", "Angstrom", specimen.lz},
                 {"F", "1", static_cast<double>(source.configurations.count)}};
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
