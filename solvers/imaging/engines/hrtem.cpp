#include "solvers/imaging/engines/hrtem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/potential/slices.hpp"

namespace locum::imaging {
namespace {

std::vector<int> edges_nearest(const std::vector<double>& edges, const std::vector<double>& depths) {
  std::vector<int> chosen = {static_cast<int>(edges.size()) - 1};
  for (const double depth : depths) {
    if (!(depth >= edges.front() && depth <= edges.back() * (1.0 + 1e-9)))
      throw ConfigError(fmt::format("a wave was asked for at a depth of {} Å, {} … {} Å were expected", depth,
                                    edges.front(), edges.back()),
                        "hrtem.depths");
    const auto above = std::lower_bound(edges.begin(), edges.end(), depth);
    const bool below_is_nearer =
        above == edges.end() || (above != edges.begin() && depth - *(above - 1) < *above - depth);
    chosen.push_back(static_cast<int>((below_is_nearer ? above - 1 : above) - edges.begin()));
  }
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

template <class T>
fft::Waves<T> waves_of(const std::string& label, std::size_t count, const Grid& grid) {
  return fft::Waves<T>(label, count, static_cast<std::size_t>(grid.nx), static_cast<std::size_t>(grid.ny));
}

template <class T>
void scale(const ExecutionSpace& space, const fft::Waves<T>& waves, double factor) {
  const T f = static_cast<T>(factor);
  fft::Complex<T>* const data = waves.data();
  Kokkos::parallel_for(
      "imaging_hrtem_scale",
      Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<std::int64_t>>(space, 0,
                                                                           static_cast<std::int64_t>(waves.size())),
      KOKKOS_LAMBDA(std::int64_t k) { data[k] *= f; });
}

// One term with the envelope of the whole spread, or one for each point of its quadrature.
std::vector<std::pair<Damping, double>> focal_terms(const HrtemSetup& setup) {
  const double spread = focal_spread(setup.coherence, setup.energy);
  if (setup.objective.coherence == "envelope") return {{{spread, setup.coherence.illumination, 0.0}, 1.0}};
  std::vector<std::pair<Damping, double>> terms;
  for (const FocalPoint& point : focal_quadrature(spread, setup.coherence.focal_points))
    terms.push_back({{0.0, setup.coherence.illumination, point.focus}, point.weight});
  return terms;
}

}  // namespace

template <class T>
HrtemEngine<T>::HrtemEngine(const Context& context, const HrtemSetup& setup, const Configurations& configurations)
    : context_(context),
      slices_before_(edges_nearest(setup.edges, setup.depths)),
      multislice_(context.space, setup.grid, setup.energy, slice_thicknesses(setup.edges), setup.tilt, 1),
      store_(context, setup.grid, setup.energy, setup.potential, setup.edges, FunctionLayout<T>::tiles(setup.grid),
             configurations, setup.memory),
      incident_(waves_of<T>("imaging::hrtem::incident", 1, setup.grid)),
      spectra_(waves_of<T>("imaging::hrtem::spectra", slices_before_.size(), setup.grid)),
      waves_(waves_of<T>("imaging::hrtem::waves", slices_before_.size(), setup.grid)),
      images_("imaging::hrtem::images", slices_before_.size(), static_cast<std::size_t>(setup.grid.nx),
              static_cast<std::size_t>(setup.grid.ny)),
      transform_(context.space, static_cast<int>(slices_before_.size()), setup.grid.nx, setup.grid.ny) {
  for (const int edge : slices_before_) depths_.push_back(setup.edges[static_cast<std::size_t>(edge)]);
  for (const auto& [damping, weight] : focal_terms(setup))
    terms_.push_back({to_device<T>(setup.grid, make_transfer(setup.grid, setup.energy, setup.objective, damping),
                                   "imaging::hrtem::transfer"),
                      weight});
  // The tilt is in the propagator: seen along the beam the wave is constant.
  const auto first = Kokkos::subview(incident_, 0, 0, 0);
  Kokkos::deep_copy(context_.space, first, fft::Complex<T>(1, 0));
}

template <class T>
EngineMemory HrtemEngine<T>::memory() const {
  EngineMemory memory = store_.memory();
  const double points = static_cast<double>(grid().nx) * grid().ny, complex_bytes = 2.0 * sizeof(T);
  memory.rank += Multislice<T>::bytes(grid(), 1) +
                 points * (complex_bytes * (1.0 + 2.0 * static_cast<double>(depths_.size()) + terms_.size()) +
                           sizeof(double) * static_cast<double>(depths_.size()));
  return memory;
}

// Fills spectra_.
template <class T>
void HrtemEngine<T>::propagate(int configuration) {
  if (last_ == configuration) return;
  const Transmission<T>& transmission = store_.get(configuration);
  multislice_.enter(incident_, 0, 1);
  int done = 0;
  for (std::size_t d = 0; d < slices_before_.size(); ++d) {
    multislice_.pass(transmission, done, slices_before_[d], 1);
    multislice_.leave(spectra_, static_cast<int>(d), 1);
    done = slices_before_[d];
  }
  last_ = configuration;
}

template <class T>
const fft::Waves<T>& HrtemEngine<T>::exit_waves(int configuration) {
  propagate(configuration);
  Kokkos::deep_copy(context_.space, waves_, spectra_);
  transform_.inverse(waves_);
  scale(context_.space, waves_, static_cast<double>(grid().nx) * grid().ny);
  context_.space.fence();
  return waves_;
}

template <class T>
std::vector<double> HrtemEngine<T>::image(int configuration) {
  propagate(configuration);
  const int count = static_cast<int>(depths_.size());
  Kokkos::deep_copy(context_.space, images_, 0.0);
  for (const Term& term : terms_) {
    Kokkos::deep_copy(context_.space, waves_, spectra_);
    apply_transfer<T>(context_.space, term.transfer, count, waves_);
    transform_.inverse(waves_);
    add_images<T>(context_.space, waves_, count, term.weight, images_);
  }
  context_.space.fence();
  const auto host = host_copy(images_);
  return std::vector<double>(host.data(), host.data() + host.size());
}

template class HrtemEngine<float>;
template class HrtemEngine<double>;

}  // namespace locum::imaging
