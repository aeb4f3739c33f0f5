// All that a run needs to go on: field sets that are the same on every rank, and field sets of which each rank has
// rows.
//
// Layout: /shared/NAME and /distributed/NAME as in io/tree.hpp; a distributed field is the ranks' rows one after the
// other, with each rank's number of rows in the attribute `rank_rows`.
#pragma once

#include <map>
#include <string>

#include "io/tree.hpp"

namespace locum::io {

struct Checkpoint {
  std::map<std::string, FieldSet> shared;         // of rank 0
  std::map<std::string, FieldSet> distributed;    // each rank's own rows (first dimension; a scalar is one row)
  std::map<std::string, std::string> attributes;  // of rank 0
};

// Atomic and collective. Distributed sets must agree on names, units, types and trailing dimensions on all ranks:
// IoError otherwise. Fails on all ranks together (full disk …), the old checkpoint is then untouched.
void write_checkpoint(const Communicator& comm, const std::string& path, const Checkpoint& checkpoint);

// On the number of ranks that wrote it each rank gets its own rows; on another number the rows are handed out in
// contiguous blocks of nearly equal length, in the order of the file (scalars then become vectors). Collective.
// `writers`, if given, takes the number of ranks that wrote.
Checkpoint read_checkpoint(const Communicator& comm, const std::string& path, int* writers = nullptr);

}  // namespace locum::io
