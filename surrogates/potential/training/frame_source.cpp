#include "surrogates/potential/training/frame_source.hpp"

#include <map>
#include <set>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::potential {

ElementSet element_set(const std::vector<std::int64_t>& atomic_numbers) {
  ElementSet set;
  for (const auto z : atomic_numbers) {
    if (z < 1 || z >= static_cast<std::int64_t>(set.size()))
      throw ConfigError("a labelled frame holds the atomic number " + std::to_string(z), "", "1 … 127 are known");
    set.set(static_cast<std::size_t>(z));
  }
  return set;
}

std::vector<int> elements_of(const FrameSource& frames) {
  ElementSet all;
  for (std::int64_t k = 0; k < frames.size(); ++k)
    if (const FrameFacts facts = frames.facts(k); facts.weight > 0.0) all |= facts.elements;
  std::vector<int> elements;
  for (std::size_t z = 0; z < all.size(); ++z)
    if (all[z]) elements.push_back(static_cast<int>(z));
  return elements;
}

std::string frame_name(std::int64_t k, const std::string& file) {
  return "frame " + std::to_string(k) + (file.empty() ? "" : " of " + file);
}

FramesInMemory::FramesInMemory(const std::vector<FieldSet>& frames, const std::string& name) {
  for (const FieldSet& fields : frames) {
    const auto label =
        std::make_shared<const FrameLabel>(read_label(fields, frame_name(static_cast<std::int64_t>(size()), name)));
    facts_.push_back({label->atoms(), element_set(fields.integer("atomic_number")), label->trajectory,
                      fields.has("source") ? fields.integer_scalar("source") : 0, label->weight});
    labels_.push_back(label);
  }
}

std::shared_ptr<const FrameLabel> FramesInMemory::label(std::int64_t k) const {
  const auto& label = labels_[static_cast<std::size_t>(k)];
  if (!label)
    throw ConfigError(frame_name(k, "") + " was given back", "FramesInMemory", "a source of frames serves one learner");
  return label;
}

void FramesInMemory::keep_only(const std::function<bool(std::int64_t)>& wanted) {
  for (std::int64_t k = 0; k < size(); ++k)
    if (!wanted(k)) labels_[static_cast<std::size_t>(k)].reset();
}

std::shared_ptr<const FrameLabel> FrameSelection::label(std::int64_t k) const {
  const Place& place = at(k);
  auto label = place.part->label(place.index);
  if (label->weight == place.facts.weight) return label;
  auto weighted = std::make_shared<FrameLabel>(*label);
  weighted->weight = place.facts.weight;
  return weighted;
}

void FrameSelection::keep_only(const std::function<bool(std::int64_t)>& wanted) {
  std::map<FrameSource*, std::set<std::int64_t>> kept;
  for (const Place& place : frames_) kept[place.part.get()];
  for (std::int64_t k = 0; k < size(); ++k)
    if (wanted(k)) kept[at(k).part.get()].insert(at(k).index);
  for (auto& [part, indices] : kept) part->keep_only([&](std::int64_t k) { return indices.count(k) != 0; });
}

}  // namespace locum::potential
