#include "solvers/imaging/ptychography/simulation/multislice_frames.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/potential/slices.hpp"
#include "solvers/imaging/ptychography/frames/window_waves.hpp"
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
                      "multislice_frames", "take dx and dy of the ptychogram from specimen_grid()");
  if (input.nx > cell.nx || input.ny > cell.ny)
    throw ConfigError(
        fmt::format("windows of {} × {} pixels in a cell of {} × {}", input.nx, input.ny, cell.nx, cell.ny),
        "multislice_frames",
        fmt::format("repeat the specimen to {:.4g} × {:.4g} Å or more", input.nx * input.dx, input.ny * input.dy));
}

class MultisliceFrames final : public FrameModel {
 public:
  MultisliceFrames(const Context& context, const Ptychogram& input, const MultisliceFramesSetup& setup,
                   const Configurations& configurations, int batch)
      : space_(context.space),
        windows_(space_, input, batch),
        multislice_(space_, setup.cell, setup.energy, slice_thicknesses(setup.edges), {0.0, 0.0}, batch),
        store_(context, setup.cell, setup.energy, setup.potential, setup.edges,
               FunctionLayout<float>::tiles(setup.cell), configurations, setup.memory),
        configurations_(configurations.count),
        cells_("ptychography::cell_waves", static_cast<std::size_t>(batch), static_cast<std::size_t>(setup.cell.nx),
               static_cast<std::size_t>(setup.cell.ny)),
        transform_(space_, batch, setup.cell.nx, setup.cell.ny) {
    store_.prepare();
  }

  IntensitiesShape shape() const override { return windows_.shape(); }

  void expect(std::span<const std::array<double, 2>> position, const Intensities& counts) override {
    const int count = static_cast<int>(position.size());
    windows_.place(position, 0, 0);  // the cell is periodic
    Kokkos::deep_copy(space_, counts, 0.0);
    for (int c = 0; c < configurations_ && count > 0; ++c) {
      const Transmission<float>& transmission = store_.get(c);
      for (int m = 0; m < windows_.modes(); ++m) {
        embed(space_, windows_.probes(m, count), count, windows_.origin(), cells_);
        transform_.forward(cells_);
        multislice_.enter(cells_, 0, count);
        multislice_.pass(transmission, 0, multislice_.slices(), count);
        Kokkos::deep_copy(space_, cells_, fft::Complex<float>(0));  // beyond the band limit nothing is written
        multislice_.leave(cells_, 0, count);
        transform_.inverse(cells_);
        wrap(space_, cells_, count, windows_.origin(), windows_.waves());
        windows_.add_far_field(count, counts);
      }
    }
    divide(space_, counts, configurations_);
    space_.fence();
  }

 private:
  ExecutionSpace space_;
  WindowWaves windows_;
  Multislice<float> multislice_;
  TransmissionStore<float> store_;
  int configurations_;
  fft::Waves<float> cells_;  // (batch, nx, ny) of the cell
  fft::Transform2d<float> transform_;
};

}  // namespace

std::unique_ptr<FrameModel> multislice_frames(const Context& context, const Ptychogram& input,
                                              const MultisliceFramesSetup& setup,
                                              const Configurations& configurations) {
  check_cell(input, setup.cell);
  if (configurations.count < 1) throw ConfigError("there is no specimen to send waves through", "multislice_frames");
  return std::make_unique<MultisliceFrames>(context, input, setup, configurations, default_batch(setup.cell));
}

}  // namespace locum::imaging
