#include "solvers/imaging/optics/objective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::imaging {
namespace {

constexpr double mrad = 1e-3;
constexpr double rounding = 1e-9;

using Policy3 = Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<3, Kokkos::Iterate::Right, Kokkos::Iterate::Right>,
                                      Kokkos::IndexType<int>>;

void check_count(const char* what, int count, int batch) {
  if (count < 0 || count > batch) throw ConfigError(fmt::format("{} of {} waves were asked for", count, batch), what);
}

}  // namespace

void ObjectiveConfig::visit(ConfigVisitor& v) {
  v.value({"aperture", "mrad", "semi-angle; 0: none", {0.0, 500.0}}, aperture);
  v.value({"coherence",
           "",
           "focal spread by its envelope (weak specimens), or as a sum over the focal points (any)",
           {},
           {"envelope", "sum"}},
          coherence);
  v.section({"aberrations", "", "of the objective lens"}, aberrations);
}

void ObjectiveConfig::validate() const {
  if (!(aperture >= 0.0 && aperture <= 500.0))
    throw ConfigError(fmt::format("the aperture is {} mrad, 0 … 500 mrad was expected", aperture), "hrtem.aperture");
  if (coherence != "envelope" && coherence != "sum")
    throw ConfigError("the coherence is '" + coherence + "', envelope or sum was expected", "hrtem.coherence");
  aberrations.validate();
}

std::vector<std::complex<double>> make_transfer(const Grid& grid, double energy, const ObjectiveConfig& config,
                                                const Damping& damping) {
  config.validate();
  const double lambda = wavelength(energy), limit = grid.band_limit();
  const double edge = config.aperture > 0.0 ? config.aperture * mrad / lambda : limit;
  if (edge > limit * (1.0 + rounding))
    throw ConfigError(fmt::format("the objective aperture is {:.6g} mrad, the band limit of the grid is {:.6g} mrad",
                                  config.aperture, limit * lambda / mrad),
                      "hrtem.aperture",
                      fmt::format("sample at {:.4g} Å or finer, or take a smaller aperture", 1.0 / (3.0 * edge)));
  const Aberrations lens(config.aberrations, energy, damping.focus);
  std::vector<std::complex<double>> transfer(std::size_t(grid.nx) * grid.ny);
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy) {
      const double kx = grid.kx(ix), ky = grid.ky(iy), k = std::hypot(kx, ky);
      if (k > edge * (1.0 + rounding)) continue;
      const double temporal = units::pi * lambda * damping.focal_spread * k * k;
      const auto ray = lens.ray(kx, ky);
      const double spatial = 2.0 * units::pi * damping.illumination * mrad / lambda * std::hypot(ray.x, ray.y);
      transfer[std::size_t(ix) * grid.ny + iy] =
          std::polar(std::exp(-0.5 * (temporal * temporal + spatial * spatial)), -lens.phase(kx, ky));
    }
  return transfer;
}

template <class T>
void apply_transfer(const ExecutionSpace& space, const Wave<T>& transfer, int count, const fft::Waves<T>& waves) {
  check_count("imaging.objective", count, waves.extent_int(0));
  if (waves.extent(1) != transfer.extent(0) || waves.extent(2) != transfer.extent(1))
    throw ConfigError(fmt::format("waves of {} × {} points came to a transfer function of {} × {}", waves.extent(1),
                                  waves.extent(2), transfer.extent(0), transfer.extent(1)),
                      "imaging.objective");
  if (count == 0) return;
  Kokkos::parallel_for(
      "imaging_apply_transfer", Policy3(space, {0, 0, 0}, {count, waves.extent_int(1), waves.extent_int(2)}),
      KOKKOS_LAMBDA(int b, int ix, int iy) { waves(b, ix, iy) *= transfer(ix, iy); });
}

template <class T>
void add_images(const ExecutionSpace& space, const fft::Waves<T>& waves, int count, double weight,
                const Images& image) {
  check_count("imaging.objective", count, std::min(waves.extent_int(0), image.extent_int(0)));
  const int nx = waves.extent_int(1), ny = waves.extent_int(2);
  if (image.extent_int(1) != nx || image.extent_int(2) != ny)
    throw ConfigError(
        fmt::format("waves of {} × {} points came to images of {} × {}", nx, ny, image.extent(1), image.extent(2)),
        "imaging.objective");
  if (count == 0) return;
  const double norm = double(nx) * ny, factor = weight * norm * norm;
  Kokkos::parallel_for(
      "imaging_add_images", Policy3(space, {0, 0, 0}, {count, nx, ny}), KOKKOS_LAMBDA(int b, int ix, int iy) {
        const double re = waves(b, ix, iy).real(), im = waves(b, ix, iy).imag();
        image(b, ix, iy) += factor * (re * re + im * im);
      });
}

template void apply_transfer<float>(const ExecutionSpace&, const Wave<float>&, int, const fft::Waves<float>&);
template void apply_transfer<double>(const ExecutionSpace&, const Wave<double>&, int, const fft::Waves<double>&);
template void add_images<float>(const ExecutionSpace&, const fft::Waves<float>&, int, double, const Images&);
template void add_images<double>(const ExecutionSpace&, const fft::Waves<double>&, int, double, const Images&);

}  // namespace locum::imaging
