#include "solvers/imaging/engines/prism_engine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

// Probes that are summed together: several groups, so that an S-matrix that is larger than the caches is read from
// memory once for all of them; fewer where their windows would be larger than a cache themselves.
int probes_at_a_time(const PrismLayout& layout) {
  const double points = static_cast<double>(layout.window.nx) * layout.window.ny;
  const double most = device_is_host ? std::clamp(4e6 / points, 8.0, 64.0) : std::clamp(3.3e7 / points, 8.0, 1024.0);
  return static_cast<int>(most) / prism_group * prism_group;
}

BeamRows window_rows(const std::vector<PrismBeam>& beams) {
  const BeamRows rows(uninitialized("prism_window_rows"), beams.size());
  const auto host = Kokkos::create_mirror_view(rows);
  for (std::size_t b = 0; b < beams.size(); ++b) {
    host(b, 0) = beams[b].window_x;
    host(b, 1) = beams[b].window_y;
  }
  Kokkos::deep_copy(rows, host);
  return rows;
}

template <class T>
fft::Waves<T> waves_of(const std::string& label, int batch, int nx, int ny) {
  return fft::Waves<T>(label, static_cast<std::size_t>(batch), static_cast<std::size_t>(nx),
                       static_cast<std::size_t>(ny));
}

}  // namespace

template <class T>
PrismEngine<T>::PrismEngine(const Context& context, const ScanSetup& setup, const PrismConfig& config,
                            const Configurations& configurations)
    : context_(context),
      layout_(make_prism_layout(setup.grid, setup.probe, config)),
      tiles_(layout_),
      detectors_(layout_.window, setup.probe.energy, setup.probe.convergence, setup.detectors),
      store_(context, setup, layout_, configurations),
      batch_(probes_at_a_time(layout_)),
      focus_(focal_quadrature(focal_spread(setup.coherence, setup.probe.energy), setup.coherence.focal_points)),
      placer_(layout_.window, batch_),
      beam_rows_(window_rows(layout_.beams)),
      highest_y_(highest_frequencies(layout_.window)),
      amplitude_("imaging::prism::amplitude",
                 static_cast<std::size_t>(batch_) * static_cast<std::size_t>(tiles_.beams) * 2),
      windows_(batch_),
      waves_(waves_of<T>("imaging::prism::spectra", batch_, layout_.window.nx, layout_.window.ny)),
      cut_(waves_of<T>("imaging::prism::windows", batch_, layout_.cut_x, layout_.cut_y)),
      transform_(context.space, batch_, layout_.cut_x, layout_.cut_y),
      sums_("imaging::prism::sums", static_cast<std::size_t>(batch_), static_cast<std::size_t>(detectors_.channels())),
      patterns_("imaging::prism::patterns", static_cast<std::size_t>(batch_),
                static_cast<std::size_t>(pattern_of(detectors_)[0]),
                static_cast<std::size_t>(pattern_of(detectors_)[1])) {
  for (const FocalPoint& point : focus_)
    probe_.push_back(
        to_device<T>(layout_.window, make_probe(layout_.window, setup.probe, point.focus), "imaging::prism::probe"));
}

template <class T>
std::array<int, 2> PrismEngine<T>::pattern() const {
  return pattern_of(detectors_);
}

template <class T>
EngineMemory PrismEngine<T>::memory() const {
  EngineMemory memory = store_.memory();
  const double points = static_cast<double>(layout_.window.nx) * layout_.window.ny * probe_.size();
  memory.rank += 2.0 * sizeof(T) * (static_cast<double>(waves_.size() + cut_.size()) + points) +
                 static_cast<double>((amplitude_.size() + patterns_.size()) * sizeof(T));
  return memory;
}

// Fills sums_ and patterns_.
template <class T>
void PrismEngine<T>::scan_batch(const T* matrix, const std::vector<Position>& positions) {
  const ExecutionSpace& space = context_.space;
  const int count = static_cast<int>(positions.size());
  windows_.place(space, layout_, positions);
  Kokkos::deep_copy(space, sums_, 0.0);
  Kokkos::deep_copy(space, patterns_, T(0));
  const fft::Waves<T> some(cut_.data(), static_cast<std::size_t>(count), cut_.extent(1), cut_.extent(2));
  for (std::size_t f = 0; f < focus_.size(); ++f) {
    placer_.place(space, probe_[f], positions, waves_);
    gather_amplitudes<T>(space, beam_rows_, waves_, count, amplitude_);
    sum_beams<T>(space, tiles_, matrix, amplitude_, windows_.start, windows_.region, windows_.all, count, cut_);
    transform_.forward(some);
    spread_spectra<T>(space, layout_.window, highest_y_, cut_, count, waves_);
    detectors_.add_channels<T>(space, waves_, count, focus_[f].weight, sums_);
    if (patterns_.size() > 0) detectors_.add_pattern<T>(space, 0, waves_, count, focus_[f].weight, patterns_);
  }
  space.fence();
}

template <class T>
void PrismEngine<T>::scan(int configuration, std::span<const Position> positions, std::span<double> signal,
                          std::span<float> pattern) {
  check_scan(*this, positions.size(), signal.size(), pattern.size());
  if (positions.empty()) return;
  const T* const matrix = store_.get(configuration);
  const std::size_t pixels = patterns_.extent(1) * patterns_.extent(2), channels = sums_.extent(1);
  const std::vector<int> order = order_by_place(layout_, positions);
  for (std::size_t first = 0; first < order.size(); first += static_cast<std::size_t>(batch_)) {
    const std::size_t count = std::min(order.size() - first, static_cast<std::size_t>(batch_));
    std::vector<Position> here;
    for (std::size_t n = 0; n < count; ++n) here.push_back(positions[static_cast<std::size_t>(order[first + n])]);
    scan_batch(matrix, here);
    const auto sums_host = host_copy(sums_);
    const auto patterns_host = host_copy(patterns_);
    for (std::size_t n = 0; n < count; ++n) {
      const auto to = static_cast<std::ptrdiff_t>(order[first + n]);
      std::copy_n(sums_host.data() + n * channels, channels,
                  signal.begin() + to * static_cast<std::ptrdiff_t>(channels));
      std::copy_n(patterns_host.data() + n * pixels, pixels,
                  pattern.begin() + to * static_cast<std::ptrdiff_t>(pixels));
    }
  }
}

template class PrismEngine<float>;
template class PrismEngine<double>;

}  // namespace locum::imaging
