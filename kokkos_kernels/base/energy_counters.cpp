#include "kokkos_kernels/base/energy_counters.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

namespace locum {
namespace {

// The few entries of NVML (docs.nvidia.com/deploy/nvml-api) that are needed; every function returns 0 on success.
struct Nvml {
  using Device = void*;
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*count)(unsigned*) = nullptr;
  int (*by_index)(unsigned, Device*) = nullptr;
  int (*by_bus)(const char*, Device*) = nullptr;
  int (*energy)(Device, unsigned long long*) = nullptr;  // mJ since the driver was loaded
};

class NvmlCounter final : public EnergyCounter {
 public:
  static std::unique_ptr<EnergyCounter> open(const std::vector<std::string>& bus_ids, const std::string& library) {
    std::unique_ptr<NvmlCounter> counter(new NvmlCounter);
    if (!counter->load(library) || !counter->find_devices(bus_ids)) return nullptr;
    return counter;
  }
  ~NvmlCounter() override {
    if (initialised_) nvml_.shutdown();
    if (library_) dlclose(library_);
  }
  std::string method() const override { return "nvml"; }
  double joules() override {
    for (std::size_t k = 0; k < devices_.size(); ++k) {
      unsigned long long now = 0;
      if (nvml_.energy(devices_[k], &now) != 0) continue;
      if (now > last_[k]) joules_ += 1e-3 * static_cast<double>(now - last_[k]);  // less: the driver was loaded anew
      last_[k] = now;
    }
    return joules_;
  }

 private:
  template <class Function>
  bool find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(library_, name));
    return function != nullptr;
  }
  bool load(const std::string& library) {
    library_ = dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL);
    if (!library_) return false;
    if (!find(nvml_.init, "nvmlInit_v2") || !find(nvml_.shutdown, "nvmlShutdown") ||
        !find(nvml_.count, "nvmlDeviceGetCount_v2") || !find(nvml_.by_index, "nvmlDeviceGetHandleByIndex_v2") ||
        !find(nvml_.by_bus, "nvmlDeviceGetHandleByPciBusId_v2") ||
        !find(nvml_.energy, "nvmlDeviceGetTotalEnergyConsumption"))
      return false;
    initialised_ = nvml_.init() == 0;
    return initialised_;
  }
  bool find_devices(const std::vector<std::string>& bus_ids) {
    Nvml::Device device = nullptr;
    for (const auto& id : bus_ids) {
      if (nvml_.by_bus(id.c_str(), &device) != 0) return false;
      devices_.push_back(device);
    }
    unsigned count = 0;
    if (bus_ids.empty() && nvml_.count(&count) == 0)
      for (unsigned k = 0; k < count; ++k)
        if (nvml_.by_index(k, &device) == 0) devices_.push_back(device);
    last_.resize(devices_.size());
    for (std::size_t k = 0; k < devices_.size(); ++k)
      if (nvml_.energy(devices_[k], &last_[k]) != 0) return false;
    return !devices_.empty();
  }

  Nvml nvml_;
  void* library_ = nullptr;
  bool initialised_ = false;
  std::vector<Nvml::Device> devices_;
  std::vector<unsigned long long> last_;
  double joules_ = 0.0;
};

std::optional<double> read_number(const std::filesystem::path& file) {
  std::ifstream in(file);
  double value = 0.0;
  if (in >> value) return value;
  return std::nullopt;
}

class RaplCounter final : public EnergyCounter {
 public:
  struct Package {
    std::filesystem::path file;
    double wrap, last;  // µJ
  };
  explicit RaplCounter(std::vector<Package> packages) : packages_(std::move(packages)) {}
  std::string method() const override { return "rapl"; }
  double joules() override {
    for (Package& p : packages_) {
      const auto now = read_number(p.file);
      if (!now) continue;
      joules_ += 1e-6 * (*now >= p.last ? *now - p.last : *now + p.wrap - p.last);
      p.last = *now;
    }
    return joules_;
  }

 private:
  std::vector<Package> packages_;
  double joules_ = 0.0;
};

// "intel-rapl:0" is a package; "intel-rapl:0:0" a part of it and "intel-rapl-mmio:0" the same package once more.
bool is_package(const std::string& name) {
  const std::string prefix = "intel-rapl:";
  return name.rfind(prefix, 0) == 0 && name.size() > prefix.size() &&
         std::all_of(name.begin() + prefix.size(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::unique_ptr<EnergyCounter> open_nvml(const std::vector<std::string>& pci_bus_ids, const std::string& library) {
  return NvmlCounter::open(pci_bus_ids, library);
}

std::unique_ptr<EnergyCounter> open_rapl(const std::string& root) {
  std::vector<RaplCounter::Package> packages;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(root, failed), end; !failed && entry != end; entry.increment(failed)) {
    const auto folder = entry->path();
    if (!is_package(folder.filename().string())) continue;
    // "psys" counts the whole platform, packages included.
    std::string zone;
    std::ifstream(folder / "name") >> zone;
    if (zone == "psys") continue;
    const auto energy = read_number(folder / "energy_uj"), wrap = read_number(folder / "max_energy_range_uj");
    if (!energy || !wrap) return nullptr;  // half of the packages would be half of the truth
    packages.push_back({folder / "energy_uj", *wrap, *energy});
  }
  if (packages.empty()) return nullptr;
  return std::make_unique<RaplCounter>(std::move(packages));
}

}  // namespace locum
