#include "surrogates/potential/network_objective.hpp"

#include <algorithm>
#include <cmath>

#include "surrogates/potential/network_kernels.hpp"

namespace locum::potential {
namespace {

using linalg::Matrix;

void gather_inputs(const NetworkFeatures& f, const BatchRows& rows, const BySpecies& x) {
  const int d = f.x.extent_int(1);
  const auto species = f.species, rank = f.rank;
  const auto from = f.x;
  Kokkos::parallel_for(
      "gather_inputs", RangePolicy(0, f.atoms), KOKKOS_LAMBDA(int i) {
        const int z = species(i), r = rows.row(0, z, rank(i));
        for (int k = 0; k < d; ++k) x.at[z](r, k) = from(i, k);
      });
}

struct Weights {
  float energy2, force2, virial2, share;  // squares, and 1 / frames of the batch
};

// From a member's answer to its loss and the loss' derivatives, in place. loss: (members).
void residuals_of_sample(const NetworkSample& s, int members, const BatchRows& rows, const BySpecies& y,
                         const Weights& of_frames, const View<float*>& force, const View<float*>& virial,
                         const BySpecies& y_bar, const View<double*>& loss) {
  const int n = s.features.atoms;
  const auto target = s.force;
  const auto species = s.features.species, rank = s.features.rank;
  const double energy = s.energy;
  double w[6];
  std::copy(s.virial, s.virial + 6, w);
  const double w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3], w4 = w[4], w5 = w[5];
  const float norm = static_cast<float>(s.weight) / (3 * n);
  Weights weight = of_frames;
  weight.energy2 *= s.has_energy ? static_cast<float>(s.energy_weight) : 0.0f;
  weight.force2 *= static_cast<float>(s.force_weight);
  weight.virial2 *= s.has_virial ? static_cast<float>(s.virial_weight) : 0.0f;
  Kokkos::parallel_for(
      "network_residuals", RangePolicy(0, members), KOKKOS_LAMBDA(int c) {
        double sum = 0.0, answer = 0.0;
        for (int i = 0; i < n; ++i) {
          answer += y.at[species(i)](rows.row(c, species(i), rank(i)), 0);
          for (int x = 0; x < 3; ++x) {
            float& f = force(3 * (c * n + i) + x);
            const float off = f - static_cast<float>(target(i, x));
            sum += weight.force2 * off * off;
            f = 2.0f * weight.force2 * norm * weight.share * off;
          }
        }
        const float e = static_cast<float>((answer - energy) / n);
        sum += weight.energy2 * e * e;
        for (int i = 0; i < n; ++i)
          y_bar.at[species(i)](rows.row(c, species(i), rank(i)), 0) =
              2.0f * weight.energy2 * norm * weight.share * e / n;
        const double targets[6] = {w0, w1, w2, w3, w4, w5};
        for (int v = 0; v < 6; ++v) {
          float& value = virial(6 * c + v);
          const float off = static_cast<float>((value - targets[v]) / n);
          sum += weight.virial2 * off * off;
          value = 2.0f * weight.virial2 * norm * weight.share * off / n;
        }
        loss(c) += norm * weight.share * sum;
      });
}

// Member 0 takes the mean over the members.
void average_members(const Matrix<float>& a, int members, int rows) {
  const int d = a.extent_int(1);
  Kokkos::parallel_for(
      "average_members", RangePolicy(0, rows), KOKKOS_LAMBDA(int r) {
        for (int k = 0; k < d; ++k) {
          float sum = 0.0f;
          for (int c = 0; c < members; ++c) sum += a(c * rows + r, k);
          a(r, k) = sum / members;
        }
      });
}

View<float*> zeros(const std::string& label, long size) { return View<float*>(label, size); }

}  // namespace

// Matrices of one batch on this rank.
struct NetworkObjective::Batch {
  Samples samples;
  std::vector<BatchRows> rows;
  int count[largest_species] = {};
  BySpecies x, slope, y, tangent, y_bar;
  std::vector<View<float*>> force, virial;
};

NetworkObjective::NetworkObjective(Context context, nn::CommitteeShape shape, int species, const TrainingConfig& config)
    : context_(std::move(context)),
      species_(species),
      energy_weight_(config.energy_weight),
      force_weight_(config.force_weight),
      virial_weight_(config.virial_weight),
      committee_(species, nn::Committee<float>(shape)),
      cache_(species) {}

std::size_t NetworkObjective::parameters() const {
  const nn::CommitteeShape& s = committee_[0].shape();
  return static_cast<std::size_t>(species_) * s.members * s.size();
}

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
  const std::size_t stretch = parameters.size() / species_;
  for (int z = 0; z < species_; ++z) {
    const auto part = parameters.subspan(z * stretch, stretch);
    committee_[z].set_parameters(std::vector<double>(part.begin(), part.end()));
  }
}

NetworkObjective::Batch NetworkObjective::forward(const Samples& samples) {
  const nn::CommitteeShape& shape = committee_[0].shape();
  const int C = shape.members, d = shape.inputs;
  Batch b;
  for (const auto& s : samples) {
    if (!s) continue;
    BatchRows rows;
    for (int z = 0; z < species_; ++z) {
      rows.base[z] = b.count[z];
      b.count[z] += s->features.species_count[z];
    }
    b.samples.push_back(s);
    b.rows.push_back(rows);
  }
  for (auto& rows : b.rows) std::copy(b.count, b.count + species_, rows.rows);
  for (int z = 0; z < species_; ++z) b.x.at[z] = Matrix<float>(uninitialized("batch_x"), b.count[z], d);
  for (std::size_t k = 0; k < b.samples.size(); ++k) gather_inputs(b.samples[k]->features, b.rows[k], b.x);
  for (int z = 0; z < species_; ++z) {
    committee_[z].forward(b.x.at[z], b.count[z], cache_[z]);
    b.slope.at[z] = cache_[z].slope;
    b.y.at[z] = cache_[z].y;
    b.tangent.at[z] = Matrix<float>(uninitialized("tangent"), C * b.count[z], d);
    b.y_bar.at[z] = Matrix<float>(uninitialized("y_bar"), C * b.count[z], 1);
  }
  return b;
}

