// From a file or a prototype to the specimen and its frozen-phonon configurations.
#pragma once

#include <cstdint>
#include <string>

#include "apps/imaging/specimen_config.hpp"
#include "kokkos_kernels/base/context.hpp"
#include "solvers/imaging/engines/scan_engine.hpp"
#include "solvers/imaging/potential/slices.hpp"

namespace locum::apps {

struct SpecimenSource {
  imaging::Configurations configurations;
  Specimen specimen;        // that of the lattice, or of the first frame
  std::string thermal;      // how the configurations come about, in words
  std::string formula;      // "SrTiO3", in the order of the atomic numbers
  std::string fingerprint;  // of the first configuration's atoms: changes where the file does
};

// seed: of the displacements. A frame whose cell differs from the first one's, as under a barostat, is strained to it,
// by 3 % at most. Throws ConfigError for an element without coefficients, a frame that is not there (it names the
// last), atoms outside of a cell that is not periodic, sites that are not fully occupied, and as imaging::oriented,
// slab and displaced do; IoError for a file that cannot be read. Collective.
SpecimenSource make_specimen_source(const Context& context, const SpecimenConfig& config,
                                    const ThermalMotionConfig& thermal, std::int64_t seed);

// Edges of the slices, Å. Atoms are moved along the beam as config.shift says, in every configuration, with one slice
// more behind, and the log says so.
std::vector<double> slice(SpecimenSource& source, const imaging::SliceConfig& config);

}  // namespace locum::apps
