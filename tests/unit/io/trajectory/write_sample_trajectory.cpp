// write_sample_trajectory PATH FRAMES ATOMS COMMIT_EVERY [KEEP]: the trajectory of sample_trajectory.hpp, for
// h5md_readers_test.py and killed_writer_test.py. Prints the number of frames after each commit.
#include <mpi.h>

#include <cstdio>
#include <cstdlib>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/trajectory/sample_trajectory.hpp"

int main(int argc, char** argv) {
  using namespace locum;
  if (argc < 5) return 1;
  MPI_Init(&argc, &argv);
  int code = 0;
  try {
    const auto comm = Communicator::world();
    const std::int64_t frames = std::atol(argv[2]), atoms = std::atol(argv[3]), every = std::atol(argv[4]);
    io::TrajectoryOptions options;
    options.keep_frames = argc > 5 ? std::atol(argv[5]) : -1;
    options.creator_version = "0.1.0";
    io::TrajectoryWriter writer(comm, argv[1], io::sample_species(atoms), options);
    for (std::int64_t k = writer.frames(); k < frames; ++k) {
      writer.append(io::sample_frame(k, atoms, comm.rank(), comm.size()));
      if ((k + 1) % every != 0 && k + 1 != frames) continue;
      writer.commit();
      if (comm.is_root()) {
        std::printf("%ld\n", static_cast<long>(writer.frames()));
        std::fflush(stdout);
      }
    }
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    code = static_cast<int>(error.code());
  }
  MPI_Finalize();
  return code;
}