namespace {

void pair_forces(const NetworkFeatures& f, const BatchRows& rows, const BySpecies& slope, int members,
                 const View<float*>& force, const View<float*>& virial) {
  const PairForces kernel{members,    f.x.extent_int(1), f.atoms, f.pair_start, f.pair_owner, f.species, f.rank,
                          f.jacobian, f.pair_vector,     rows,    slope,        force,        virial};
  Kokkos::parallel_for("pair_forces", RangePolicy(0, f.atoms), kernel);
}

}  // namespace

double NetworkObjective::gradient(std::span<const double> parameters, std::span<const int> batch,
                                  std::span<double> gradient) {
  load(parameters);
  const int C = committee_[0].shape().members, d = committee_[0].shape().inputs;
  Samples samples;
  for (const int k : batch) samples.push_back(training_[k]());
  Batch b = forward(samples);
  const Weights weight{static_cast<float>(energy_weight_ * energy_weight_),
                       static_cast<float>(force_weight_ * force_weight_),
                       static_cast<float>(virial_weight_ * virial_weight_), 1.0f / batch.size()};
  View<double*> loss("loss", C);
  for (std::size_t k = 0; k < b.samples.size(); ++k) {
    const NetworkSample& s = *b.samples[k];
    const NetworkFeatures& f = s.features;
    const auto force = zeros("network_force", 3L * C * f.atoms), virial = zeros("network_virial", 6L * C);
    pair_forces(f, b.rows[k], b.slope, C, force, virial);
    residuals_of_sample(s, C, b.rows[k], b.y, weight, force, virial, b.y_bar, loss);
    const PairTangents kernel{C,
                              d,
                              f.atoms,
                              f.pair_start,
                              f.pair_owner,
                              f.species,
                              f.rank,
                              f.jacobian,
                              f.pair_vector,
                              b.rows[k],
                              force,
                              virial,
                              View<float*>(uninitialized("pair_bar"), 3L * f.padded_pairs),
                              b.tangent};
    Kokkos::parallel_for("pair_tangents", RangePolicy(0, f.atoms), kernel);
  }
  const std::size_t stretch = parameters.size() / species_;
  std::fill(gradient.begin(), gradient.end(), 0.0);
  for (int z = 0; z < species_; ++z) {
    if (b.count[z] == 0) continue;
    View<float*> g("network_gradient", stretch);
    committee_[z].backward(cache_[z], b.tangent.at[z], b.y_bar.at[z], g);
    const auto host = host_copy(g);
    for (std::size_t k = 0; k < stretch; ++k) gradient[z * stretch + k] = host(k);
  }
  context_.comm.sum(gradient);
  const auto loss_host = host_copy(loss);
  double sum = 0.0;
  for (int c = 0; c < C; ++c) sum += loss_host(c) / C;
  return context_.comm.sum(sum);
}

std::map<std::string, double> NetworkObjective::validate(std::span<const double> parameters) {
  load(parameters);
  const int C = committee_[0].shape().members;
  double sums[6] = {};  // loss, squares of forces, their number, squares of energies, their number, frames
  for (const auto& source : validation_) {
    const auto sample = source();
    if (!sample) continue;
    Batch b = forward({sample});
    const NetworkFeatures& f = sample->features;
    for (int z = 0; z < species_; ++z) {
      average_members(b.slope.at[z], C, b.count[z]);
      average_members(b.y.at[z], C, b.count[z]);
    }
    const auto force = zeros("network_force", 3L * f.atoms), virial = zeros("network_virial", 6);
    pair_forces(f, b.rows[0], b.slope, 1, force, virial);
    const auto force_host = host_copy(force), virial_host = host_copy(virial);
    const auto target = host_copy(sample->force);
    double squares = 0.0, answer = 0.0, virials = 0.0;
    for (int i = 0; i < f.atoms; ++i)
      for (int x = 0; x < 3; ++x) squares += std::pow(force_host(3 * i + x) - target(i, x), 2);
    for (int z = 0; z < species_; ++z) {
      const auto y = host_copy(b.y.at[z]);
      for (int r = 0; r < b.count[z]; ++r) answer += y(r, 0);
    }
    for (int v = 0; v < 6; ++v) virials += std::pow((virial_host(v) - sample->virial[v]) / f.atoms, 2);
    const double e = sample->has_energy ? std::pow((answer - sample->energy) / f.atoms, 2) : 0.0;
    if (!sample->has_virial) virials = 0.0;
    sums[0] += sample->weight *
               (sample->force_weight * force_weight_ * force_weight_ * squares +
                sample->energy_weight * energy_weight_ * energy_weight_ * e +
                sample->virial_weight * virial_weight_ * virial_weight_ * virials) /
               (3.0 * f.atoms);
    sums[1] += squares;
    sums[2] += 3.0 * f.atoms;
    sums[3] += e;
    sums[4] += sample->has_energy;
    sums[5] += 1.0;
  }
  context_.comm.sum(std::span<double>(sums));
  return {{"validation/loss", sums[0] / std::max(sums[5], 1.0)},
          {"validation/force_rmse_eV_per_A", std::sqrt(sums[1] / std::max(sums[2], 1.0))},
          {"validation/energy_rmse_meV_per_atom", 1e3 * std::sqrt(sums[3] / std::max(sums[4], 1.0))}};
}

}  // namespace locum::potential
