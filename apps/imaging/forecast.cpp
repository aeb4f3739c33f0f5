#include "apps/imaging/forecast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/kokkos.hpp"
#include "kokkos_kernels/base/memory.hpp"

namespace locum::apps {

Forecast forecast_space(const Communicator& comm, const imaging::EngineMemory& engine, double tile_bytes,
                        double disk_bytes, const std::string& folder) {
  Forecast f;
  f.engine_shared = comm.max(engine.shared);
  f.engine_rank = comm.max(engine.rank);
  f.tile_rank = tile_bytes;
  f.ranks_on_node = comm.max(ranks_on_node(comm));
  // An engine in a device's memory takes none of the node's.
  f.node = f.ranks_on_node * f.tile_rank + (device_is_host ? f.engine_shared + f.ranks_on_node * f.engine_rank : 0.0);
  f.available = comm.min(static_cast<double>(available_memory()));
  f.device = device_is_host ? 0.0 : comm.min(device_memory_share(comm));
  f.disk = disk_bytes;
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  f.disk_free = comm.min(error ? 0.0 : static_cast<double>(space.available));
  return f;
}

double device_memory_share(const Communicator& comm) {
  const int sharing = ranks_on_device(comm);
  return static_cast<double>(available_device_memory()) / sharing;
}

void refuse_what_the_device_cannot_hold(const Forecast& f, const std::string& key, const std::string& hint) {
  if (f.device > 0.0 && f.engine_shared + f.engine_rank > f.device)
    throw ConfigError(fmt::format("the engine needs {} on the accelerator, {} are free there for each rank",
                                  bytes_text(f.engine_shared + f.engine_rank), bytes_text(f.device)),
                      key, hint);
}

void refuse_what_cannot_fit(const Forecast& f, double budget, std::int64_t tile) {
  const double limit = budget > 0.0 ? budget : f.available;
  if (limit > 0.0 && f.node > limit)
    throw ConfigError(
        fmt::format("the run needs {} on a node ({} shared, {} for each of {} rank(s)), {} {}", bytes_text(f.node),
                    bytes_text(device_is_host ? f.engine_shared : 0.0),
                    bytes_text(f.tile_rank + (device_is_host ? f.engine_rank : 0.0)), f.ranks_on_node,
                    bytes_text(limit), budget > 0.0 ? "is the budget imaging.memory_GiB" : "are available"),
        "imaging.memory_GiB",
        fmt::format("fewer grid points (grid.sampling), fewer slices (slices.thickness), a smaller output.tile (now "
                    "{}), larger bins of the pixelated detector, or fewer ranks on a node",
                    tile));
  refuse_what_the_device_cannot_hold(f, "imaging.memory_GiB",
                                     "fewer grid points (grid.sampling) or slices (slices.thickness)");
  if (f.disk > 0.0 && f.disk_free > 0.0 && f.disk > f.disk_free)
    throw ConfigError(
        fmt::format("scan.h5 will take {} on the disk, {} are free there", bytes_text(f.disk), bytes_text(f.disk_free)),
        "output",
        "another folder (--output), fewer probes (scan), larger bins or a smaller outer angle "
        "of the pixelated detector, or a dose, whose counts take less room");
}

double scan_seconds(const Forecast& f, std::int64_t probes, std::int64_t tiles, int configurations, int kept,
                    int ranks) {
  const int others = std::max(0, configurations - kept);
  // A single one stays with the rank that made it.
  const double remakes = others > 1 ? static_cast<double>(tiles) * others : 0.0;
  return (f.probe_seconds * static_cast<double>(probes) * configurations + f.remake_seconds * remakes) / ranks;
}

std::string about(double seconds) {
  if (seconds < 1.0) return "less than a second";
  if (seconds < 100.0) return fmt::format("{:.0f} s", seconds);
  if (seconds < 5400.0) return fmt::format("{:.0f} min", seconds / 60.0);
  if (seconds < 172800.0) return fmt::format("{:.1f} h", seconds / 3600.0);
  return fmt::format("{:.1f} days", seconds / 86400.0);
}

std::string describe(const Forecast& f) {
  std::string text = fmt::format("memory: {} on a node ({} shared, {} a rank)", bytes_text(f.node),
                                 bytes_text(f.engine_shared), bytes_text(f.rank()));
  if (f.available > 0.0) text += fmt::format(", {} available", bytes_text(f.available));
  text += fmt::format("; disk: {}", bytes_text(f.disk));
  if (f.disk_free > 0.0) text += fmt::format(", {} free", bytes_text(f.disk_free));
  return text;
}

}  // namespace locum::apps
