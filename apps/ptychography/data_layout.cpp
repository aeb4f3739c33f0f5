#include "apps/ptychography/data_layout.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/version.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::apps {
namespace {

constexpr double sixteen_bits = 65535.0;

template <class T>
std::vector<T> centred_image(std::span<const T> image, int nx, int ny) {
  std::vector<T> to(image.size());
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy)
      to[static_cast<std::size_t>((ix + nx / 2) % nx) * static_cast<std::size_t>(ny) +
         static_cast<std::size_t>((iy + ny / 2) % ny)] =
          image[static_cast<std::size_t>(ix) * static_cast<std::size_t>(ny) + static_cast<std::size_t>(iy)];
  return to;
}

// No pixel counts more than a frame has, but for counting noise: ten standard deviations.
io::Storage storage_of(const imaging::SimulatedPtychogramConfig& config, double counts) {
  if (!config.noise.poisson || config.noise.readout > 0.0) return io::Storage::float32;
  const double most = counts + config.noise.background + 10.0 * std::sqrt(counts + config.noise.background) + 100.0;
  return most < sixteen_bits ? io::Storage::uint16 : io::Storage::uint32;
}

}  // namespace

std::vector<double> centred(std::span<const double> image, int nx, int ny) { return centred_image(image, nx, ny); }
std::vector<float> centred(std::span<const float> image, int nx, int ny) { return centred_image(image, nx, ny); }

std::vector<double> in_angstrom(const std::vector<std::array<double, 2>>& position, double dx, double dy) {
  std::vector<double> list;
  for (const auto& r : position) {
    list.push_back(r[0] * dx);
    list.push_back(r[1] * dy);
  }
  return list;
}

double neighbour_distance(const Ptychogram& input) {
  // Sorted along x, the nearest is found before the difference in x alone exceeds it.
  std::vector<std::array<double, 2>> r;
  for (const auto& p : input.position) r.push_back({p[0] * input.dx, p[1] * input.dy});
  std::sort(r.begin(), r.end());
  if (r.size() < 2) return 0.0;
  double sum = 0.0;
  for (std::size_t j = 0; j < r.size(); ++j) {
    double nearest = std::numeric_limits<double>::max();
    for (std::size_t k = j + 1; k < r.size() && r[k][0] - r[j][0] < nearest; ++k)
      nearest = std::min(nearest, std::hypot(r[k][0] - r[j][0], r[k][1] - r[j][1]));
    for (std::size_t k = j; k-- > 0 && r[j][0] - r[k][0] < nearest;)
      nearest = std::min(nearest, std::hypot(r[k][0] - r[j][0], r[k][1] - r[j][1]));
    sum += nearest;
  }
  return sum / static_cast<double>(r.size());
}

io::DiffractionLayout data_layout(const imaging::SimulatedPtychogram& set, const PtychographyDataConfig& config,
                                  const std::string& input, const DataSource& source) {
  const Ptychogram& d = set.data;
  double counts = 0.0;
  for (const auto& value : d.probe) counts += std::norm(value);
  io::DiffractionLayout layout;
  layout.frames = d.size();
  layout.nx = d.nx;
  layout.ny = d.ny;
  layout.counts = storage_of(config.simulation, counts);
  layout.unit = "counts";
  layout.positions = in_angstrom(d.position, d.dx, d.dy);
  layout.object_pixel = {d.dx, d.dy};
  layout.wavelength = imaging::wavelength(config.simulation.probe.energy);
  layout.electrons = true;
  for (const float good : centred(std::span<const float>(d.mask), d.mask.empty() ? 0 : d.nx, d.ny))
    layout.mask.push_back(good > 0.5f ? 1 : 0);
  layout.background = centred(std::span<const float>(d.background), d.background.empty() ? 0 : d.nx, d.ny);
  layout.probe = {d.modes, d.nx, d.ny, d.probe};
  layout.truth.object = {1, d.object_nx, d.object_ny, set.truth.value};
  layout.truth.probe = layout.probe;
  layout.truth.positions = in_angstrom(set.true_position, d.dx, d.dy);
  layout.title = config.title;
  layout.sample = source.description();
  layout.program_version = version();
  layout.input = input;
  layout.fingerprint = source.fingerprint();
  return layout;
}

}  // namespace locum::apps
