#include "solvers/imaging/ptychography/frames/window_waves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/frames/image_transform.hpp"

namespace locum::imaging {
namespace {

int usual_batch(const Ptychogram& input) {
  if (device_is_host) return 8;
  return static_cast<int>(std::clamp(1.6e7 / (static_cast<double>(input.nx) * input.ny), 8.0, 1024.0));
}

void add_intensity(const ExecutionSpace& space, const fft::Waves<double>& waves, int count, const Intensities& counts) {
  const double scale = 1.0 / (static_cast<double>(waves.extent(1)) * static_cast<double>(waves.extent(2)));
  Kokkos::parallel_for(
      "ptychography_add_intensity",
      Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<3, Kokkos::Iterate::Right, Kokkos::Iterate::Right>,
                            Kokkos::IndexType<int>>(space, {0, 0, 0},
                                                    {count, waves.extent_int(1), waves.extent_int(2)}),
      KOKKOS_LAMBDA(int b, int ix, int iy) {
        const double re = waves(b, ix, iy).real(), im = waves(b, ix, iy).imag();
        counts(b, ix, iy) += scale * (re * re + im * im);
      });
}

}  // namespace

WindowWaves::WindowWaves(const ExecutionSpace& space, const Ptychogram& input, int batch)
    : space_(space),
      grid_{input.nx, input.ny, input.nx * input.dx, input.ny * input.dy},
      batch_(batch > 0 ? batch : usual_batch(input)),
      placer_(grid_, batch_),
      origin_("ptychography::origin", static_cast<std::size_t>(batch_)),
      waves_(uninitialized("ptychography::windows"), static_cast<std::size_t>(batch_),
             static_cast<std::size_t>(input.nx), static_cast<std::size_t>(input.ny)),
      transform_(space, batch_, input.nx, input.ny) {
  if (!(input.dx > 0.0 && input.dy > 0.0) || input.modes < 1 ||
      input.probe.size() != static_cast<std::size_t>(input.modes) * input.window())
    throw ConfigError(fmt::format("a probe of {} numbers with pixels of {} × {} Å, {} mode(s) of {} × {} were expected",
                                  input.probe.size(), input.dx, input.dy, input.modes, input.nx, input.ny),
                      "frames");
  const ImageTransform transform(input.nx, input.ny);
  for (int m = 0; m < input.modes; ++m) {
    const auto first = input.probe.begin() + static_cast<std::ptrdiff_t>(m * input.window());
    Image mode(first, first + static_cast<std::ptrdiff_t>(input.window()));
    transform.forward(mode);
    spectrum_.push_back(to_device<double>(grid_, mode, "ptychography::probe_spectrum"));
  }
}

void WindowWaves::place(std::span<const std::array<double, 2>> position, int object_nx, int object_ny) const {
  if (static_cast<int>(position.size()) > batch_)
    throw ConfigError(fmt::format("{} frames at a time, {} were expected at most", position.size(), batch_), "frames");
  fraction_.clear();
  const auto host = Kokkos::create_mirror_view(origin_);
  for (std::size_t b = 0; b < position.size(); ++b) {
    const double x = std::floor(position[b][0]), y = std::floor(position[b][1]);
    const bool inside = x >= 0.0 && y >= 0.0 && x + grid_.nx <= object_nx && y + grid_.ny <= object_ny;
    if (!std::isfinite(x) || !std::isfinite(y) || (object_nx > 0 && !inside))
      throw ConfigError(fmt::format("a frame lies at pixel ({:.2f}, {:.2f}), its window of {} × {} must lie inside the "
                                    "object of {} × {}",
                                    position[b][0], position[b][1], grid_.nx, grid_.ny, object_nx, object_ny),
                        "frames", "a larger margin around the scan makes room");
    host(b, 0) = static_cast<int>(x);
    host(b, 1) = static_cast<int>(y);
    fraction_.push_back({(position[b][0] - x) * grid_.dx(), (position[b][1] - y) * grid_.dy()});
  }
  Kokkos::deep_copy(origin_, host);
}

const fft::Waves<double>& WindowWaves::probes(int mode, int count) const {
  placer_.place(space_, spectrum_[static_cast<std::size_t>(mode)],
                std::vector<Position>(fraction_.begin(), fraction_.begin() + count), waves_);
  transform_.inverse(waves_);
  return waves_;
}

void WindowWaves::add_far_field(int count, const Intensities& counts) const {
  if (counts.extent_int(0) < count || counts.extent_int(1) != grid_.nx || counts.extent_int(2) != grid_.ny)
    throw ConfigError(fmt::format("{} frames into counts of shape ({}, {}, {}), {} × {} pixels were expected", count,
                                  counts.extent(0), counts.extent(1), counts.extent(2), grid_.nx, grid_.ny),
                      "frames");
  transform_.forward(waves_);
  add_intensity(space_, waves_, count, counts);
}

}  // namespace locum::imaging
