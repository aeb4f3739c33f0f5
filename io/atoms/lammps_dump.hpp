// Text dumps of LAMMPS (dump atom, dump custom): frames as samples in the layout that io/atoms/xyz.hpp gives.
//
// Fields: position (n,3) Angstrom with the box's corner at the origin, atomic_number (n), cell (3,3) Angstrom,
// timestep; pbc, an integer (3), where not all boundaries are periodic. Atoms come in the order of their ids, because
// LAMMPS changes it from frame to frame. Lengths are taken for Å: LAMMPS' units metal or real.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/base/field_set.hpp"

namespace locum::io {

// One process; only the frame that is asked for is in memory.
class LammpsDump {
 public:
  // elements: symbols of the types 1, 2, …; empty: the dump has a column element or mass. IoError when the file cannot
  // be read, ConfigError with file and line for what is no dump.
  LammpsDump(const std::string& path, std::vector<std::string> elements);
  // Any stream that can be read again from a place; `name` for messages.
  LammpsDump(std::unique_ptr<std::istream> in, std::string name, std::vector<std::string> elements);
  ~LammpsDump();
  LammpsDump(LammpsDump&&) noexcept;

  std::int64_t n_frames() const { return static_cast<std::int64_t>(frames_.size()); }
  std::int64_t timestep(std::int64_t frame) const { return frames_.at(index(frame)).timestep; }
  // From 0; −1 is the last. ConfigError where there is none such, with the number of frames.
  FieldSet frame(std::int64_t frame);

 private:
  struct Place {
    std::int64_t offset = 0, line = 0, timestep = 0;
  };
  void find_frames();
  std::size_t index(std::int64_t frame) const;
  std::unique_ptr<std::istream> in_;
  std::string name_;
  std::vector<std::string> elements_;
  std::vector<Place> frames_;
};

// Rank 0 reads, all ranks get the sample. Collective.
FieldSet read_lammps_dump(const Communicator& comm, const std::string& path, std::int64_t frame,
                          const std::vector<std::string>& elements);

}  // namespace locum::io
