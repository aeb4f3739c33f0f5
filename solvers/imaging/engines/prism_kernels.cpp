#include "solvers/imaging/engines/prism_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace locum::imaging {
namespace {

using Policy3 = Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<3, Kokkos::Iterate::Right, Kokkos::Iterate::Right>,
                                      Kokkos::IndexType<int>>;

KOKKOS_INLINE_FUNCTION int frequency(int i, int n) { return 2 * i < n ? i : i - n; }

// i in 0 … n − 1 for i in −n … 2n − 1.
KOKKOS_INLINE_FUNCTION int wrapped(int i, int n) { return i < 0 ? i + n : i < n ? i : i - n; }

// A piece of the sum: which group of probes, which row and tile, and (on a GPU) which lane of it.
struct Piece {
  int group, row, tile, lane;
};

template <class T>
KOKKOS_INLINE_FUNCTION Piece piece_of(int item, int groups, int tiles, int rows) {
  constexpr int lanes = fft::lane_groups<T>;
  // A core takes a tile for one group after the other, while the tile is in its cache. On a GPU neighbouring threads
  // take neighbouring places for one group, and read its amplitudes together.
  if constexpr (lanes == 1) return {item % groups, item / groups / tiles, item / groups % tiles, 0};
  return {item / (lanes * tiles * rows), item / (lanes * tiles) % rows, item / lanes % tiles, item % lanes};
}

// One number in every lane, by a load that spreads it: the pack's own constructor adds it to zeros first.
template <class P>
KOKKOS_FORCEINLINE_FUNCTION P everywhere(typename P::Scalar a) {
  P p;
  for (int l = 0; l < P::lanes; ++l) p.lane(l) = a;
  return p;
}

template <class T>
struct GroupSums {
  using P = fft::LanePack<T>;
  P re[prism_group], im[prism_group];

  KOKKOS_FORCEINLINE_FUNCTION GroupSums(const T* tile, const T* amplitude, int beams) {
    for (int p = 0; p < prism_group; ++p) re[p] = im[p] = P(T(0));
    for (int b = 0; b < beams; ++b) {
      add(fft::load_pack(tile), fft::load_pack(tile + fft::tile_width<T>), amplitude,
          std::make_integer_sequence<int, prism_group>{});
      tile += 2 * fft::tile_width<T>;
      amplitude += 2 * prism_group;
    }
  }

 private:
  // Written out for each probe, not looped over, so that sums stay in registers whatever the compiler.
  template <int... Probe>
  KOKKOS_FORCEINLINE_FUNCTION void add(P x, P y, const T* a, std::integer_sequence<int, Probe...>) {
    (add_product(re[Probe], im[Probe], x, y, everywhere<P>(a[2 * Probe]), everywhere<P>(a[2 * Probe + 1])), ...);
  }
  KOKKOS_FORCEINLINE_FUNCTION static void add_product(P& re, P& im, P x, P y, P r, P i) {
    re = re + r * x;
    im = im + r * y;
    re = re - i * y;
    im = im + i * x;
  }
};

// The lanes of a sum that lie in a window: `row` of it, which begins at point y − first of the tile's point y.
template <class T>
KOKKOS_FORCEINLINE_FUNCTION void store_cut(const PrismTiles<T>& t, fft::LanePack<T> re, fft::LanePack<T> im, int y,
                                           int start, fft::Complex<T>* row) {
  constexpr int pack = fft::LanePack<T>::lanes;
  const int first = wrapped(y - start, t.ny);
  if (first + pack <= t.cut_y && y + pack <= t.ny) {
    for (int l = 0; l < pack; ++l) row[first + l] = fft::Complex<T>(re.lane(l), im.lane(l));
    return;
  }
  for (int l = 0; l < pack && y + l < t.ny; ++l) {
    const int at = first + l < t.ny ? first + l : first + l - t.ny;
    if (at < t.cut_y) row[at] = fft::Complex<T>(re.lane(l), im.lane(l));
  }
}

}  // namespace

