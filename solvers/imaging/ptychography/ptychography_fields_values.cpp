// Objects to and from the host, sums over the ranks, the light that falls on them, and what frames say of them.
#include <cmath>
#include <numeric>

#include "solvers/imaging/ptychography/frames/frame_batches.hpp"
#include "solvers/imaging/ptychography/ptychography_fields.hpp"

namespace locum::imaging {

void PtychographyFields::reset_poisson_steps() {
  poisson_step.assign(static_cast<std::size_t>(last() - first()), 0.5f);
}

void PtychographyFields::set_values(const Planes& array, const std::vector<Value>& values) const {
  const auto host = Kokkos::create_mirror_view(array.values);
  Kokkos::deep_copy(host, array.values);
  const std::ptrdiff_t front = array.at(0) - array.values.data();
  for (int x = 0; x < input_.object_nx; ++x)
    for (int y = 0; y < input_.object_ny; ++y) {
      const Value v = values[static_cast<std::size_t>(x) * input_.object_ny + y];
      float* at = host.data() + front + static_cast<std::ptrdiff_t>(x) * array.stride + y;
      at[0] = v.real();
      at[array.plane()] = v.imag();
    }
  Kokkos::deep_copy(array.values, host);
}

std::vector<PtychographyFields::Value> PtychographyFields::values_of(const Planes& array) const {
  const auto host = host_copy(array.values);
  const std::ptrdiff_t front = array.at(0) - array.values.data();
  std::vector<Value> values(input_.object_size());
  for (int x = 0; x < input_.object_nx; ++x)
    for (int y = 0; y < input_.object_ny; ++y) {
      const float* at = host.data() + front + static_cast<std::ptrdiff_t>(x) * array.stride + y;
      values[static_cast<std::size_t>(x) * input_.object_ny + y] = {at[0], at[array.plane()]};
    }
  return values;
}

std::vector<PtychographyFields::Value> PtychographyFields::whole_object() {
  over_ranks_.gather(object_plane);
  return values_of(object_plane);
}

void PtychographyFields::sum_over_ranks(const fft::Waves<float>& values) {
  sum_over_ranks(View<float*>(reinterpret_cast<float*>(values.data()), 2 * values.size()));
}

void PtychographyFields::sum_over_ranks(const View<float*>& values) {
  if (comm().size() == 1) return;
  if (device_is_host) {
    comm().sum(std::span<float>(values.data(), values.size()));
    return;
  }
  if (summed_.size() < values.size()) summed_ = Kokkos::create_mirror_view(values);
  const auto host = Kokkos::subview(summed_, std::make_pair(std::size_t{0}, values.size()));
  Kokkos::deep_copy(space_, host, values);
  space_.fence();
  comm().sum(std::span<float>(host.data(), host.size()));
  Kokkos::deep_copy(space_, values, host);
}

const Planes& PtychographyFields::light() {
  if (light_known_) return light_;
  Kokkos::deep_copy(space_, light_.values, 0.0f);
  for (const auto& places : compact_batches(first(), last(), own_batch_)) {
    const Held held = hold(places);
    gather_light(space_, layout(), modes(), held.batch, held.windows, probe.moved(), light_, true);
  }
  std::vector<int> all(static_cast<std::size_t>(frames()));
  std::iota(all.begin(), all.end(), 0);
  over_ranks_.sum(touched(all), light_);
  // The real part alone is filled, so the largest square is the largest light's.
  largest_light_ = comm().max(std::sqrt(largest_square(space_, light_, region())));
  light_known_ = true;
  share_light();
  return light_;
}

// Of one rank it is the light itself; else pixels are dealt to the lowest rank that works on them.
void PtychographyFields::share_light() {
  if (comm().size() == 1) {
    own_light_ = light_;
    return;
  }
  std::vector<Value> light = values_of(light_);
  for (int x = 0; x < input_.object_nx; ++x)
    for (int y = 0; y < input_.object_ny; ++y)
      if (over_ranks_.owner(x, y) != comm().rank()) light[static_cast<std::size_t>(x) * input_.object_ny + y] = 0.0f;
  own_light_ = Planes("ptychography::own_light", 1, input_.object_nx, input_.object_ny);
  set_values(own_light_, light);
}

const Planes& PtychographyFields::own_light() {
  light();
  return own_light_;
}

float PtychographyFields::largest_light() {
  light();
  return largest_light_;
}

std::vector<FourierError> all_errors(PtychographyFields& fields) {
  std::vector<FourierError> own;
  for (const auto& places : compact_batches(fields.first(), fields.last(), fields.own_batch())) {
    const std::vector<FourierError> some = fields.errors_of(fields.hold(places));
    own.insert(own.end(), some.begin(), some.end());
  }
  return on_all_ranks(fields.comm(), own);
}

std::vector<FourierError> on_all_ranks(const Communicator& comm, const std::vector<FourierError>& own) {
  std::vector<double> numbers;
  for (const FourierError& e : own)
    numbers.insert(numbers.end(), {e.off, e.noise, e.counts, e.amplitude, e.amplitudes, e.shift_x, e.shift_y});
  const std::vector<double> all = comm.all_gather(std::span<const double>(numbers));
  std::vector<FourierError> errors;
  for (std::size_t k = 0; k + 6 < all.size(); k += 7)
    errors.push_back({all[k], all[k + 1], all[k + 2], all[k + 3], all[k + 4], all[k + 5], all[k + 6]});
  return errors;
}

}  // namespace locum::imaging
