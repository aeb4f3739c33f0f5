#include "solvers/imaging/ptychography/engines/object_arithmetic.hpp"

#include <cmath>

#include "solvers/imaging/ptychography/engines/row_sums.hpp"
#include "solvers/imaging/ptychography/frames/object_pixels.hpp"

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

void scale_object(PtychographyFields& fields, float factor) {
  const Planes light = fields.light(), object = fields.object_plane;
  const float dark = 1e-6f * fields.largest_light(), more = factor - 1.0f;
  over_pixels(
      fields.space(), "ptychography::scale_object", fields.region(), object.stride, KOKKOS_LAMBDA(std::ptrdiff_t at) {
        const FramePack l = fft::load_pack(light.at(0) + at);
        // 1 + more where l is well above the dark, 1 where it is 0
        const FramePack scale = FramePack(1.0f) + FramePack(more) * min(l / FramePack(dark), FramePack(1.0f));
        float* o = object.at(0) + at;
        const FrameLanes v = load(o, object.plane());
        store(o, object.plane(), {scale * v.re, scale * v.im});
      });
}

void precondition(const ExecutionSpace& space, const PixelBox& box, const Planes& lights, float damp,
                  const Planes& directions) {
  const Planes light = lights, direction = directions;
  over_pixels(
      space, "ptychography::precondition", box, direction.stride, KOKKOS_LAMBDA(std::ptrdiff_t at) {
        const FramePack l = fft::load_pack(light.at(0) + at);
        const FramePack factor = FramePack(1.0f) / sqrt(l * l + FramePack(damp * damp));
        float* d = direction.at(0) + at;
        const FrameLanes g = load(d, direction.plane());
        store(d, direction.plane(), {factor * g.re, factor * g.im});
      });
}

void add_direction(const ExecutionSpace& space, const PixelBox& box, float step, const Planes& directions,
                   const Planes& objects) {
  const Planes direction = directions, object = objects;
  over_pixels(
      space, "ptychography::add_direction", box, object.stride, KOKKOS_LAMBDA(std::ptrdiff_t at) {
        float* o = object.at(0) + at;
        store(o, object.plane(), load(o, object.plane()) + step * load(direction.at(0) + at, direction.plane()));
      });
}

namespace {

// Sums over a rank's pixels, a row each: terms(offset in the row, w, four sums).
struct Overlap {
  Planes a, b, light;
  KOKKOS_INLINE_FUNCTION void operator()(std::ptrdiff_t row, int ny, double* total) const {
    const float *ar = a.at(0) + row, *ai = ar + a.plane(), *br = b.at(0) + row, *bi = br + b.plane();
    const float* w = light.at(0) + row;
    float s[3] = {0.0f, 0.0f, 0.0f};
    for (int y = 0; y < ny; ++y) {
      s[0] += w[y] * (ar[y] * ar[y] + ai[y] * ai[y]);
      s[1] += w[y] * (br[y] * ar[y] + bi[y] * ai[y]);
      s[2] += w[y] * (br[y] * ai[y] - bi[y] * ar[y]);
    }
    for (int k = 0; k < 3; ++k) total[k] += static_cast<double>(s[k]);
  }
};

// Σ w |a − c b|² into the first.
struct Distance {
  Planes a, b, light;
  float re, im;
  KOKKOS_INLINE_FUNCTION void operator()(std::ptrdiff_t row, int ny, double* total) const {
    const float *ar = a.at(0) + row, *ai = ar + a.plane(), *br = b.at(0) + row, *bi = br + b.plane();
    const float* w = light.at(0) + row;
    float s = 0.0f;
    for (int y = 0; y < ny; ++y) {
      const float x = ar[y] - (re * br[y] - im * bi[y]), z = ai[y] - (re * bi[y] + im * br[y]);
      s += w[y] * (x * x + z * z);
    }
    total[0] += static_cast<double>(s);
  }
};

}  // namespace

double relative_change(PtychographyFields& fields, const Planes& a, const Planes& b) {
  const Planes light = fields.own_light();
  const auto overlap = row_sums(fields, "ptychography::overlap", a.stride, Overlap{a, b, light});
  const double size = std::hypot(overlap[1], overlap[2]);
  const double re = size > 0.0 ? overlap[1] / size : 1.0, im = size > 0.0 ? overlap[2] / size : 0.0;
  const auto off = row_sums(fields, "ptychography::distance", a.stride,
                            Distance{a, b, light, static_cast<float>(re), static_cast<float>(im)});
  return overlap[0] == 0.0 ? 0.0 : std::sqrt(off[0] / overlap[0]);
}

}  // namespace locum::imaging
