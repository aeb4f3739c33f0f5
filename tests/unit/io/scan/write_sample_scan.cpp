// write_sample_scan PATH NX NY [MICROSECONDS]: the scan of sample_scan.hpp, so long for each tile, for
// killed_scan_test.py. Goes on with PATH.part where there is one. Prints how many tiles were done already, then "all".
#include <mpi.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/scan/sample_scan.hpp"

int main(int argc, char** argv) {
  using namespace locum;
  if (argc < 4) return 1;
  MPI_Init(&argc, &argv);
  int code = 0;
  try {
    const auto comm = Communicator::world();
    const std::string path = argv[1];
    const auto layout = io::sample_layout(std::atoi(argv[2]), std::atoi(argv[3]));
    const auto pause = static_cast<useconds_t>(argc > 4 ? std::atoi(argv[4]) : 0);
    auto file = io::ScanFile::has_unfinished(comm, path)
                    ? io::ScanFile::open_unfinished(comm, path, layout, "abc")
                    : io::ScanFile::create(comm, path, layout, io::sample_metadata());
    if (comm.is_root()) {
      long done = 0;
      for (std::int64_t tile = 0; tile < layout.tiles; ++tile) done += file.is_done(tile);
      std::printf("%ld %ld\n", done, static_cast<long>(layout.tiles));
      std::fflush(stdout);
    }
    for (std::int64_t tile = comm.rank(); tile < layout.tiles; tile += comm.size()) {
      if (file.is_done(tile)) continue;
      if (pause > 0) ::usleep(pause);
      io::write_sample_tile(file, layout, tile);
    }
    file.finish();
    if (comm.is_root()) std::printf("all\n");
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    code = static_cast<int>(error.code());
  }
  MPI_Finalize();
  return code;
}
