#include "apps/imaging/specimen_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "apps/imaging/frames_file.hpp"
#include "io/atoms/cif.hpp"
#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "solvers/imaging/potential/projected_potential.hpp"
#include "solvers/imaging/potential/scattering.hpp"

namespace locum::apps {
namespace {

using imaging::Crystal;

constexpr double largest_strain = 0.03;  // of a frame's cell against the first one's

Cell cell_of(const FieldSet& frame, const std::string& path) {
  if (!frame.has("cell"))
    throw ConfigError("has no cell", path, "an extended XYZ file gives it by Lattice=\"…\" in the comment line");
  Mat3 h;
  std::copy_n(frame.real("cell").begin(), 9, &h.m[0][0]);
  return Cell(h);
}

struct Atoms {
  std::vector<Vec3> position;
  std::vector<int> atomic_number;
};

Atoms atoms_of(const FieldSet& frame) {
  Atoms atoms;
  const auto& r = frame.real("position");
  for (std::size_t i = 0; i + 2 < r.size(); i += 3) atoms.position.push_back({r[i], r[i + 1], r[i + 2]});
  const auto& z = frame.integer("atomic_number");
  atoms.atomic_number.assign(z.begin(), z.end());
  return atoms;
}

Specimen slab_of(const FieldSet& frame, const SpecimenConfig& config) {
  bool periodic[3] = {true, true, true};
  if (frame.has("pbc"))
    for (int d = 0; d < 3; ++d) periodic[d] = frame.integer("pbc")[d] != 0;
  const Atoms atoms = atoms_of(frame);
  return imaging::slab(atoms.position, atoms.atomic_number, cell_of(frame, config.file), periodic, config.frame);
}

Crystal crystal_of(const FieldSet& frame, const std::string& path) {
  Crystal crystal;
  crystal.cell = cell_of(frame, path);
  const Atoms atoms = atoms_of(frame);
  for (const Vec3& r : atoms.position) crystal.fractional.push_back(Cell::wrap(crystal.cell.to_fractional(r)));
  crystal.atomic_number = atoms.atomic_number;
  return crystal;
}

Crystal crystal_of(const Context& context, const SpecimenConfig& config) {
  const auto& c = config.crystal;
  if (config.file.empty()) return imaging::prototype(c.prototype, c.elements, c.lattice_constant);
  if (!config.is_cif()) {
    const FramesFile file = open_frames(context, config.file, config.types);
    return crystal_of(file.get(chosen_frames(config.frames, file.count, config.file).front()), config.file);
  }
  const io::Crystal read = io::read_cif(context.comm, config.file);
  for (std::size_t i = 0; i < read.occupancy.size(); ++i)
    if (read.occupancy[i] < 1.0 - 1e-6)
      throw ConfigError(fmt::format("a site of {} is occupied by {:.3g} only, 1 was expected",
                                    element_symbol(read.atomic_number[i]), read.occupancy[i]),
                        config.file, "give a supercell with the sites filled as an extended XYZ file");
  return {Cell(read.cell), read.fractional, read.atomic_number, read.rms_displacement};
}

// The frame's atoms in the cell of the first one.
Specimen strained(Specimen specimen, const Specimen& first, std::int64_t frame, const std::string& path) {
  const double x = first.lx / specimen.lx, y = first.ly / specimen.ly, z = first.lz / specimen.lz;
  const double strain = std::max({std::abs(x - 1.0), std::abs(y - 1.0), std::abs(z - 1.0)});
  if (strain > largest_strain)
    throw ConfigError(
        fmt::format("the cell of frame {} is {:.6g} × {:.6g} × {:.6g} Å, that of the first {:.6g} × {:.6g} "
                    "× {:.6g} Å: {:.1f} % of difference, {:.0f} % at most were expected",
                    frame, specimen.lx, specimen.ly, specimen.lz, first.lx, first.ly, first.lz, 100.0 * strain,
                    100.0 * largest_strain),
        path, "take frames of one cell (specimen.frames)");
  if (strain > 0.0)
    for (Vec3& r : specimen.position) r = {r.x * x, r.y * y, r.z * z};
  specimen.lx = first.lx;
  specimen.ly = first.ly;
  specimen.lz = first.lz;
  imaging::wrap_across(specimen);
  return specimen;
}

std::string formula_of(const Specimen& specimen) {
  std::map<int, std::int64_t> count;
  for (const int z : specimen.atomic_number) ++count[z];
  std::int64_t fewest = count.empty() ? 1 : count.begin()->second;
  for (const auto& [z, n] : count) fewest = std::min(fewest, n);
  bool whole = true;
  for (const auto& [z, n] : count) whole = whole && n % fewest == 0;
  std::string text;
  for (auto entry = count.rbegin(); entry != count.rend(); ++entry) {
    const std::int64_t n = whole ? entry->second / fewest : entry->second;
    text += element_symbol(entry->first) + (n == 1 ? "" : std::to_string(n));
  }
  return text;
}

// FNV-1a of what the first configuration is made of.
std::string fingerprint_of(const Specimen& specimen) {
  std::uint64_t hash = 14695981039346656037ull;
  const auto fold = [&](const void* data, std::size_t bytes) {
    for (std::size_t k = 0; k < bytes; ++k)
      hash = (hash ^ static_cast<const unsigned char*>(data)[k]) * 1099511628211ull;
  };
  const double cell[3] = {specimen.lx, specimen.ly, specimen.lz};
  fold(cell, sizeof cell);
  for (const Vec3& r : specimen.position) fold(&r, sizeof r);
  fold(specimen.atomic_number.data(), specimen.atomic_number.size() * sizeof(int));
  return fmt::format("{:016x}", hash);
}

void check_elements(const Specimen& specimen) {
  for (const int z : imaging::species_of(specimen)) imaging::scattering_terms(imaging::Parametrization::lobato, z);
}

}  // namespace

SpecimenSource make_specimen_source(const Context& context, const SpecimenConfig& config,
                                    const ThermalMotionConfig& thermal, std::int64_t seed) {
  SpecimenSource source;
  std::vector<std::int64_t> frames = {0};
  std::function<Specimen(int)> frame_specimen;
  const std::string kind = config.resolved_kind();
  if (kind == "frame") {
    const FramesFile file = open_frames(context, config.file, config.types);
    frames = chosen_frames(config.frames, file.count, config.file);
    source.specimen = slab_of(file.get(frames[0]), config);
    imaging::wrap_across(source.specimen);
    frame_specimen = [file, frames, config, first = source.specimen](int k) {
      return strained(slab_of(file.get(frames[k]), config), first, frames[k], config.file);
    };
  } else {
    const Crystal crystal = crystal_of(context, config);
    source.specimen = kind == "particle" ? imaging::nanoparticle(crystal, config.particle)
                                         : imaging::oriented(crystal, config.crystal);
  }
  const bool several = frames.size() > 1;
  if (several && thermal.kind == "einstein")
    throw ConfigError(
        fmt::format("{} frames of a trajectory move already, and kind = \"einstein\" would move them again",
                    frames.size()),
        "thermal.kind", "take one frame (specimen.frames), or thermal.kind = \"frames\"");
  if (several && !thermal.einstein.elements.empty())
    throw ConfigError("displacements of elements are given for frames that move already", "thermal.elements",
                      "take one frame (specimen.frames), or leave them out");
  imaging::set_rms_displacement(source.specimen, thermal.einstein);
  check_elements(source.specimen);
  source.formula = formula_of(source.specimen);
  const bool swings = !source.specimen.rms_displacement.empty();
  if (several || thermal.kind == "frames") {
    if (!frame_specimen) throw ConfigError("there is no trajectory to take frames from", "thermal.kind");
    source.configurations = {static_cast<int>(frames.size()), frame_specimen};
    source.thermal = fmt::format("{} frame(s) of {}", frames.size(), config.file);
  } else if (thermal.kind == "einstein" || (thermal.kind == "auto" && swings)) {
    source.configurations = {thermal.configurations, [specimen = source.specimen, seed](int k) {
                               return imaging::displaced(specimen, static_cast<std::uint64_t>(seed), k);
                             }};
    source.thermal = fmt::format("{} Einstein configuration(s)", thermal.configurations);
  } else {
    source.configurations = {1, [specimen = source.specimen](int) { return specimen; }};
    source.thermal = "no thermal motion";
  }
  source.fingerprint = fingerprint_of(source.configurations.get(0));
  return source;
}

std::vector<double> slice(SpecimenSource& source, const imaging::SliceConfig& config) {
  std::vector<double> edges = imaging::slice_edges(source.specimen.lz, config);
  const double shift = config.shift >= 0.0 ? config.shift : imaging::shift_off_edges(source.specimen, edges);
  if (shift == 0.0) return edges;
  const double thickness = edges[1];
  if (shift >= thickness)
    throw ConfigError(fmt::format("the shift is {} Å, less than a slice of {:.4g} Å was expected", shift, thickness),
                      "slices.shift");
  edges.push_back(edges.back() + thickness);
  const auto moved = [shift, lz = edges.back()](Specimen specimen) {
    specimen.lz = lz;
    for (Vec3& r : specimen.position) r.z += shift;
    return specimen;
  };
  source.specimen = moved(std::move(source.specimen));
  source.configurations.get = [moved, get = source.configurations.get](int c) { return moved(get(c)); };
  log::info(fmt::format("atoms moved by {:.3f} Å along the beam: planes of them lay on edges of slices (slices.shift)",
                        shift));
  return edges;
}

}  // namespace locum::apps
