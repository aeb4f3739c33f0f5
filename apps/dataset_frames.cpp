#include "apps/dataset_frames.hpp"

#include <algorithm>

#include "io/atoms/xyz.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/together.hpp"

namespace locum::apps {
namespace {

// All that read_label() looks at.
const std::vector<std::string> label_fields = {"cell",
                                               "position",
                                               "atomic_number",
                                               "force",
                                               "energy",
                                               "has_energy",
                                               "virial",
                                               "trajectory",
                                               "weight",
                                               "config_weight",
                                               "energy_weight",
                                               "force_weight",
                                               "virial_weight",
                                               "config_energy_weight",
                                               "config_forces_weight",
                                               "config_virials_weight",
                                               "config_stress_weight"};
constexpr std::int64_t frames_at_once = 1024;

}  // namespace

DatasetFrames::DatasetFrames(const Communicator& comm, const std::string& path) : dataset_(comm, path), path_(path) {
  for (const char* needed : {"cell", "position", "atomic_number", "force"})
    if (dataset_.size() > 0 && dataset_.layout().count(needed) == 0)
      throw ConfigError(potential::frame_name(0, "") + " has no " + needed, path,
                        "training needs a periodic cell and forces; energies and virials may be missing");
  together(comm, [this] { read_facts(); });
}

void DatasetFrames::read_facts() {
  const std::vector<std::string> names = {"atomic_number", "trajectory",    "role",
                                          "weight",        "config_weight", "config_type"};
  for (std::int64_t first = 0; first < size(); first += frames_at_once)
    for (const FieldSet& fields : dataset_.samples(first, std::min(size(), first + frames_at_once), names)) {
      const auto& numbers = fields.integer("atomic_number");
      potential::FrameFacts facts;
      facts.atoms = static_cast<int>(numbers.size());
      facts.elements = potential::element_set(numbers);
      if (fields.has("trajectory")) facts.trajectory = fields.integer_scalar("trajectory");
      facts.weight =
          potential::frame_weight(fields, potential::frame_name(static_cast<std::int64_t>(facts_.size()), path_));
      facts_.push_back(facts);
      config_type_.push_back(io::config_type(fields));
      for_test_.push_back(fields.has("role") && fields.integer_scalar("role") == 1);
    }
}

std::shared_ptr<const potential::FrameLabel> DatasetFrames::label(std::int64_t k) const {
  const std::vector<FieldSet> fields = dataset_.samples(k, k + 1, label_fields);
  return std::make_shared<const potential::FrameLabel>(
      potential::read_label(fields.front(), potential::frame_name(k, path_)));
}

}  // namespace locum::apps
