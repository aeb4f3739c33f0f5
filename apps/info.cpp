// `locum info`: how this program was built and what it finds on this machine.
#include <fmt/format.h>
#include <hdf5.h>

#include <thread>

#include "apps/commands.hpp"
#include "apps/version.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/conv/convolution.hpp"
#include "kokkos_kernels/fft/transform.hpp"
#include "kokkos_kernels/linalg/dense.hpp"

namespace locum::apps {

void run_info(const Context& context, const CommandLine&) {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  char mpi[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(mpi, &length);
  std::string mpi_line(mpi, length);
  mpi_line = mpi_line.substr(0, mpi_line.find_first_of(",\n"));

  log::info(version_line());
  log::info(fmt::format("  Kokkos          {}.{}.{}, {} execution space", KOKKOS_VERSION / 10000,
                        KOKKOS_VERSION / 100 % 100, KOKKOS_VERSION % 100, ExecutionSpace::name()));
  log::info(fmt::format("  MPI             {}, {} rank{}", mpi_line, context.comm.size(),
                        context.comm.size() == 1 ? "" : "s"));
  log::info(fmt::format("  HDF5            {}.{}.{}, parallel", major, minor, release));
  log::info(fmt::format("  dense algebra   {}, {} thread{}", linalg::library(), linalg::threads(),
                        linalg::threads() == 1 ? "" : "s"));
  log::info(fmt::format("  transforms      {}", fft::library()));
  log::info(fmt::format("  convolutions    {}, {} thread{}", conv::library(), conv::threads(),
                        conv::threads() == 1 ? "" : "s"));
  log::info(fmt::format("  cores           {}", std::thread::hardware_concurrency()));
}

}  // namespace locum::apps
