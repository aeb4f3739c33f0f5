#include "surrogates/potential/training/network_objective.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/linalg/recording.hpp"
#include "surrogates/potential/training/network_residuals.hpp"

namespace locum::potential {
namespace {

using linalg::Matrix;

// Member 0 takes the mean over the members.
void average_members(const ExecutionSpace& space, const Matrix<float>& a, int members, int rows) {
  const int d = a.extent_int(1);
  Kokkos::parallel_for(
      "average_members", RangePolicy(space, 0, rows * d), KOKKOS_LAMBDA(int item) {
        const int r = item / d, k = item % d;
        float sum = 0.0f;
        for (int c = 0; c < members; ++c) sum += a(c * rows + r, k);
        a(r, k) = sum / members;
      });
}

void fit(View<float*>& view, const char* label, long size) {
  if (static_cast<long>(view.extent(0)) < size) view = View<float*>(uninitialized(label), size);
}
void fit(Matrix<float>& matrix, const char* label, int rows, int columns) {
  if (matrix.extent_int(0) < rows || matrix.extent_int(1) != columns)
    matrix = Matrix<float>(uninitialized(label), rows, columns);
}

void launch_pair_forces(const ExecutionSpace& space, const BatchView& b) {
  Kokkos::parallel_for("pair_forces", RangePolicy(space, 0, b.pairs / pair_width), PairForces{b});
  Kokkos::parallel_for("atom_forces", RangePolicy(space, 0, b.members * b.atoms), AtomForces{b});
}

template <class Kernel>
void launch_teams(const char* label, const ExecutionSpace& space, int league, int vector, const Kernel& kernel) {
  if (league == 0) return;
  Kokkos::parallel_for(label, TeamPolicy(space, league, Kokkos::AUTO, device_is_host ? 1 : vector), kernel);
}

}  // namespace

// Arrays of one batch on this rank, kept from batch to batch.
struct NetworkObjective::Workspace {
  NetworkBatch batch;
  BatchCapacity fitted;
  BatchView view;
  BySpecies x;
  View<double*> sums;  // of the residuals, or the errors of frames
  HostView<double*> sums_host;
  std::vector<nn::Committee<float>::Cache> cache;
  linalg::Recording recording;  // of a training step

