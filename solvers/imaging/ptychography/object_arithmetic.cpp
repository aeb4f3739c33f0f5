#include "solvers/imaging/ptychography/object_arithmetic.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/imaging/ptychography/object_pixels.hpp"

namespace locum::imaging {

void extrapolate(PtychographyFields& fields, float share_, const Planes& before_, const Planes& a_) {
  const Planes before = before_, a = a_;
  const float share = share_;
  over_pixels(
      fields.space(), "ptychography::extrapolate", fields.region(), a.stride, KOKKOS_LAMBDA(std::ptrdiff_t at) {
        float *to = a.at(0) + at, *from = before.at(0) + at;
        const FrameLanes now = load(to, a.plane()), then = load(from, before.plane());
        store(from, before.plane(), now);
        store(to, a.plane(), now + share * (now - then));
      });
}

double relative_change(PtychographyFields& fields, const Planes& a_, const Planes& b_) {
  const Planes a = a_, b = b_, light = fields.own_light();
  const PixelBox box = fields.region();
  const int ny = box.ny(), x0 = box.x0, y0 = box.y0;
  double sums[4] = {0.0, 0.0, 0.0, 0.0};  // Σ w |a|², Σ w |b|², Σ w b* a
  if (!box.empty())
    Kokkos::parallel_reduce(
        "ptychography::relative_change", RangePolicy(fields.space(), 0, box.nx()),
        KOKKOS_LAMBDA(int x, double& aa, double& bb, double& re, double& im) {
          const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(x0 + x) * a.stride + y0;
          const float *ar = a.at(0) + row, *ai = ar + a.plane(), *br = b.at(0) + row, *bi = br + b.plane();
          const float* w = light.at(0) + row;
          float s[4] = {0.0f, 0.0f, 0.0f, 0.0f};
          for (int y = 0; y < ny; ++y) {
            s[0] += w[y] * (ar[y] * ar[y] + ai[y] * ai[y]);
            s[1] += w[y] * (br[y] * br[y] + bi[y] * bi[y]);
            s[2] += w[y] * (br[y] * ar[y] + bi[y] * ai[y]);
            s[3] += w[y] * (br[y] * ai[y] - bi[y] * ar[y]);
          }
          aa += static_cast<double>(s[0]);
          bb += static_cast<double>(s[1]);
          re += static_cast<double>(s[2]);
          im += static_cast<double>(s[3]);
        },
        sums[0], sums[1], sums[2], sums[3]);
  fields.comm().sum(std::span<double>(sums));
  if (!(sums[0] > 0.0)) return sums[0] == 0.0 ? 0.0 : std::nan("");
  const double off = sums[0] + sums[1] - 2.0 * std::hypot(sums[2], sums[3]);
  return std::sqrt(off > 0.0 ? off / sums[0] : 0.0 * off);  // 0 · off: what is not finite stays so
}

}  // namespace locum::imaging
