#include "apps/imaging/specimen_config.hpp"

#include <fmt/format.h>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {

void SpecimenConfig::visit(ConfigVisitor& v) {
  v.value({"kind",
           "",
           "crystal: turned to a zone axis; particle: cut from the crystal; frame: a file's box as it is; auto: frame "
           "for a box of atoms, crystal for a CIF file or a prototype",
           {},
           {"auto", "crystal", "particle", "frame"}},
          kind);
  v.value({"file", "", "CIF, extended XYZ, LAMMPS dump or H5MD trajectory; empty: the prototype"}, file);
  v.value({"frames", "", "of a file with several: one; first, last; or first, last, every; -1 is the last"}, frames);
  v.value({"types", "", "LAMMPS dump: symbol of each type of atom"}, types);
  v.section({"crystal", "", "its cell where no file gives one, and how it is turned and repeated"}, crystal);
  v.section({"particle", "", "how a particle is cut from the crystal"}, particle);
  v.section({"frame", "", "how a box of atoms becomes the specimen"}, frame);
}

std::string SpecimenConfig::resolved_kind() const {
  if (kind != "auto") return kind;
  return file.empty() || is_cif() ? "crystal" : "frame";
}

void SpecimenConfig::validate() const {
  if (frames.empty() || frames.size() > 3)
    throw ConfigError(fmt::format("{} numbers were found, one to three were expected", frames.size()),
                      "specimen.frames", "one frame; first and last; or first, last and every");
  if (frames.size() == 3 && frames[2] < 1)
    throw ConfigError(fmt::format("every {}th frame was asked for, 1 or more was expected", frames[2]),
                      "specimen.frames", "first, last, every");
  const std::string made = resolved_kind();
  if (made == "frame" && (file.empty() || is_cif()))
    throw ConfigError(file.empty() ? "no file is named" : "a CIF file is a crystal, no box of atoms", "specimen.file",
                      "kind = \"frame\" takes extended XYZ, a LAMMPS dump or an H5MD trajectory");
  if (made != "frame" && !file.empty() && !is_cif() && frames.size() > 1)
    throw ConfigError("a crystal takes one frame", "specimen.frames");
  if (made == "frame")
    frame.validate();
  else
    crystal.validate();
  if (made == "particle") particle.validate();
}

void ThermalMotionConfig::visit(ConfigVisitor& v) {
  v.value({"kind",
           "",
           "frames: of the trajectory, one a configuration; einstein: each atom by itself; none; auto: frames where "
           "several are taken, einstein where displacements are known, else none",
           {},
           {"auto", "einstein", "frames", "none"}},
          kind);
  v.value({"configurations", "", "of einstein: frozen-phonon snapshots to average over", {1, 1e6}}, configurations);
  einstein.visit(v);
}

void ThermalMotionConfig::validate() const {
  einstein.validate();
  if (kind == "einstein" || kind == "auto" || einstein.elements.empty()) return;
  throw ConfigError("displacements of elements are given, and kind = \"" + kind + "\" does not use them",
                    "thermal.elements", "take them out, or set kind = \"einstein\"");
}

}  // namespace locum::apps
