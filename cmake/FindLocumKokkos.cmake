# Locum::kokkos, whichever Kokkos there is, and LOCUM_KOKKOS_HAS_CUDA.
#
# Debian 12 ships Kokkos 3.4.01 within Trilinos; its exported target names an include folder that does not exist, so
# the target is put together here from the variables of its package file. Which release is fetched, where none is
# installed, stands in LocumCudaCompiler.cmake.
set(LOCUM_KOKKOS_HAS_CUDA OFF)
add_library(locum_kokkos INTERFACE)
add_library(Locum::kokkos ALIAS locum_kokkos)

if(NOT FETCHCONTENT_SOURCE_DIR_KOKKOS)
  find_package(Kokkos QUIET CONFIG)
endif()

if(Kokkos_FOUND AND Kokkos_INCLUDE_DIRS MATCHES "trilinos")
  find_library(LOCUM_KOKKOS_CORE trilinos_kokkoscore REQUIRED)
  find_library(LOCUM_KOKKOS_CONTAINERS trilinos_kokkoscontainers REQUIRED)
  find_library(LOCUM_KOKKOS_ALGORITHMS trilinos_kokkosalgorithms REQUIRED)
  target_include_directories(locum_kokkos SYSTEM INTERFACE ${Kokkos_INCLUDE_DIRS})
  target_link_libraries(locum_kokkos INTERFACE
    ${LOCUM_KOKKOS_ALGORITHMS} ${LOCUM_KOKKOS_CONTAINERS} ${LOCUM_KOKKOS_CORE} dl)
  set(LOCUM_KOKKOS_ORIGIN "Kokkos ${Kokkos_VERSION} of Trilinos")
elseif(Kokkos_FOUND)
  target_link_libraries(locum_kokkos INTERFACE Kokkos::kokkos)
  if("CUDA" IN_LIST Kokkos_DEVICES)
    set(LOCUM_KOKKOS_HAS_CUDA ON)
  endif()
  set(LOCUM_KOKKOS_ORIGIN "Kokkos ${Kokkos_VERSION} (${Kokkos_DIR})")
else()
  FetchContent_MakeAvailable(kokkos)
  target_link_libraries(locum_kokkos INTERFACE Kokkos::kokkos)
  if(Kokkos_ENABLE_CUDA)
    set(LOCUM_KOKKOS_HAS_CUDA ON)
  endif()
  set(LOCUM_KOKKOS_ORIGIN "Kokkos ${LOCUM_KOKKOS_RELEASE}, fetched")
endif()
message(STATUS "Locum uses ${LOCUM_KOKKOS_ORIGIN}; CUDA ${LOCUM_KOKKOS_HAS_CUDA}")
set(LocumKokkos_FOUND TRUE)
