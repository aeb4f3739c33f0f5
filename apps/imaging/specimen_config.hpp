// Where the specimen of an imaging run comes from, and how its atoms swing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kokkos_kernels/base/config.hpp"
#include "solvers/imaging/specimen/crystal.hpp"
#include "solvers/imaging/specimen/crystal_particle.hpp"
#include "solvers/imaging/specimen/crystal_slab.hpp"
#include "solvers/imaging/specimen/thermal.hpp"

namespace locum::apps {

struct SpecimenConfig {
  // What is made of the file, or of the prototype where there is none: crystal (turned to a zone axis), particle (cut
  // from the crystal), frame (as it lies there, repeated and cut); auto: frame for a file with coordinates in a box,
  // crystal else.
  std::string kind = "auto";
  std::string file;                         // CIF, extended XYZ, LAMMPS dump or H5MD trajectory; empty: the prototype
  std::vector<std::int64_t> frames = {-1};  // of a file with several: one, or first and last, or first, last, every
  std::vector<std::string> types;           // LAMMPS: element of each type of atom
  imaging::CrystalConfig crystal;
  imaging::ParticleConfig particle;
  imaging::SlabConfig frame;

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
  bool is_cif() const { return file.ends_with(".cif"); }
  // kind with "auto" resolved.
  std::string resolved_kind() const;
};

struct ThermalMotionConfig {
  // frames: each frame of the trajectory is a configuration; einstein: every atom by itself, around its place; none;
  // auto: frames where more than one is taken, einstein where displacements are known, else none.
  std::string kind = "auto";
  int configurations = 8;  // of einstein
  imaging::ThermalConfig einstein;

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

}  // namespace locum::apps