  // Returns true when arrays or launches are no longer those of the last batch.
  bool fit_to_batch(int species, int members, int inputs);
};

bool NetworkObjective::Workspace::fit_to_batch(int species, int members, int inputs) {
  const BatchCapacity& c = batch.capacity();
  cache.resize(species);
  view.slots = batch.device_slots();
  view.totals = batch.device_totals();
  if (c == fitted) return false;
  fitted = c;
  view.members = members;
  view.inputs = inputs;
  view.atoms = c.atoms;
  view.pairs = c.pairs;
  view.n_slots = c.slots;
  fit(view.pair_force, "pair_force", 3L * members * c.pairs);
  fit(view.force, "network_force", 3L * members * c.atoms);
  fit(view.atom_virial, "atom_virial", 6L * members * c.atoms);
  fit(view.virial, "network_virial", 6L * members * c.slots);
  const std::size_t sums_size = static_cast<std::size_t>(c.slots) * std::max(members, FrameErrors::numbers);
  if (sums.extent(0) < sums_size) {
    sums = View<double*>(uninitialized("batch_sums"), sums_size);
    sums_host = Kokkos::create_mirror_view(sums);
  }
  for (int z = 0; z < species; ++z) {
    view.rows[z] = c.rows[z];
    fit(x.at[z], "batch_x", c.rows[z], inputs);
    fit(view.tangent.at[z], "tangent", members * c.rows[z], inputs);
    fit(view.y_bar.at[z], "y_bar", members * c.rows[z], 1);
    if constexpr (!device_is_host) Kokkos::deep_copy(x.at[z], 0.0f);  // rows that no batch has filled yet are read
  }
  return true;
}

NetworkObjective::NetworkObjective(Context context, nn::CommitteeShape shape, int species, const TrainingConfig& config)
    : context_(std::move(context)),
      ranks_(context_.comm),
      species_(species),
      at_once_(config.batch_frames),
      weights_{config.energy_weight, config.force_weight, config.virial_weight},
      committee_(species, nn::Committee<float>(shape, context_.space)),
      parameters_(uninitialized("network_parameters"),
                  static_cast<std::size_t>(species) * shape.members * shape.size()),
      gradient_(uninitialized("network_gradient"), parameters_.extent(0)),
      staging_(parameters_.extent(0)),
      training_work_(std::make_unique<Workspace>()),
      validation_work_(std::make_unique<Workspace>()) {
  const std::size_t stretch = parameters_.extent(0) / species;
  for (int z = 0; z < species_; ++z) {
    committee_[z].set_precision(linalg::precision_of(config.precision));
    committee_[z].share_parameters(Kokkos::subview(parameters_, std::make_pair(z * stretch, (z + 1) * stretch)));
  }
}
NetworkObjective::~NetworkObjective() = default;
NetworkObjective::NetworkObjective(NetworkObjective&&) noexcept = default;

std::size_t NetworkObjective::parameters() const { return parameters_.extent(0); }

train::ParameterLayout NetworkObjective::layout() const {
  const nn::CommitteeShape& s = committee_[0].shape();
  const nn::Offsets at = nn::offsets(s);
  train::ParameterLayout layout;
  for (int m = 0; m < species_ * s.members; ++m) {
    const std::size_t first = static_cast<std::size_t>(m) * s.size();
    layout.parts.push_back(first);
    layout.matrices.push_back({first + at.w1, s.inputs, s.hidden});
    layout.matrices.push_back({first + at.w2, s.hidden, s.hidden});
  }
  return layout;
}

void NetworkObjective::load(std::span<const double> parameters) {
  std::copy(parameters.begin(), parameters.end(), staging_.begin());
  using Host = Kokkos::View<const float*, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>;
  Kokkos::deep_copy(context_.space, parameters_, Host(staging_.data(), staging_.size()));
}

// The table of the batch on the device, and arrays for it. False when this rank holds none of its frames.
bool NetworkObjective::prepare(Workspace& w, const Samples& samples, int frames, double loss_scale) {
  const nn::CommitteeShape& shape = committee_[0].shape();
  w.batch.set(samples, species_, frames, weights_);
  w.batch.set_loss_scale(loss_scale);
  if (w.batch.totals().slots == 0) return false;
  w.batch.upload(context_.space);
  if (w.fit_to_batch(species_, shape.members, shape.inputs)) w.recording.reset();
  return true;
}

// The committee's answer; forces are left to the caller.
void NetworkObjective::forward(Workspace& w) {
  const ExecutionSpace& space = context_.space;
  const int items = device_is_host ? 1 : w.view.inputs;
  Kokkos::parallel_for("gather_inputs", RangePolicy(space, 0, w.view.atoms * items), GatherInputs{w.view, w.x});
  for (int z = 0; z < species_; ++z) {
    committee_[z].forward(w.x.at[z], w.view.rows[z], w.cache[z]);
    w.view.slope.at[z] = w.cache[z].slope;
    w.view.y.at[z] = w.cache[z].y;
  }
}

// From parameters on the device to gradient and losses there. On a GPU all of it is one recording.
void NetworkObjective::step() {
  Workspace& w = *training_work_;
  const ExecutionSpace& space = context_.space;
  const BatchView& b = w.view;
  forward(w);
  launch_pair_forces(space, b);
  if constexpr (!device_is_host) {
    // Rows between what the batch fills and what the products read: zero tangents and ȳ have no gradient.
    for (int z = 0; z < species_; ++z) {
      if (b.rows[z] == 0) continue;  // copies of nothing may not be recorded
      Kokkos::deep_copy(space, b.tangent.at[z], 0.0f);
      Kokkos::deep_copy(space, b.y_bar.at[z], 0.0f);
    }
  }
  launch_teams("network_residuals", space, b.members * b.n_slots, 1, Residuals{b, w.sums});
  Kokkos::parallel_for("pair_tensions", RangePolicy(space, 0, b.members * (b.pairs / pair_width)), PairTensions{b});
  launch_teams("pair_tangents", space, b.atoms, 32, PairTangents{b});
  Kokkos::deep_copy(space, gradient_, 0.0f);
  const std::size_t stretch = parameters_.extent(0) / species_;
  for (int z = 0; z < species_; ++z)
    if (b.rows[z] > 0)
      committee_[z].backward(w.cache[z], b.tangent.at[z], b.y_bar.at[z],
                             Kokkos::subview(gradient_, std::make_pair(z * stretch, (z + 1) * stretch)));
}

double NetworkObjective::gradient(std::span<const double> parameters, std::span<const int> batch,
                                  std::span<double> gradient) {
  Workspace& w = *training_work_;
  const ExecutionSpace& space = context_.space;
  const int C = committee_[0].shape().members;
  Samples samples;
  for (const int k : batch) samples.push_back(training_[k]());
  load(parameters);
  double loss = 0.0;
  if (prepare(w, samples, static_cast<int>(batch.size()), loss_scale_)) {
    w.recording.run(space, [this] { step(); });
    Kokkos::deep_copy(space, w.sums_host, w.sums);
    space.fence();
    for (int k = 0; k < C * w.view.n_slots; ++k) loss += w.sums_host(k) / C;
  } else {
    Kokkos::deep_copy(space, gradient_, 0.0f);
  }
  ranks_.sum(space, gradient_);
  using Host = Kokkos::View<float*, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>;
  Kokkos::deep_copy(space, Host(staging_.data(), staging_.size()), gradient_);
  space.fence();
  for (std::size_t k = 0; k < gradient.size(); ++k) gradient[k] = staging_[k] / loss_scale_;
  return context_.comm.sum(loss);
}

std::map<std::string, double> NetworkObjective::validate(std::span<const double> parameters) {
  load(parameters);
  Workspace& w = *validation_work_;
  const ExecutionSpace& space = context_.space;
  const int C = committee_[0].shape().members, frames = static_cast<int>(validation_.size());
  double sums[6] = {};  // loss, squares of forces, their number, squares of energies, their number, frames
  for (int first = 0; first < frames; first += at_once_) {
    Samples samples;
    for (int k = first; k < std::min(first + at_once_, frames); ++k) samples.push_back(validation_[k]());
    if (!prepare(w, samples, 1, 1.0)) continue;
    forward(w);
    for (int z = 0; z < species_; ++z) {
      average_members(space, w.view.slope.at[z], C, w.view.rows[z]);
      average_members(space, w.view.y.at[z], C, w.view.rows[z]);
    }
    BatchView mean = w.view;
    mean.members = 1;
    launch_pair_forces(space, mean);
    launch_teams("frame_errors", space, mean.n_slots, 1, FrameErrors{mean, w.sums});
    Kokkos::deep_copy(space, w.sums_host, w.sums);
    const auto& errors = w.sums_host;
    space.fence();
    for (std::size_t k = 0; k < w.batch.slots().size(); ++k) {
      const BatchSlot& s = w.batch.slots()[k];
      sums[0] += errors(FrameErrors::numbers * k);
      sums[1] += errors(FrameErrors::numbers * k + 1);
      sums[2] += 3.0 * s.atoms;
      if (s.has_energy) sums[3] += errors(FrameErrors::numbers * k + 2);
      sums[4] += s.has_energy;
      sums[5] += 1.0;
    }
  }
  context_.comm.sum(std::span<double>(sums));
  return {{"validation/loss", sums[0] / std::max(sums[5], 1.0)},
          {"validation/force_rmse_eV_per_A", std::sqrt(sums[1] / std::max(sums[2], 1.0))},
          {"validation/energy_rmse_meV_per_atom", 1e3 * std::sqrt(sums[3] / std::max(sums[4], 1.0))}};
}

}  // namespace locum::potential
