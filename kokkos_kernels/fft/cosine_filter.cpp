#include "kokkos_kernels/fft/cosine_filter.hpp"

#include <cmath>
#include <string>

namespace locum::fft {
namespace {

using Turns = Kokkos::View<Complex<float>*, MemorySpace>;
using Value = Complex<float>;

Turns turns(const std::string& label, int n) {
  Turns turn(label, static_cast<std::size_t>(n));
  const auto turn_host = Kokkos::create_mirror_view(turn);
  const double step = std::acos(-1.0) / (2.0 * n);
  for (int k = 0; k < n; ++k)
    turn_host(k) = Value(static_cast<float>(std::cos(step * k)), static_cast<float>(-std::sin(step * k)));
  Kokkos::deep_copy(turn, turn_host);
  return turn;
}

// A core takes a row of frequencies; on a GPU each is a thread's.
int pieces_of_row(int ny) { return device_is_host ? 1 : ny; }

KOKKOS_INLINE_FUNCTION int opposite(int k, int n) { return k == 0 ? 0 : n - k; }

// spectrum ← response · X, X = ¼ Σ over the four signs of ω_x^±kx ω_y^±ky V(±kx, ±ky)
void to_cosines(const ExecutionSpace& space, const Waves<float>& field_, const Turns& turn_x_, const Turns& turn_y_,
                const CosineFilter::Response& response_, const Waves<float>& spectrum_) {
  const Waves<float> field = field_, spectrum = spectrum_;
  const Turns turn_x = turn_x_, turn_y = turn_y_;
  const CosineFilter::Response response = response_;
  const int nx = field.extent_int(1), ny = field.extent_int(2), pieces = pieces_of_row(ny), length = ny / pieces;
  Kokkos::parallel_for(
      "fft::to_cosines", RangePolicy(space, 0, nx * pieces), KOKKOS_LAMBDA(int item) {
        const int kx = item / pieces, first = item % pieces * length;
        const int mx = opposite(kx, nx);
        const Value wx = turn_x(kx), ux = Kokkos::conj(wx);
        for (int ky = first; ky < first + length; ++ky) {
          const int my = opposite(ky, ny);
          const Value wy = turn_y(ky), uy = Kokkos::conj(wy);
          const Value sum = wx * (wy * field(0, kx, ky) + uy * field(0, kx, my)) +
                            ux * (wy * field(0, mx, ky) + uy * field(0, mx, my));
          spectrum(0, kx, ky) = sum * (0.25f * response(kx, ky));
        }
      });
}

// V = ω_x^−kx ω_y^−ky (X(kx, ky) − i X(nx − kx, ky) − i X(kx, ny − ky) − X(nx − kx, ny − ky)), X = 0 at nx and ny
void from_cosines(const ExecutionSpace& space, const Waves<float>& spectrum_, const Turns& turn_x_,
                  const Turns& turn_y_, const Waves<float>& field_) {
  const Waves<float> field = field_, spectrum = spectrum_;
  const Turns turn_x = turn_x_, turn_y = turn_y_;
  const int nx = field.extent_int(1), ny = field.extent_int(2), pieces = pieces_of_row(ny), length = ny / pieces;
  Kokkos::parallel_for(
      "fft::from_cosines", RangePolicy(space, 0, nx * pieces), KOKKOS_LAMBDA(int item) {
        const int kx = item / pieces, first = item % pieces * length;
        const int mx = opposite(kx, nx);
        const float if_x = kx > 0 ? 1.0f : 0.0f;
        for (int ky = first; ky < first + length; ++ky) {
          const int my = opposite(ky, ny);
          const float if_y = ky > 0 ? 1.0f : 0.0f;
          const Value both = spectrum(0, kx, ky) - (if_x * if_y) * spectrum(0, mx, my);
          const Value one = if_x * spectrum(0, mx, ky) + if_y * spectrum(0, kx, my);
          const Value sum(both.real() + one.imag(), both.imag() - one.real());
          field(0, kx, ky) = Kokkos::conj(turn_x(kx) * turn_y(ky)) * sum;
        }
      });
}

}  // namespace

CosineFilter::CosineFilter(const ExecutionSpace& space, const Response& response)
    : space_(space),
      response_(response),
      field_("fft::cosine_field", 1, response.extent(0), response.extent(1)),
      spectrum_("fft::cosine_spectrum", 1, response.extent(0), response.extent(1)),
      turn_x_(turns("fft::cosine_turn_x", response.extent_int(0))),
      turn_y_(turns("fft::cosine_turn_y", response.extent_int(1))),
      transform_(space, 1, response.extent_int(0), response.extent_int(1)) {}

void CosineFilter::apply() const {
  transform_.forward(field_);
  to_cosines(space_, field_, turn_x_, turn_y_, response_, spectrum_);
  from_cosines(space_, spectrum_, turn_x_, turn_y_, field_);
  transform_.inverse(field_);
}

}  // namespace locum::fft
