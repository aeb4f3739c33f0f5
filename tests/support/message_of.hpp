// What an error says to its reader.
#pragma once

#include <string>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::test {

// Message and hint of the error that f() throws.
template <class F>
std::string message_of(const F& f) {
  try {
    f();
  } catch (const Error& error) {
    return std::string(error.what()) + error.hint();
  }
  return "nothing was thrown";
}

}  // namespace locum::test
