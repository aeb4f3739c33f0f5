#include "solvers/imaging/waves/slice_kernels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/fft/line_transform.hpp"
#include "solvers/imaging/waves/line_scratch.hpp"

namespace locum::imaging {
namespace {

using fft::Lanes;
using fft::ScratchLines;
using Member = LineMember;

// Lanes whose frequency along x leaves no room for `frequency` along y inside the band limit are cleared.
template <class T>
KOKKOS_INLINE_FUNCTION void cut(const SliceKernels<T>& k, int column, int group, int frequency, Lanes<T>& v) {
  constexpr int pack = fft::LanePack<T>::lanes;
  const int block = column / k.layout.width;
  if (frequency <= k.limits(block, 0)) return;
  if (frequency > k.limits(block, 1)) {
    v = Lanes<T>::zero();
    return;
  }
  for (int lane = 0; lane < pack; ++lane)
    if (frequency > k.highest_y(column + group * pack + lane)) v.re.lane(lane) = v.im.lane(lane) = T(0);
}

// One block of y of one wave: F_x t F_x⁻¹ with t = function(ix, group).
template <class T, class Function>
KOKKOS_INLINE_FUNCTION void transmit_rows(const Member& team, const SliceKernels<T>& k, const Function& function) {
  T* row = k.waves.data() + static_cast<std::size_t>(team.league_rank()) * k.layout.columns * 2 * k.layout.width;
  const LineScratch<T> scratch(team, k.layout.nx);
  const ScratchLines<T> real = fft::free_lines(k.line_x, scratch.first, scratch.second);
  const ScratchLines<T> other = k.line_x.passes % 2 ? scratch.second : scratch.first;
  fft::transform_line<1>(
      team, k.line_x, scratch.first, scratch.second,
      [&](int at, int group) {
        const int kept = k.layout.kept(at);
        return kept < 0 ? Lanes<T>::zero() : fft::load_lanes(row, kept, group);
      },
      [&](int at, int group, Lanes<T> v) { real.put(at, group, v * function(at, group)); });
  fft::transform_line<-1>(
      team, k.line_x, other, real, [&](int at, int group) { return real.get(at, group); },
      [&](int at, int group, Lanes<T> v) {
        const int kept = k.layout.kept(at);
        if (kept >= 0) fft::store_lanes(row, kept, group, v);
      });
}

}  // namespace

template <class T>
SliceKernels<T>::SliceKernels(const ExecutionSpace&, const Grid& grid, int batch)
    : layout(grid),
      line_x(grid.nx),
      line_y(grid.ny),
      highest_y(uninitialized("imaging::highest_y"), static_cast<std::size_t>(layout.columns)),
      limits(uninitialized("imaging::limits"), static_cast<std::size_t>(layout.columns / layout.width)),
      waves("imaging::waves", layout.size() * static_cast<std::size_t>(std::max(0, batch))) {
  if (batch < 1)
    throw ConfigError(fmt::format("batches of {} waves were asked for, 1 or more was expected", batch), "imaging");
  const auto highest_host = Kokkos::create_mirror_view(highest_y);
  const double limit = grid.band_limit() * grid.band_limit();
  for (int i = 0; i < layout.columns; ++i) {
    const int row = layout.row(i);
    const double rest = row < 0 ? -1.0 : limit - grid.kx(row) * grid.kx(row);
    highest_host(i) = rest < 0.0 ? -1 : static_cast<int>(std::sqrt(rest) * grid.ly);
  }
  const auto limits_host = Kokkos::create_mirror_view(limits);
  for (int block = 0; block < layout.columns / layout.width; ++block) {
    const int* first = highest_host.data() + block * layout.width;
    limits_host(block, 0) = *std::min_element(first, first + layout.width);
    limits_host(block, 1) = *std::max_element(first, first + layout.width);
  }
  Kokkos::deep_copy(highest_y, highest_host);
  Kokkos::deep_copy(limits, limits_host);
}

template <class T>
void SliceKernels<T>::transmit(const ExecutionSpace& space, int count, const T* tiles) const {
  const SliceKernels<T> k = *this;
  Kokkos::parallel_for(
      "imaging::transmit", line_policy<T>(space, count * layout.blocks, layout.nx), KOKKOS_LAMBDA(const Member& team) {
        const int block = team.league_rank() % k.layout.blocks;
        const T* function = tiles + static_cast<std::size_t>(block) * k.layout.nx * 2 * k.layout.width;
        transmit_rows(team, k, [&](int at, int group) { return fft::load_lanes(function, at, group); });
      });
}

template <class T>
void SliceKernels<T>::transmit_window(const ExecutionSpace& space, int count, const T* planes,
                                      const FunctionLayout<T>& layout_of_planes, const View<int* [2]>& origin) const {
  const SliceKernels<T> k = *this;
  const FunctionLayout<T> large = layout_of_planes;
  Kokkos::parallel_for(
      "imaging::transmit_window", line_policy<T>(space, count * layout.blocks, layout.nx),
      KOKKOS_LAMBDA(const Member& team) {
        const int wave = team.league_rank() / k.layout.blocks, block = team.league_rank() % k.layout.blocks;
        const int x0 = origin(wave, 0), y0 = origin(wave, 1) + block * k.layout.width;
        transmit_rows(team, k, [&](int at, int group) {
          const int ix = x0 + at < large.nx ? x0 + at : x0 + at - large.nx;
          const T* function = planes + large.offset(ix, y0 + group * fft::LanePack<T>::lanes);
          return Lanes<T>{fft::load_pack(function), fft::load_pack(function + large.imaginary)};
        });
      });
}

template <class T>
void SliceKernels<T>::propagate(const ExecutionSpace& space, int count, const SlicePropagator<T>& propagator) const {
  const SliceKernels<T> k = *this;
  const SlicePropagator<T> p = propagator;
  const int columns = layout.columns / layout.width;
  Kokkos::parallel_for(
      "imaging::propagate", line_policy<T>(space, count * columns, layout.ny), KOKKOS_LAMBDA(const Member& team) {
        const int column = team.league_rank() % columns * k.layout.width;
        T* wave = k.waves.data() + static_cast<std::size_t>(team.league_rank() / columns) * k.layout.size();
        const LineScratch<T> scratch(team, k.layout.ny);
        turn_in(team, k.layout, wave, column, scratch.second);
        const ScratchLines<T> reciprocal = fft::free_lines(k.line_y, scratch.first, scratch.second);
        const ScratchLines<T> other = k.line_y.passes % 2 ? scratch.second : scratch.first;
        fft::transform_line<-1>(
            team, k.line_y, scratch.first, scratch.second,
            [&](int at, int group) { return scratch.second.get(at, group); },
            [&](int at, int group, Lanes<T> v) {
              const int frequency = 2 * at < k.layout.ny ? at : k.layout.ny - at;
              v = v.times(p.along_y(at, 0), p.along_y(at, 1)) *
                  fft::load_lanes(p.along_x.data(), column / k.layout.width, group);
              cut(k, column, group, frequency, v);
              reciprocal.put(at, group, v);
            });
        const ScratchLines<T> result = fft::free_lines(k.line_y, other, reciprocal);
        fft::transform_line<1>(
            team, k.line_y, other, reciprocal, [&](int at, int group) { return reciprocal.get(at, group); },
            [&](int at, int group, Lanes<T> v) { result.put(at, group, v); });
        turn_out(team, k.layout, result, column, wave);
      });
}

template <class T>
void SliceKernels<T>::enter(const ExecutionSpace& space, int count, const fft::Waves<T>& reciprocal, int first) const {
  const SliceKernels<T> k = *this;
  const int columns = layout.columns / layout.width;
  Kokkos::parallel_for(
      "imaging::enter", line_policy<T>(space, count * columns, layout.ny), KOKKOS_LAMBDA(const Member& team) {
        constexpr int pack = fft::LanePack<T>::lanes;
        const int wave = team.league_rank() / columns, column = team.league_rank() % columns * k.layout.width;
        const LineScratch<T> scratch(team, k.layout.ny);
        const ScratchLines<T> result = fft::free_lines(k.line_y, scratch.first, scratch.second);
        fft::transform_line<1>(
            team, k.line_y, scratch.first, scratch.second,
            [&](int at, int group) {
              const int frequency = 2 * at < k.layout.ny ? at : k.layout.ny - at;
              Lanes<T> v = Lanes<T>::zero();
              for (int lane = 0; lane < pack; ++lane) {
                const int i = column + group * pack + lane;
                if (frequency > k.highest_y(i)) continue;
                const fft::Complex<T> value = reciprocal(first + wave, k.layout.row(i), at);
                v.re.lane(lane) = value.real();
                v.im.lane(lane) = value.imag();
              }
              return v;
            },
            [&](int at, int group, Lanes<T> v) { result.put(at, group, v); });
        turn_out(team, k.layout, result, column, k.waves.data() + static_cast<std::size_t>(wave) * k.layout.size());
      });
}

template <class T>
void SliceKernels<T>::leave(const ExecutionSpace& space, int count, const fft::Waves<T>& reciprocal, int first) const {
  const SliceKernels<T> k = *this;
  const int columns = layout.columns / layout.width;
  const T scale = T(1) / static_cast<T>(layout.ny);
  Kokkos::parallel_for(
      "imaging::leave", line_policy<T>(space, count * columns, layout.ny), KOKKOS_LAMBDA(const Member& team) {
        constexpr int pack = fft::LanePack<T>::lanes;
        const int wave = team.league_rank() / columns, column = team.league_rank() % columns * k.layout.width;
        const LineScratch<T> scratch(team, k.layout.ny);
        turn_in(team, k.layout,
                static_cast<const T*>(k.waves.data()) + static_cast<std::size_t>(wave) * k.layout.size(), column,
                scratch.second);
        fft::transform_line<-1>(
            team, k.line_y, scratch.first, scratch.second,
            [&](int at, int group) { return scratch.second.get(at, group); },
            [&](int at, int group, Lanes<T> v) {
              const int frequency = 2 * at < k.layout.ny ? at : k.layout.ny - at;
              for (int lane = 0; lane < pack; ++lane) {
                const int i = column + group * pack + lane;
                if (frequency <= k.highest_y(i))
                  reciprocal(first + wave, k.layout.row(i), at) =
                      fft::Complex<T>(scale * v.re.lane(lane), scale * v.im.lane(lane));
              }
            });
      });
}

template struct SliceKernels<float>;
template struct SliceKernels<double>;

}  // namespace locum::imaging
