// Sanitizer builds only: what LeakSanitizer shall overlook, built in, so that a test behaves alike by hand and in
// CTest.

// Libraries stay loaded until the end: Open MPI unloads its components before leaks are looked for, and a leak whose
// library is gone cannot be told from ours.
extern "C" int dlclose(void*) { return 0; }

// What Open MPI and its helpers keep until the process ends, and what HDF5 drops where it gives up on a damaged file.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libopen-pal.so\n"
         "leak:libopen-rte.so\n"
         "leak:libmpi.so\n"
         "leak:libpmix.so\n"
         "leak:libhwloc.so\n"
         "leak:/openmpi/lib\n"
         "leak:/pmix2/lib\n"
         "leak:mca_\n"
         "leak:libhdf5\n"
         "leak:libfftw3\n"  // plans are kept for the process (kokkos_kernels/fft)
         "leak:__vasprintf_internal\n";  // asprintf of Open MPI, whose caller the unwinder cannot name
}

extern "C" const char* __lsan_default_options() { return "print_suppressions=0"; }
extern "C" const char* __ubsan_default_options() { return "print_stacktrace=1"; }
// glibc 2.36 and this runtime disagree on thread-local storage of libraries that are loaded late: the leak check crashes.
extern "C" const char* __asan_default_options() { return "intercept_tls_get_addr=0"; }
