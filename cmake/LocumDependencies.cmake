# Libraries that Locum stands on. Each failure says which package brings what is missing.
set(MPI_CXX_SKIP_MPICXX ON)  # the C interface is all that is used
find_package(MPI REQUIRED COMPONENTS CXX)

set(HDF5_PREFER_PARALLEL ON)
find_package(HDF5 REQUIRED COMPONENTS C)
if(NOT HDF5_IS_PARALLEL)
  message(FATAL_ERROR "HDF5 was found without MPI support; Debian: libhdf5-openmpi-dev, Spack: hdf5+mpi")
endif()

find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_path(LOCUM_TOMLPLUSPLUS_INCLUDE toml++/toml.h REQUIRED)
find_package(PNG REQUIRED)   # pictures
find_package(TIFF REQUIRED)  # images with their numbers
find_path(LOCUM_GEMMI_INCLUDE gemmi/smcif.hpp REQUIRED)  # CIF

# Kokkos: a Kokkos_ROOT or installed Kokkos 5 first, then Debian's 3.4 (from Trilinos), then the pinned release.
find_package(LocumKokkos REQUIRED)

if(LOCUM_KOKKOS_HAS_CUDA)
  find_package(CUDAToolkit REQUIRED)
  # NCCL, for ranks with a GPU each; without it gradients travel through the host.
  find_path(LOCUM_NCCL_INCLUDE nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  find_library(LOCUM_NCCL_LIBRARY nccl HINTS ${CUDAToolkit_LIBRARY_DIR})
  if(LOCUM_NCCL_INCLUDE AND LOCUM_NCCL_LIBRARY)
    set(LOCUM_NCCL ON)
    add_library(locum_nccl INTERFACE)
    target_include_directories(locum_nccl SYSTEM INTERFACE "${LOCUM_NCCL_INCLUDE}")
    target_link_libraries(locum_nccl INTERFACE "${LOCUM_NCCL_LIBRARY}")
  endif()
  # cuDNN, for convolutions; without it they throw NotCompiled.
  find_path(LOCUM_CUDNN_INCLUDE cudnn.h HINTS "$ENV{CUDNN_ROOT}/include" ${CUDAToolkit_INCLUDE_DIRS})
  find_library(LOCUM_CUDNN_LIBRARY cudnn HINTS "$ENV{CUDNN_ROOT}/lib" "$ENV{CUDNN_ROOT}/lib64" ${CUDAToolkit_LIBRARY_DIR})
  if(LOCUM_CUDNN_INCLUDE AND LOCUM_CUDNN_LIBRARY)
    set(LOCUM_CUDNN ON)
    add_library(locum_cudnn INTERFACE)
    target_include_directories(locum_cudnn SYSTEM INTERFACE "${LOCUM_CUDNN_INCLUDE}")
    target_link_libraries(locum_cudnn INTERFACE "${LOCUM_CUDNN_LIBRARY}")
  else()
    message(STATUS "Locum has no convolutions on the GPU: cuDNN 9 was not found in the CUDA toolkit or CUDNN_ROOT")
  endif()
endif()
set(BLA_VENDOR OpenBLAS)
find_package(BLAS REQUIRED)
find_package(LAPACK REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
if(NOT LOCUM_KOKKOS_HAS_CUDA)
  pkg_check_modules(FFTW REQUIRED IMPORTED_TARGET fftw3)    # double
  pkg_check_modules(FFTWF REQUIRED IMPORTED_TARGET fftw3f)  # float
  find_package(OpenMP REQUIRED COMPONENTS CXX)              # oneDNN's threads
  find_package(dnnl 2.6 REQUIRED CONFIG)                    # Debian: libdnnl-dev, Spack: onednn
endif()
