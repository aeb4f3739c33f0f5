# locum_module(NAME SOURCES … [LINK …] [PRIVATE_LINK …]): one library a module, Locum::NAME, one include root.
add_library(locum_settings INTERFACE)
target_include_directories(locum_settings INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_features(locum_settings INTERFACE cxx_std_20)
target_compile_options(locum_settings INTERFACE
  -Wall -Wextra
  $<$<NOT:$<BOOL:${LOCUM_KOKKOS_HAS_CUDA}>>:-ffp-contract=fast>
  $<$<CONFIG:Release>:-fno-math-errno>)
if(LOCUM_ARCH AND NOT LOCUM_KOKKOS_HAS_CUDA)
  target_compile_options(locum_settings INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:-march=${LOCUM_ARCH}>)
endif()
if(LOCUM_KOKKOS_HAS_CUDA)
  # 20208: long double, which fmt may print, is double on the device.
  target_compile_options(locum_settings INTERFACE --extended-lambda --expt-relaxed-constexpr
    "SHELL:-Xcudafe --diag_suppress=20208")
  target_compile_definitions(locum_settings INTERFACE FMT_USE_CONSTEXPR=1 FMT_CONSTEVAL=)  # fmt 9 takes nvcc for an old compiler
endif()
if(LOCUM_SANITIZE)
  target_compile_options(locum_settings INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  target_link_options(locum_settings INTERFACE -fsanitize=address,undefined)
endif()

function(locum_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK;PRIVATE_LINK")
  if(arg_SOURCES)
    add_library(locum_${name} STATIC ${arg_SOURCES})
    target_link_libraries(locum_${name} PUBLIC locum_settings ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK})
  else()
    add_library(locum_${name} INTERFACE)
    target_link_libraries(locum_${name} INTERFACE locum_settings ${arg_LINK})
  endif()
  add_library(Locum::${name} ALIAS locum_${name})
endfunction()

# locum_test(NAME SOURCES … LINK … [RANKS 1 2 4] [LABELS unit] [TIMEOUT s]): a GoogleTest program, run at each number
# of MPI ranks.
function(locum_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LINK;RANKS;LABELS")
  if(NOT arg_RANKS)
    set(arg_RANKS 1)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(test_${name} ${arg_SOURCES})
  target_link_libraries(test_${name} PRIVATE Locum::test_support ${arg_LINK})
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  foreach(ranks IN LISTS arg_RANKS)
    if(ranks EQUAL 1)
      add_test(NAME ${name} COMMAND test_${name})
      set(test_name ${name})
    else()
      set(test_name ${name}_${ranks}_ranks)
      add_test(NAME ${test_name} COMMAND ${MPIEXEC_EXECUTABLE} --oversubscribe --allow-run-as-root
        ${MPIEXEC_NUMPROC_FLAG} ${ranks} $<TARGET_FILE:test_${name}>)
    endif()
    set_tests_properties(${test_name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} PROCESSORS ${ranks}
      ENVIRONMENT "OMP_NUM_THREADS=1;OPENBLAS_NUM_THREADS=1;OMPI_MCA_rmaps_base_oversubscribe=1;OMPI_MCA_hwloc_base_binding_policy=none")
    if("performance" IN_LIST arg_LABELS)
      set_tests_properties(${test_name} PROPERTIES RUN_SERIAL ON)  # what it times, it times alone
    endif()
  endforeach()
endfunction()
