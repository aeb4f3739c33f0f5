# Before project(): with LOCUM_CUDA the compiler is Kokkos' nvcc_wrapper, taken from where that Kokkos is.
#
# Looked for in this order: a compiler named by hand, Kokkos_ROOT (CMake or environment variable), the PATH, the source
# of Kokkos in FETCHCONTENT_SOURCE_DIR_KOKKOS, and last the pinned release, fetched.
set(LOCUM_KOKKOS_RELEASE "5.0.2" CACHE STRING "Kokkos release that is fetched where none is installed")
set(LOCUM_KOKKOS_SHA256 "188817bb452ca805ee8701f1c5adbbb4fb83dc8d1c50624566a18a719ba0fa5e" CACHE STRING
  "Checksum of that release's archive")
option(LOCUM_CUDA "Build for NVIDIA GPUs: needs a Kokkos with CUDA, or fetches it" OFF)

include(FetchContent)
FetchContent_Declare(kokkos SYSTEM
  URL "https://github.com/kokkos/kokkos/releases/download/${LOCUM_KOKKOS_RELEASE}/kokkos-${LOCUM_KOKKOS_RELEASE}.tar.gz"
  URL_HASH "SHA256=${LOCUM_KOKKOS_SHA256}"
  DOWNLOAD_EXTRACT_TIMESTAMP FALSE)

if(LOCUM_CUDA AND NOT CMAKE_CXX_COMPILER)
  find_program(LOCUM_NVCC nvcc HINTS "$ENV{CUDA_ROOT}/bin" "$ENV{CUDA_HOME}/bin" "$ENV{CUDA_PATH}/bin" PATHS /usr/local/cuda/bin)
  if(NOT LOCUM_NVCC)
    message(FATAL_ERROR "LOCUM_CUDA is on, but there is no nvcc in the PATH or in /usr/local/cuda/bin. "
      "Install the CUDA toolkit (12.2 or newer; Spack: cuda), or name its folder by CUDA_ROOT.")
  endif()
  find_program(LOCUM_NVCC_WRAPPER nvcc_wrapper HINTS
    "${Kokkos_ROOT}/bin" "$ENV{Kokkos_ROOT}/bin" "${FETCHCONTENT_SOURCE_DIR_KOKKOS}/bin" "$ENV{KOKKOS_ROOT}/bin")
  if(NOT LOCUM_NVCC_WRAPPER)
    message(STATUS "No nvcc_wrapper in Kokkos_ROOT or the PATH: fetching Kokkos ${LOCUM_KOKKOS_RELEASE}")
    FetchContent_Populate(kokkos)
    set(FETCHCONTENT_SOURCE_DIR_KOKKOS "${kokkos_SOURCE_DIR}" CACHE PATH "Source of the fetched Kokkos" FORCE)
    set(LOCUM_NVCC_WRAPPER "${kokkos_SOURCE_DIR}/bin/nvcc_wrapper" CACHE FILEPATH "Kokkos' compiler wrapper" FORCE)
  endif()
  set(CMAKE_CXX_COMPILER "${LOCUM_NVCC_WRAPPER}" CACHE FILEPATH "Kokkos' compiler wrapper")
endif()

if(LOCUM_NVCC)
  # nvcc_wrapper takes its nvcc from CUDA_ROOT: set while configuring, and in the rules of the build.
  file(REAL_PATH "${LOCUM_NVCC}" LOCUM_CUDA_ROOT)
  cmake_path(GET LOCUM_CUDA_ROOT PARENT_PATH LOCUM_CUDA_ROOT)
  cmake_path(GET LOCUM_CUDA_ROOT PARENT_PATH LOCUM_CUDA_ROOT)
  set(ENV{CUDA_ROOT} "${LOCUM_CUDA_ROOT}")
endif()
