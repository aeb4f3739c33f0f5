# Everything that a person may choose when configuring.
option(LOCUM_TESTS "Build the tests" ON)
option(LOCUM_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
set(LOCUM_ARCH "native" CACHE STRING "Value of -march; 'native' suits the machine that builds, x86-64-v3 a mixed cluster")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

# The launcher: ccache where there is one, and for nvcc_wrapper the toolkit that it shall use. Its preprocessed output
# lacks what only the device pass sees, so ccache judges by the files that the compiler names (depend mode).
find_program(LOCUM_CCACHE ccache)
set(locum_launcher)
if(LOCUM_CUDA AND LOCUM_CUDA_ROOT)
  set(locum_launcher "${CMAKE_COMMAND}" -E env "CUDA_ROOT=${LOCUM_CUDA_ROOT}")
  set(CMAKE_CXX_LINKER_LAUNCHER ${locum_launcher})
  if(LOCUM_CCACHE)
    list(APPEND locum_launcher "CCACHE_DEPEND=1" "CCACHE_EXTRAFILES=${LOCUM_NVCC}")
  endif()
endif()
if(LOCUM_CCACHE)
  list(APPEND locum_launcher "${LOCUM_CCACHE}")
endif()
set(CMAKE_CXX_COMPILER_LAUNCHER ${locum_launcher})