template <class T>
void set_plane_waves(const ExecutionSpace& space, const BeamRows& rows, int first, int count,
                     const fft::Waves<T>& waves) {
  Kokkos::deep_copy(space, waves, fft::Complex<T>(0, 0));
  Kokkos::parallel_for(
      "imaging_prism_plane_waves", RangePolicy(space, 0, count),
      KOKKOS_LAMBDA(int n) { waves(n, rows(first + n, 0), rows(first + n, 1)) = fft::Complex<T>(1, 0); });
}

template <class T>
void resample(const ExecutionSpace& space, const Grid& grid, const fft::Waves<T>& waves, int count,
              const fft::Waves<T>& coarse) {
  const int nx = coarse.extent_int(1), ny = coarse.extent_int(2);
  const double limit = grid.band_limit() * (1.0 + 1e-9);
  const T scale = static_cast<T>(nx) * static_cast<T>(ny);
  Kokkos::parallel_for(
      "imaging_prism_resample", Policy3(space, {0, 0, 0}, {count, nx, ny}), KOKKOS_LAMBDA(int n, int ix, int iy) {
        const int fx = frequency(ix, nx), fy = frequency(iy, ny);
        const double kx = fx / grid.lx, ky = fy / grid.ly;
        const bool inside = kx * kx + ky * ky <= limit * limit;
        coarse(n, ix, iy) =
            inside ? scale * waves(n, fx < 0 ? fx + grid.nx : fx, fy < 0 ? fy + grid.ny : fy) : fft::Complex<T>(0, 0);
      });
}

template <class T>
void lay_out_beams(const ExecutionSpace& space, const PrismTiles<T>& tiles, const fft::Waves<T>& waves, int first,
                   int count, T* matrix) {
  constexpr int width = PrismTiles<T>::width;
  Kokkos::parallel_for(
      "imaging_prism_lay_out", Policy3(space, {0, 0, 0}, {tiles.nx, count, tiles.tiles * width}),
      KOKKOS_LAMBDA(int ix, int n, int iy) {
        const fft::Complex<T> value = iy < tiles.ny ? waves(n, ix, iy) : fft::Complex<T>(0, 0);
        T* const at = matrix + tiles.offset(ix, iy / width, first + n) + iy % width;
        at[0] = value.real();
        at[width] = value.imag();
      });
}

template <class T>
void gather_amplitudes(const ExecutionSpace& space, const BeamRows& rows, const fft::Waves<T>& probes, int count,
                       const View<T*>& amplitude) {
  const int beams = rows.extent_int(0), groups = (count + prism_group - 1) / prism_group;
  Kokkos::parallel_for(
      "imaging_prism_amplitudes", Policy3(space, {0, 0, 0}, {groups, beams, prism_group}),
      KOKKOS_LAMBDA(int group, int b, int p) {
        const int n = group * prism_group + p;
        const fft::Complex<T> value = n < count ? probes(n, rows(b, 0), rows(b, 1)) : fft::Complex<T>(0, 0);
        T* const at = &amplitude(((static_cast<std::size_t>(group) * beams + b) * prism_group + p) * 2);
        at[0] = value.real();
        at[1] = value.imag();
      });
}

template <class T>
void sum_beams(const ExecutionSpace& space, const PrismTiles<T>& tiles, const T* matrix, const View<T*>& amplitude,
               const WindowStarts& start, const GroupRegions& region, std::array<int, 4> all, int count,
               const fft::Waves<T>& cut) {
  constexpr int pack = fft::LanePack<T>::lanes;
  const PrismTiles<T> t = tiles;
  const int groups = (count + prism_group - 1) / prism_group, rows = all[1], columns = all[3];
  Kokkos::parallel_for(
      "imaging_prism_sum", RangePolicy(space, 0, groups * rows * columns * fft::lane_groups<T>),
      KOKKOS_LAMBDA(int item) {
        const Piece piece = piece_of<T>(item, groups, columns, rows);
        const int g = piece.group;
        const int ix = wrapped(all[0] + piece.row, t.nx), tile = wrapped(all[2] + piece.tile, t.tiles);
        if (wrapped(ix - region(g, 0), t.nx) >= region(g, 1) || wrapped(tile - region(g, 2), t.tiles) >= region(g, 3))
          return;
        const int y = tile * PrismTiles<T>::width + piece.lane * pack;
        const GroupSums<T> sums(matrix + t.offset(ix, tile, 0) + piece.lane * pack,
                                amplitude.data() + static_cast<std::size_t>(g) * t.beams * prism_group * 2, t.beams);
        for (int p = 0; p < prism_group; ++p) {
          const int n = g * prism_group + p;
          if (n >= count) return;
          const int row = wrapped(ix - start(n, 0), t.nx);
          if (row < t.cut_x) store_cut<T>(t, sums.re[p], sums.im[p], y, start(n, 1), &cut(n, row, 0));
        }
      });
}

