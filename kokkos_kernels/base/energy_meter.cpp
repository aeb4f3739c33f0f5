#include "kokkos_kernels/base/energy_meter.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/kokkos.hpp"
#include "kokkos_kernels/base/memory.hpp"

namespace locum {
namespace {

Communicator node_of(const Communicator& comm) {
  // Ranks of one node get the same colour: the lowest world rank among them.
  MPI_Comm node;
  MPI_Comm_split_type(comm.get(), MPI_COMM_TYPE_SHARED, comm.rank(), MPI_INFO_NULL, &node);
  int lowest = comm.rank();
  MPI_Allreduce(MPI_IN_PLACE, &lowest, 1, MPI_INT, MPI_MIN, node);
  MPI_Comm_free(&node);
  return comm.split(lowest, comm.rank());
}

// The GPUs of this node's ranks, each once.
std::vector<std::string> gpus_of(const Communicator& node) {
  std::string id = device_bus_id();
  id.resize(32);
  const auto all = node.all_gather(std::span<const char>(id.data(), id.size()));
  std::vector<std::string> ids;
  for (std::size_t k = 0; k < all.size(); k += 32) {
    const std::string other(all.data() + k);
    if (!other.empty() && std::find(ids.begin(), ids.end(), other) == ids.end()) ids.push_back(other);
  }
  return ids;
}

}  // namespace

void EnergyConfig::visit(ConfigVisitor& v) {
  v.value({"method", "", "how energy is measured", {}, {"auto", "nvml", "rapl", "estimate", "none"}}, method);
  v.value({"watts_per_core", "W", "power of a busy core, for the estimate; 0: no estimate", {0.0, 1000.0}},
          watts_per_core);
}

void EnergyConfig::validate() const {
  const std::vector<std::string> known = {"auto", "nvml", "rapl", "estimate", "none"};
  if (std::find(known.begin(), known.end(), method) == known.end())
    throw ConfigError("method = \"" + method + "\" is not known", "energy", "one of auto, nvml, rapl, estimate, none");
  if (!(watts_per_core >= 0.0 && watts_per_core <= 1000.0))
    throw ConfigError("watts_per_core = " + std::to_string(watts_per_core) + " lies outside 0 … 1000", "energy");
}

EnergyMeter::EnergyMeter(EnergyConfig config, Communicator comm, std::string powercap_root)
    : config_(std::move(config)), comm_(std::move(comm)), method_("none") {
  config_.validate();
  const Communicator node = node_of(comm_);
  const bool any_method = config_.method == "auto";
  // A GPU that this build cannot use is somebody else's: its energy is not this run's, unless the user says so.
  const std::vector<std::string> gpus = gpus_of(node);
  const auto try_counter = [&](const std::string& method, auto&& open) {
    if (counter_ || method_ != "none") return;
    if (node.is_root()) counter_ = open();
    const bool everywhere = !comm_.any(node.is_root() && !counter_);
    if (everywhere) method_ = method;
    if (!everywhere) counter_.reset();
  };
  if (config_.method == "nvml" || (any_method && !device_is_host)) try_counter("nvml", [&] { return open_nvml(gpus); });
  if (config_.method == "rapl" || (any_method && device_is_host))
    try_counter("rapl", [&] { return open_rapl(powercap_root); });
  if (method_ == "none" && (any_method || config_.method == "estimate") && config_.watts_per_core > 0.0)
    method_ = "estimate";
  start_processor_ = processor_seconds();
}

double EnergyMeter::processor_seconds() const {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * t.tv_usec; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void EnergyMeter::update() {
  if (counter_) counter_->joules();
}

EnergyReading EnergyMeter::reading() {
  double joules = comm_.is_root() ? before_ : 0.0;
  if (counter_) joules += counter_->joules();
  if (method_ == "estimate") joules += (processor_seconds() - start_processor_) * config_.watts_per_core;
  return {method_, comm_.sum(joules)};
}

FieldSet EnergyMeter::state() {
  FieldSet fields;
  fields.add_scalar("energy_joules", "J", reading().joules);
  return fields;
}

void EnergyMeter::restore(const FieldSet& state) { before_ = state.real_scalar("energy_joules"); }

}  // namespace locum
