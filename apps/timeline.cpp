#include "apps/timeline.hpp"

namespace locum::apps {

FieldSet Timeline::state() const {
  const auto n = static_cast<std::int64_t>(entries_.size());
  std::vector<double> time, temperature, energy, uncertainty, error;
  std::vector<std::int64_t> player, audited, learned;
  for (const auto& entry : entries_) {
    time.push_back(entry.time);
    temperature.push_back(entry.temperature);
    energy.push_back(entry.potential_energy);
    uncertainty.push_back(entry.uncertainty);
    error.push_back(entry.error);
    player.push_back(static_cast<std::int64_t>(entry.player));
    audited.push_back(entry.audited);
    learned.push_back(entry.learned);
  }
  FieldSet fields;
  fields.add("time", "fs", {n}, std::move(time));
  fields.add("temperature", "K", {n}, std::move(temperature));
  fields.add("potential_energy", "eV", {n}, std::move(energy));
  fields.add("uncertainty", "eV/Angstrom", {n}, std::move(uncertainty));
  fields.add("error", "eV/Angstrom", {n}, std::move(error));
  fields.add("player", "1", {n}, std::move(player));
  fields.add("audited", "1", {n}, std::move(audited));
  fields.add("learned", "1", {n}, std::move(learned));
  return fields;
}

void Timeline::restore(const FieldSet& state) {
  entries_.resize(state.real("time").size());
  for (std::size_t k = 0; k < entries_.size(); ++k)
    entries_[k] = {state.real("time")[k],
                   state.real("temperature")[k],
                   state.real("potential_energy")[k],
                   state.real("uncertainty")[k],
                   state.real("error")[k],
                   static_cast<Player>(state.integer("player")[k]),
                   state.integer("audited")[k] != 0,
                   state.integer("learned")[k] != 0};
}

}  // namespace locum::apps
