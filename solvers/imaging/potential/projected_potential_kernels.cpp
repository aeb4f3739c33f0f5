#include "solvers/imaging/potential/projected_potential_kernels.hpp"

#include <cmath>

#include "kokkos_kernels/base/units.hpp"

namespace locum::imaging {

template <class T>
void set_phases(const ExecutionSpace& space, const View<double*>& s, int atoms, int n, const Matrix<T>& phase) {
  if (atoms == 0) return;
  Kokkos::parallel_for(
      "potential::phases", RowsPolicy(space, {0, 0}, {atoms, n}), KOKKOS_LAMBDA(int j, int m) {
        const double turns = m * s(j);
        const T angle = static_cast<T>(2.0 * units::pi * (turns - std::round(turns)));
        phase(j, m) = std::cos(angle);
        phase(j, n + m) = std::sin(angle);
      });
}

template <class T>
void weigh(const ExecutionSpace& space, const DepthProfile& profile, const View<double*>& z, SliceRange slice,
           Rows rows, const Matrix<T>& phase, const View<T*>& weight, const Matrix<T>& weighted) {
  const int low = rows.first, count = rows.second - rows.first, columns = phase.extent_int(1);
  Kokkos::parallel_for(
      "potential::weights", RangePolicy(space, 0, count), KOKKOS_LAMBDA(int j) {
        weight(j) = static_cast<T>(profile(slice.bottom - z(low + j)) - profile(slice.top - z(low + j)));
      });
  Kokkos::parallel_for(
      "potential::weigh", RowsPolicy(space, {0, 0}, {count, columns}),
      KOKKOS_LAMBDA(int j, int m) { weighted(j, m) = weight(j) * phase(low + j, m); });
}

template <class T>
void accumulate(const ExecutionSpace& space, const Slices<T>& part, int component, const Matrix<T>& structure,
                const Matrix<T>& total) {
  const int nx = part.extent_int(1), ny = part.extent_int(2);
  Kokkos::parallel_for(
      "potential::accumulate", RowsPolicy(space, {0, 0}, {nx, ny}), KOKKOS_LAMBDA(int ix, int iy) {
        const T f = part(component, ix, iy);
        total(ix, iy) += f * structure(ix, iy);
        total(ix, ny + iy) += f * structure(ix, ny + iy);
        total(nx + ix, iy) += f * structure(nx + ix, iy);
        total(nx + ix, ny + iy) += f * structure(nx + ix, ny + iy);
      });
}

template <class T>
void spread(const ExecutionSpace& space, const Matrix<T>& total, int nx, int ny, int b, const fft::Waves<T>& waves) {
  const int points_x = waves.extent_int(1), points_y = waves.extent_int(2);
  Kokkos::parallel_for(
      "potential::spread", RowsPolicy(space, {0, 0}, {nx, ny}), KOKKOS_LAMBDA(int ix, int iy) {
        const T cc = total(ix, iy), cs = total(ix, ny + iy), sc = total(nx + ix, iy), ss = total(nx + ix, ny + iy);
        const int minus_x = ix == 0 ? 0 : points_x - ix, minus_y = iy == 0 ? 0 : points_y - iy;
        waves(b, ix, iy) = Kokkos::complex<T>(cc - ss, -(sc + cs));
        waves(b, minus_x, minus_y) = Kokkos::complex<T>(cc - ss, sc + cs);
        waves(b, ix, minus_y) = Kokkos::complex<T>(cc + ss, cs - sc);
        waves(b, minus_x, iy) = Kokkos::complex<T>(cc + ss, sc - cs);
      });
}

template <class T>
void take_real(const ExecutionSpace& space, const fft::Waves<T>& waves, int count, const Slices<T>& out, int first) {
  const int nx = waves.extent_int(1), ny = waves.extent_int(2);
  for (int b = 0; b < count; ++b)
    Kokkos::parallel_for(
        "potential::take_real", RowsPolicy(space, {0, 0}, {nx, ny}),
        KOKKOS_LAMBDA(int ix, int iy) { out(first + b, ix, iy) = waves(b, ix, iy).real(); });
}

#define LOCUM_INSTANTIATE(T)                                                                                     \
  template void set_phases<T>(const ExecutionSpace&, const View<double*>&, int, int, const Matrix<T>&);          \
  template void weigh<T>(const ExecutionSpace&, const DepthProfile&, const View<double*>&, SliceRange, Rows,     \
                         const Matrix<T>&, const View<T*>&, const Matrix<T>&);                                   \
  template void accumulate<T>(const ExecutionSpace&, const Slices<T>&, int, const Matrix<T>&, const Matrix<T>&); \
  template void spread<T>(const ExecutionSpace&, const Matrix<T>&, int, int, int, const fft::Waves<T>&);         \
  template void take_real<T>(const ExecutionSpace&, const fft::Waves<T>&, int, const Slices<T>&, int)
LOCUM_INSTANTIATE(float);
LOCUM_INSTANTIATE(double);
#undef LOCUM_INSTANTIATE

}  // namespace locum::imaging
