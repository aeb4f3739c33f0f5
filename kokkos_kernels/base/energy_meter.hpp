// Energy that a run took, over all ranks, and by which method it is known.
//
//   nvml      the GPUs in use, from NVML's total counter (the processor is not in it)
//   rapl      the processor packages of the nodes, whoever else works on them
//   estimate  processor time of all ranks × watts for a core
//   none      nothing known
#pragma once

#include <memory>
#include <string>

#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/base/config.hpp"
#include "kokkos_kernels/base/energy_counters.hpp"
#include "kokkos_kernels/base/field_set.hpp"

namespace locum {

struct EnergyConfig {
  std::string method = "auto";   // "auto": the best that the machine shows
  double watts_per_core = 10.0;  // W; for the estimate; 0: no estimate

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

struct EnergyReading {
  std::string method;   // "nvml" | "rapl" | "estimate" | "none"
  double joules = 0.0;  // all ranks
  double kwh() const { return joules / 3.6e6; }
};

class EnergyMeter {
 public:
  // Starts counting. Every rank uses the same method: the best one that every node has, or, if the configuration names
  // one, that or else "none". Collective.
  explicit EnergyMeter(EnergyConfig config, Communicator comm, std::string powercap_root = "/sys/class/powercap");

  // Reads the counters before they wrap; local and cheap (tens of µs). Once in ten minutes is enough.
  void update();
  // Collective; the same on every rank.
  EnergyReading reading();

  // Joules so far, so that a restarted run counts on. restore is collective and takes the sum on the root rank.
  FieldSet state();
  void restore(const FieldSet& state);

 private:
  double processor_seconds() const;

  EnergyConfig config_;
  Communicator comm_;
  std::unique_ptr<EnergyCounter> counter_;  // on the ranks that read one
  std::string method_;
  double start_processor_ = 0.0;
  double before_ = 0.0;  // J of the run before its restart, on the root
};

}  // namespace locum
