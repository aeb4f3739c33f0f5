// The structure of a scan's file, all of it made before the run: EMD 0.9 as Prismatic writes it and py4DSTEM and
// HyperSpy read it, NeXus groups that link to the same numbers, and Locum's provenance and progress.
//
//   /4DSTEM_simulation                    emd_group_type 2, version 0.9.0
//     data/datacubes/NAME_depthPPPP       data (R_x, R_y, Q_x, Q_y), dim1 … dim4 with name and units
//     data/realslices/NAME_depthPPPP      data (R_x, R_y[, channel]), dim1 … dim3
//     metadata/metadata_0                 microscope, sample, original/simulation_parameters (HyperSpy asks for it)
//   /entry                                NXentry: instrument, sample, an NXdata for each image and cube (hard links)
//   /locum                                version, input and fingerprint as attributes; progress, session
#pragma once

#include <string>

#include "io/hdf5/hdf5.hpp"
#include "io/scan/scan_layout.hpp"

namespace locum::io {

inline constexpr char scan_progress[] = "/locum/progress";  // uint8 of each tile, see scan_file.hpp
inline constexpr char scan_session[] = "/locum/session";    // uint64, see scan_file.cpp

// The type in the file of numbers stored so; little-endian, as the host (HDF5's predefined: not to be closed).
hid_t hdf5_type(Storage storage);
// `file` is new and empty.
void make_scan_structure(Hdf5File& file, const ScanLayout& layout, const ScanMetadata& metadata);

}  // namespace locum::io
