# Run as a script at each build: writes the commit into OUTPUT, only when it has changed.
execute_process(COMMAND git -C "${SOURCE_DIR}" describe --always --dirty --exclude=*
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "unknown")
endif()
set(text "#pragma once
namespace locum::build {
inline constexpr char version[] = \"${VERSION}\";
inline constexpr char commit[] = \"${commit}\";
}  // namespace locum::build
")
if(EXISTS "${OUTPUT}")
  file(READ "${OUTPUT}" before)
endif()
if(NOT "${before}" STREQUAL "${text}")
  file(WRITE "${OUTPUT}" "${text}")
endif()
