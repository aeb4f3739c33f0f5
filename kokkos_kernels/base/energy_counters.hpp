// Counters of energy that a machine may show: the GPU's through NVML, the processor's through RAPL.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace locum {

class EnergyCounter {
 public:
  virtual ~EnergyCounter() = default;
  virtual std::string method() const = 0;  // "nvml", "rapl"
  // Energy since the counter was opened, J. A counter that wraps must be read once a wrap at least (RAPL: some minutes
  // to an hour). A read that fails adds nothing.
  virtual double joules() = 0;
};

// Opens NVML's total energy counter (nvmlDeviceGetTotalEnergyConsumption, Volta and later) of the GPUs named by PCI bus
// id ("0000:3b:00.0"), of all GPUs for an empty list. nullptr where there is no library, GPU or counter. The library is
// loaded at run time: nothing needs it to build or to start.
std::unique_ptr<EnergyCounter> open_nvml(const std::vector<std::string>& pci_bus_ids = {},
                                         const std::string& library = "libnvidia-ml.so.1");

// Opens the RAPL counters of all processor packages (intel-rapl:N; AMD's have the same name) under `root`. nullptr
// where there are none or they may not be read (since 2020 Linux lets only root read them).
std::unique_ptr<EnergyCounter> open_rapl(const std::string& root = "/sys/class/powercap");

}  // namespace locum
