#include "solvers/imaging/ptychography/multislice_frames.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/potential/slices.hpp"
#include "solvers/imaging/ptychography/window_waves.hpp"
#include "solvers/imaging/waves/multislice.hpp"
#include "solvers/imaging/waves/transmission_store.hpp"

namespace locum::imaging {
namespace {

using Policy = Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<3, Kokkos::Iterate::Right, Kokkos::Iterate::Right>,
                                     Kokkos::IndexType<int>>;

// Windows into the periodic cell, nothing around them.
void embed(const ExecutionSpace& space, const fft::Waves<double>& windows, int count, const Origins& origin,
           const fft::Waves<float>& cells) {
  const int nx = windows.extent_int(1), ny = windows.extent_int(2), cx = cells.extent_int(1), cy = cells.extent_int(2);
  // Amplitudes of plane waves: the transform forth, and 1/N.
  const double scale = 1.0 / (static_cast<double>(cx) * static_cast<double>(cy));
  Kokkos::deep_copy(space, cells, fft::Complex<float>(0));
  Kokkos::parallel_for(
      "ptychography_embed_windows", Policy(space, {0, 0, 0}, {count, nx, ny}), KOKKOS_LAMBDA(int b, int ix, int iy) {
        const int x = ((origin(b, 0) + ix) % cx + cx) % cx, y = ((origin(b, 1) + iy) % cy + cy) % cy;
        cells(b, x, y) = fft::Complex<float>(static_cast<float>(scale * windows(b, ix, iy).real()),
                                             static_cast<float>(scale * windows(b, ix, iy).imag()));
      });
}

// Back, with what lies around a window wrapped into it: the cell, as far on either side of the window, modulo it.
void wrap(const ExecutionSpace& space, const fft::Waves<float>& cells, int count, const Origins& origin,
          const fft::Waves<double>& windows) {
  const int nx = windows.extent_int(1), ny = windows.extent_int(2), cx = cells.extent_int(1), cy = cells.extent_int(2);
  const double scale = static_cast<double>(cx) * static_cast<double>(cy);
  const int before_x = (cx - nx) / 2, before_y = (cy - ny) / 2;
  Kokkos::parallel_for(
      "ptychography_wrap_windows", Policy(space, {0, 0, 0}, {count, nx, ny}), KOKKOS_LAMBDA(int b, int ix, int iy) {
        double re = 0.0, im = 0.0;
        for (int u = ix - (ix + before_x) / nx * nx; u < cx - before_x; u += nx)
          for (int v = iy - (iy + before_y) / ny * ny; v < cy - before_y; v += ny) {
            const int x = ((origin(b, 0) + u) % cx + cx) % cx, y = ((origin(b, 1) + v) % cy + cy) % cy;
            re += cells(b, x, y).real();
            im += cells(b, x, y).imag();
          }
        windows(b, ix, iy) = Kokkos::complex<double>(scale * re, scale * im);
      });
}

void divide(const ExecutionSpace& space, const Intensities& counts, int by) {
  double* const data = counts.data();
  const double factor = 1.0 / by;
  Kokkos::parallel_for(
      "ptychography_mean_of_configurations",
      Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<std::int64_t>>(space, 0,
                                                                           static_cast<std::int64_t>(counts.size())),
      KOKKOS_LAMBDA(std::int64_t k) { data[k] *= factor; });
}

void check_cell(const Ptychogram& input, const Grid& cell) {
  const bool same =
      std::abs(input.dx - cell.dx()) < 1e-6 * cell.dx() && std::abs(input.dy - cell.dy()) < 1e-6 * cell.dy();
  if (!same)
    throw ConfigError(fmt::format("pixels of {:.6g} × {:.6g} Å on a cell sampled at {:.6g} × {:.6g} Å, equal ones were "
                                  "expected",
                                  input.dx, input.dy, cell.dx(), cell.dy()),
                      "MultisliceFrames", "take dx and dy of the ptychogram from specimen_grid()");
  if (input.nx > cell.nx || input.ny > cell.ny)
    throw ConfigError(
        fmt::format("windows of {} × {} pixels in a cell of {} × {}", input.nx, input.ny, cell.nx, cell.ny),
        "MultisliceFrames",
        fmt::format("repeat the specimen to {:.4g} × {:.4g} Å or more", input.nx * input.dx, input.ny * input.dy));
}

}  // namespace

struct MultisliceFrames::State {
  ExecutionSpace space;
  WindowWaves windows;
  Multislice<float> multislice;
  TransmissionStore<float> store;
  int configurations;
  fft::Waves<float> cells;  // (batch, nx, ny) of the cell
  fft::Transform2d<float> transform;
};

MultisliceFrames::MultisliceFrames(const Context& context, const Ptychogram& input, const MultisliceFramesSetup& setup,
                                   const Configurations& configurations) {
  check_cell(input, setup.cell);
  if (configurations.count < 1) throw ConfigError("there is no specimen to send waves through", "MultisliceFrames");
  const Grid& cell = setup.cell;
  const int batch = default_batch(cell);
  state_.reset(
      new State{context.space, WindowWaves(context.space, input, batch),
                Multislice<float>(context.space, cell, setup.energy, slice_thicknesses(setup.edges), {0.0, 0.0}, batch),
                TransmissionStore<float>(context, cell, setup.energy, setup.potential, setup.edges,
                                         FunctionLayout<float>::tiles(cell), configurations, setup.memory),
                configurations.count,
                fft::Waves<float>("ptychography::cell_waves", static_cast<std::size_t>(batch),
                                  static_cast<std::size_t>(cell.nx), static_cast<std::size_t>(cell.ny)),
                fft::Transform2d<float>(context.space, batch, cell.nx, cell.ny)});
  state_->store.prepare();
}

MultisliceFrames::~MultisliceFrames() = default;
IntensitiesShape MultisliceFrames::shape() const { return state_->windows.shape(); }

void MultisliceFrames::expect(std::span<const std::array<double, 2>> position, const Intensities& counts) {
  State& s = *state_;
  const int count = static_cast<int>(position.size());
  s.windows.place(position, 0, 0);  // the cell is periodic
  Kokkos::deep_copy(s.space, counts, 0.0);
  for (int c = 0; c < s.configurations && count > 0; ++c) {
    const Transmission<float>& transmission = s.store.get(c);
    for (int m = 0; m < s.windows.modes(); ++m) {
      embed(s.space, s.windows.probes(m, count), count, s.windows.origin(), s.cells);
      s.transform.forward(s.cells);
      s.multislice.enter(s.cells, 0, count);
      s.multislice.pass(transmission, 0, s.multislice.slices(), count);
      Kokkos::deep_copy(s.space, s.cells, fft::Complex<float>(0));  // beyond the band limit nothing is written
      s.multislice.leave(s.cells, 0, count);
      s.transform.inverse(s.cells);
      wrap(s.space, s.cells, count, s.windows.origin(), s.windows.waves());
      s.windows.add_far_field(count, counts);
    }
  }
  divide(s.space, counts, s.configurations);
  s.space.fence();
}

}  // namespace locum::imaging