template <class T>
void spread_spectra(const ExecutionSpace& space, const Grid& window, const View<int*>& highest_y,
                    const fft::Waves<T>& spectra, int count, const fft::Waves<T>& waves) {
  const int cut_x = spectra.extent_int(1), cut_y = spectra.extent_int(2);
  const int nx = window.nx, ny = window.ny;
  const T scale = T(1) / (static_cast<T>(cut_x) * static_cast<T>(cut_y));
  Kokkos::parallel_for(
      "imaging_prism_spread", Policy3(space, {0, 0, 0}, {count, nx, ny}), KOKKOS_LAMBDA(int n, int ix, int iy) {
        const int fx = frequency(ix, nx), fy = frequency(iy, ny), highest = highest_y(ix);
        waves(n, ix, iy) = fy <= highest && -fy <= highest
                               ? scale * spectra(n, fx < 0 ? fx + cut_x : fx, fy < 0 ? fy + cut_y : fy)
                               : fft::Complex<T>(0, 0);
      });
}

View<int*> highest_frequencies(const Grid& grid) {
  const View<int*> highest(uninitialized("prism_highest_y"), static_cast<std::size_t>(grid.nx));
  const auto host = Kokkos::create_mirror_view(highest);
  for (int ix = 0; ix < grid.nx; ++ix) {
    const double limit = grid.band_limit() * (1.0 + 1e-9), rest = limit * limit - grid.kx(ix) * grid.kx(ix);
    host(ix) = rest < 0.0 ? -1 : static_cast<int>(std::sqrt(rest) * grid.ly);
  }
  Kokkos::deep_copy(highest, host);
  return highest;
}

template void set_plane_waves<float>(const ExecutionSpace&, const BeamRows&, int, int, const fft::Waves<float>&);
template void resample<float>(const ExecutionSpace&, const Grid&, const fft::Waves<float>&, int,
                              const fft::Waves<float>&);
template void lay_out_beams<float>(const ExecutionSpace&, const PrismTiles<float>&, const fft::Waves<float>&, int, int,
                                   float*);
template void gather_amplitudes<float>(const ExecutionSpace&, const BeamRows&, const fft::Waves<float>&, int,
                                       const View<float*>&);
template void sum_beams<float>(const ExecutionSpace&, const PrismTiles<float>&, const float*, const View<float*>&,
                               const WindowStarts&, const GroupRegions&, std::array<int, 4>, int,
                               const fft::Waves<float>&);
template void spread_spectra<float>(const ExecutionSpace&, const Grid&, const View<int*>&, const fft::Waves<float>&,
                                    int, const fft::Waves<float>&);
template void set_plane_waves<double>(const ExecutionSpace&, const BeamRows&, int, int, const fft::Waves<double>&);
template void resample<double>(const ExecutionSpace&, const Grid&, const fft::Waves<double>&, int,
                               const fft::Waves<double>&);
template void lay_out_beams<double>(const ExecutionSpace&, const PrismTiles<double>&, const fft::Waves<double>&, int,
                                    int, double*);
template void gather_amplitudes<double>(const ExecutionSpace&, const BeamRows&, const fft::Waves<double>&, int,
                                        const View<double*>&);
template void sum_beams<double>(const ExecutionSpace&, const PrismTiles<double>&, const double*, const View<double*>&,
                                const WindowStarts&, const GroupRegions&, std::array<int, 4>, int,
                                const fft::Waves<double>&);
template void spread_spectra<double>(const ExecutionSpace&, const Grid&, const View<int*>&, const fft::Waves<double>&,
                                     int, const fft::Waves<double>&);

}  // namespace locum::imaging
