// Checkpoints of a reconstruction: what is written, and the way back.
#include <algorithm>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/reconstruction.hpp"

namespace locum::imaging {
namespace {

using Value = Ptychogram::Value;

std::vector<double> flat(const std::vector<Value>& values) {
  std::vector<double> all;
  all.reserve(2 * values.size());
  for (const Value& v : values) all.insert(all.end(), {v.real(), v.imag()});
  return all;
}

std::vector<Value> complex_values(const FieldSet& fields, const std::string& name, std::size_t count) {
  const auto& values = fields.real(name);
  if (values.size() != 2 * count)
    throw ConfigError("a state whose " + name + " has " + std::to_string(values.size()) + " numbers, " +
                          std::to_string(2 * count) + " were expected",
                      "ptychography", "it belongs to another data set");
  std::vector<Value> all(count);
  for (std::size_t k = 0; k < count; ++k)
    all[k] = {static_cast<float>(values[2 * k]), static_cast<float>(values[2 * k + 1])};
  return all;
}

std::vector<Value> values_of(const fft::Waves<float>& waves) {
  const auto host = host_copy(waves);
  std::vector<Value> values(waves.size());
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = {host.data()[k].real(), host.data()[k].imag()};
  return values;
}

void set_values(const fft::Waves<float>& waves, const std::vector<Value>& values) {
  const auto host = Kokkos::create_mirror_view(waves);
  for (std::size_t k = 0; k < values.size(); ++k)
    host.data()[k] = fft::Complex<float>(values[k].real(), values[k].imag());
  Kokkos::deep_copy(waves, host);
}

void add_complex(FieldSet& fields, const std::string& name, const std::vector<Value>& values) {
  fields.add(name, "1", {static_cast<std::int64_t>(values.size()), 2}, flat(values));
}

}  // namespace

FieldSet Reconstruction::shared_state() {
  FieldSet state;
  add_complex(state, "object", fields_.whole_object());
  add_complex(state, "probe", fields_.probe.get());
  const auto add_plane = [&](const std::string& name, const Planes& plane) {
    fields_.over_ranks().gather(plane);
    add_complex(state, name, fields_.values_of(plane));
  };
  add_plane("object_before", before_);
  if (config_.tolerance > 0.0) {
    add_plane("object_snapshot_0", snapshots_[0]);
    add_plane("object_snapshot_1", snapshots_[1]);
  }
  const SharedState of_engine = engine_->shared_state();
  for (const auto& [name, plane] : of_engine.planes) add_plane("engine_" + name, *plane);
  for (const auto& [name, waves] : of_engine.waves) add_complex(state, "engine_" + name, values_of(*waves));
  for (const auto& [name, number] : of_engine.numbers) state.add_scalar("engine_" + name, "1", *number);
  state.add_scalar("momentum_sweeps", "1", std::int64_t{momentum_sweeps_});
  state.add_scalar("last_r", "1", last_r_);
  const auto frames = static_cast<std::int64_t>(fields_.frames());
  std::vector<double> positions, records;
  for (const auto& p : fields_.positions()) positions.insert(positions.end(), {p[0], p[1]});
  for (const SweepRecord& r : history_) records.insert(records.end(), {r.r, r.change, r.change_of_ten});
  state.add("positions", "pixel", {frames, 2}, std::move(positions));
  state.add("history", "1", {static_cast<std::int64_t>(history_.size()), 3}, std::move(records));
  const std::vector<float> steps = fields_.comm().all_gather(std::span<const float>(fields_.poisson_step));
  state.add("poisson_step", "1", {frames}, std::vector<double>(steps.begin(), steps.end()));
  return state;
}

void Reconstruction::restore(const FieldSet& shared, const FieldSet& local) {
  const Ptychogram& input = fields_.input();
  const auto& positions = shared.real("positions");
  const auto& steps = shared.real("poisson_step");
  const auto& records = shared.real("history");
  const auto frames = static_cast<std::size_t>(fields_.frames());
  if (positions.size() != 2 * frames || steps.size() != frames || records.size() % 3 != 0)
    throw ConfigError(
        "a state of " + std::to_string(steps.size()) + " frames, " + std::to_string(frames) + " were expected",
        "ptychography", "it belongs to another data set");
  fields_.probe.set(complex_values(shared, "probe", static_cast<std::size_t>(input.modes) * input.window()));
  for (std::size_t u = 0; u < frames; ++u) fields_.positions()[u] = {positions[2 * u], positions[2 * u + 1]};
  fields_.place_windows();
  fields_.set_object(complex_values(shared, "object", input.object_size()));
  fields_.set_values(before_, complex_values(shared, "object_before", input.object_size()));
  if (config_.tolerance > 0.0 && shared.has("object_snapshot_0"))
    for (std::size_t k = 0; k < snapshots_.size(); ++k)
      fields_.set_values(snapshots_[k],
                         complex_values(shared, "object_snapshot_" + std::to_string(k), input.object_size()));
  momentum_sweeps_ = static_cast<int>(shared.integer_scalar("momentum_sweeps"));
  last_r_ = shared.real_scalar("last_r");
  for (int u = fields_.first(); u < fields_.last(); ++u)
    fields_.poisson_step[static_cast<std::size_t>(u - fields_.first())] =
        static_cast<float>(steps[static_cast<std::size_t>(u)]);
  history_.clear();
  for (std::size_t k = 0; k < records.size(); k += 3)
    history_.push_back({static_cast<int>(k / 3), records[k], records[k + 1], records[k + 2]});
  const SharedState of_engine = engine_->shared_state();
  for (const auto& [name, plane] : of_engine.planes)
    fields_.set_values(*plane, complex_values(shared, "engine_" + name, input.object_size()));
  for (const auto& [name, waves] : of_engine.waves)
    set_values(*waves, complex_values(shared, "engine_" + name, waves->size()));
  for (const auto& [name, number] : of_engine.numbers) *number = shared.real_scalar("engine_" + name);
  engine_->restore(local);
}

}  // namespace locum::imaging
