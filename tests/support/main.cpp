// Every test program: MPI and Kokkos around GoogleTest; a failure on any rank fails all of them.
#include <gtest/gtest.h>
#include <mpi.h>

#include "kokkos_kernels/base/kokkos.hpp"

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int failed = 0;
  {
    Kokkos::initialize(argc, argv);
    ::testing::InitGoogleTest(&argc, argv);
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
    if (rank != 0 && argc < 2) delete listeners.Release(listeners.default_result_printer());
    failed = RUN_ALL_TESTS();
    Kokkos::finalize();
  }
  MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  MPI_Finalize();
  return failed;
}
