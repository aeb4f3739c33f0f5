// What a scan will take, before it takes it: memory, disk, time.
#pragma once

#include <cstdint>
#include <string>

#include "kokkos_kernels/base/communicator.hpp"
#include "solvers/imaging/engines/scan_engine.hpp"

namespace locum::apps {

struct Forecast {
  double engine_shared = 0.0;          // bytes that the ranks of a node hold together
  double engine_rank = 0.0;            // bytes of each rank's engine
  double tile_rank = 0.0;              // bytes of a tile's averages, each rank
  int ranks_on_node = 1;               // of the fullest node
  double node = 0.0;                   // bytes on the fullest node
  double available = 0.0;              // bytes that the emptiest node has left; 0: not known
  double device = 0.0;                 // bytes that each rank has left on its accelerator; 0: none, or not known
  double disk = 0.0, disk_free = 0.0;  // bytes; free 0: not known
  double seconds = -1.0;               // of the scan after its preparation, as measured; below 0: not measured
  double probe_seconds = 0.0;          // of one probe through one configuration, on one rank
  double remake_seconds = 0.0;         // of making a configuration anew, on one rank

  double rank() const { return engine_rank + tile_rank; }
};

// Memory and disk. disk_bytes: of the file, 0 where it is there already. Collective.
Forecast forecast_space(const Communicator& comm, const imaging::EngineMemory& engine, double tile_bytes,
                        double disk_bytes, const std::string& folder);

// Bytes that this rank may take of its accelerator, which ranks of a node may share; 0: none, or not known. Collective.
double device_memory_share(const Communicator& comm);

// Throws ConfigError where a rank's engine would take more than the accelerator has left for it. key, hint: of the
// message.
void refuse_what_the_device_cannot_hold(const Forecast& forecast, const std::string& key, const std::string& hint);

// Throws ConfigError where the fullest node would take more than `budget` bytes (0: than it has left), or the file more
// than the disk has free; the message has both numbers and names the keys that change them.
void refuse_what_cannot_fit(const Forecast& forecast, double budget, std::int64_t tile);

// Seconds of a scan by f.probe_seconds and f.remake_seconds: `tiles` with `probes` in all, through `configurations` of
// which `kept` need not be made anew for each tile.
double scan_seconds(const Forecast& f, std::int64_t probes, std::int64_t tiles, int configurations, int kept,
                    int ranks);

// Two or three lines for the log.
std::string describe(const Forecast& forecast);

// "45 s", "3 min", "2.5 h", "4 days".
std::string about(double seconds);

}  // namespace locum::apps
