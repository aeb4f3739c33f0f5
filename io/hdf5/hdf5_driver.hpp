// The driver through which one process reads and writes HDF5 files: POSIX calls that never tell HDF5 of a failed write.
//
// HDF5 1.10 that cannot flush a file (full disk) leaves a dangling handle behind, and the program dies of it in
// MPI_Finalize or at exit. So a write that fails is noted here, later ones are swallowed, HDF5 closes in peace, and the
// owner of the note throws. It also allocates every object at the end of the file, one after the other (no aggregation
// of small objects), so that the bytes of a file follow from the order of the calls alone. In reading it refuses damage
// that HDF5 would not survive.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <string>

namespace locum::io {

struct WriteFailure {
  int error = 0;  // errno of the first write that failed; 0: all went well
  std::uint64_t offset = 0, size = 0;

  std::string sentence() const;
};

// Makes `access` (a file access list) use the driver; `failure` must outlive the file. The file must exist already: it
// is opened, never truncated, so that what was allocated ahead stays allocated.
void use_posix_driver(hid_t access, WriteFailure& failure);

}  // namespace locum::io
