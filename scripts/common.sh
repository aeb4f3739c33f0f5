# Shared by the scripts beside it; not run by itself. Sets `root`, `jobs`, and what Open MPI needs.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# Parallel compilations: one a core, but no more than one for 1.5 GiB of memory.
jobs=${LOCUM_JOBS:-$(nproc 2>/dev/null || echo 2)}
if [ -z "${LOCUM_JOBS:-}" ] && [ -r /proc/meminfo ]; then
  by_memory=$(awk '/^MemAvailable/ {print int($2 / 1572864)}' /proc/meminfo)
  [ "$by_memory" -ge 1 ] || by_memory=1
  [ "$jobs" -le "$by_memory" ] || jobs=$by_memory
fi

# Open MPI refuses to start as root unless told twice that it is meant, as it is in a container.
if [ "$(id -u)" = 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
# The program chooses its own number of threads; an OPENBLAS_NUM_THREADS from the shell would overrule it.
unset OPENBLAS_NUM_THREADS
