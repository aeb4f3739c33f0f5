// The networks that answer for ptychography as a file keeps them: what they are made of, and their parameters.
//
// Group "architecture": every key of ObjectNetworkConfig. Group "network.stageS.memberM": `parameters`, one flat vector
// as nn::ImageNetwork::layout() has it. The attributes say what kind of model it is, and where it comes from.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "kokkos_kernels/base/field_tree.hpp"
#include "surrogates/imaging/object_cascade.hpp"

namespace locum::imaging {

inline constexpr char object_model_kind[] = "object network";  // attribute "kind"

// "network.stageS.memberM".
std::string member_group(int stage, int member);

// provenance: words of the caller's (data, seed, time, git), kept as attributes. The caller may add groups of its own,
// such as the range of experiments that the model knows; reading leaves them alone.
FieldTree object_model_record(const ObjectCascade& cascade, const std::map<std::string, std::string>& provenance = {});

// The configuration alone. Throws ConfigError for another kind of model, a later version, or numbers out of range.
ObjectNetworkConfig object_network_config(const FieldTree& record);

// The networks, ready to answer. Besides the above, throws ConfigError when parameters are missing, are not as many as
// the configuration says, or are not finite.
std::shared_ptr<ObjectCascade> cascade_from_record(const ExecutionSpace& space, const FieldTree& record);

}  // namespace locum::imaging
