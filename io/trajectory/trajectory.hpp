// Trajectories in H5MD 1.1 (de Buyl, Colberg, Höfling, Comput. Phys. Commun. 185 (2014) 1546; nongnu.org/h5md).
//
//   /h5md                          version, author, creator, modules/units
//   /particles/all/box             dimension 3, boundary periodic ×3, edges (rows are the cell vectors, Angstrom)
//   /particles/all/position        Angstrom      each with value (frames, atoms, 3), step, time (fs);
//   /particles/all/velocity        Angstrom ps-1         atoms in order of id. Units are those that other readers know;
//   /particles/all/force           kJ mol-1 Angstrom-1   TrajectoryReader gives Å/fs and eV/Å back, to 2 roundings
//   /particles/all/{species,id}    atomic numbers, 0 … atoms − 1
//   /particles/trajectory          the same group as all: the name that MDAnalysis looks for
//   /observables/NAME              value (frames) or (frames, 3, 3)
//
// The bytes of a file follow from its frames (and the number of ranks) alone, not from when it was committed or whether
// the run was restarted in between.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/hdf5/hdf5.hpp"
#include "kokkos_kernels/base/cell.hpp"
#include "kokkos_kernels/base/communicator.hpp"

namespace locum::io {

struct Observable {
  std::string unit;           // "eV", "K", "GPa", "1" …
  std::vector<double> value;  // one number, or the nine of a 3×3 matrix, row by row
};

// What one rank gives to a frame.
struct Frame {
  std::int64_t step = 0;
  double time = 0.0;                              // fs
  Mat3 cell;                                      // rows are the vectors, Å
  std::vector<std::int64_t> id;                   // (n_local), any order; over all ranks each of 0 … atoms − 1 once
  std::vector<double> position, velocity, force;  // (n_local, 3), Å, Å/fs, eV/Å
  std::map<std::string, Observable> observables;  // of rank 0; the same names in every frame
};

struct TrajectorySeries;  // a dataset that grows with the frames

struct TrajectoryOptions {
  bool velocity = true, force = true;
  // Restart: so many frames of the file at `path` are kept, the rest is cut off at the next commit. −1: begin anew,
  // what is at `path` is replaced at the first commit.
  std::int64_t keep_frames = -1;
  std::string creator_version = "0";  // of Locum
  std::string author = "locum";
};

// All calls are collective.
//
// append() keeps frames in memory, spread over the ranks by blocks of ids: 24 to 72 bytes an atom and frame over all
// ranks. commit() makes a new complete file out of the old one and renames it over the old, so that a kill at any
// moment leaves a file that opens. It costs a copy of the file unless the file system copies by reference (XFS, btrfs),
// and a flush to the disk: commit with the checkpoints, every minute or so, not with every frame.
class TrajectoryWriter {
 public:
  // species: atomic numbers in order of id, of rank 0. Throws IoError when frames are to be kept that are not there, or
  // that are of other atoms.
  TrajectoryWriter(const Communicator& comm, std::string path, std::vector<std::int64_t> species,
                   TrajectoryOptions options);
  ~TrajectoryWriter();

  // ConfigError when ids are missing or double, arrays have another length, or observables change their names.
  void append(const Frame& frame);
  // On failure (full disk …) IoError on all ranks; the file is what it was and the frames are still in memory.
  void commit();

  std::int64_t frames() const { return committed_; }  // in the file, for the checkpoint
  std::int64_t pending() const { return static_cast<std::int64_t>(steps_.size()); }

 private:
  void check_old_file();
  void check_frame(const Frame& frame) const;
  void check_observables(const Frame& frame) const;
  std::vector<double> route(const Frame& frame) const;
  void keep(const Frame& frame, const std::vector<double>& rows);
  int row_width() const { return 4 + (options_.velocity ? 3 : 0) + (options_.force ? 3 : 0); }
  std::vector<TrajectorySeries> series() const;
  void write_shared(const std::string& temporary);
  void write_atoms(const std::string& temporary);
  std::int64_t block(int rank) const;  // first id of a rank's block

  Communicator comm_;
  std::string path_;
  std::vector<std::int64_t> species_;
  TrajectoryOptions options_;
  std::int64_t atoms_ = 0, committed_ = 0;
  bool replace_ = true;  // nothing of the old file is kept
  bool cut_ = false;     // the old file has more frames than are kept
  // Observables: unit and number of values; known from the first frame on. On rank 0.
  bool names_known_ = false;
  std::map<std::string, std::pair<std::string, std::size_t>> names_;
  // Pending frames; the atoms' arrays hold this rank's block of ids, frame by frame.
  std::vector<std::int64_t> steps_;
  std::vector<double> times_, cells_;
  std::map<std::string, std::vector<double>> values_;
  std::vector<double> position_, velocity_, force_;
};

struct TrajectoryFrame {
  std::int64_t step = 0;
  double time = 0.0;                              // fs
  Mat3 cell;                                      // Å
  std::vector<double> position, velocity, force;  // (atoms, 3) in order of id, Å, Å/fs, eV/Å; empty when not stored
};

// Reads H5MD of Locum and of others (first group of particles, periodic, units converted). Each rank by itself.
class TrajectoryReader {
 public:
  explicit TrajectoryReader(const std::string& path);  // IoError when it is no H5MD file

  std::int64_t n_frames() const { return frames_; }
  std::int64_t n_atoms() const { return atoms_; }
  const std::vector<std::int64_t>& species() const { return species_; }  // by id; zeros when the file has none
  TrajectoryFrame read_frame(std::int64_t k) const;
  std::vector<std::string> observables() const;
  Field observable(const std::string& name) const;  // (frames) or (frames, …) with its unit
  std::vector<std::int64_t> steps() const;
  std::vector<double> times() const;  // fs

 private:
  std::vector<double> atoms_of(const std::string& element, std::int64_t k) const;
  Mat3 cell_of(std::int64_t k) const;
  Hdf5File file_;
  std::string group_;
  std::int64_t frames_ = 0, atoms_ = 0;
  std::vector<std::int64_t> species_;
};

}  // namespace locum::io
