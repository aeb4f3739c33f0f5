#include "solvers/imaging/ptychography/engines/regularisation.hpp"

namespace locum::imaging {
namespace {

// Amplitude cut, or one step of the two diffusions; `old` is the object before.
struct Regulariser {
  Planes old, object;
  int nx, ny;
  float largest, smoothness, variation;

  KOKKOS_INLINE_FUNCTION float value(int part, int x, int y) const {
    x = x < 0 ? 0 : x >= nx ? nx - 1 : x;
    y = y < 0 ? 0 : y >= ny ? ny - 1 : y;
    return old.at(0)[static_cast<std::size_t>(part) * old.plane() + static_cast<std::ptrdiff_t>(x) * old.stride + y];
  }
  // 1 / |∇O|_ε of forward differences at (x, y)
  KOKKOS_INLINE_FUNCTION float inverse_slope(int x, int y) const {
    float sum = 1e-4f;
    for (int part = 0; part < 2; ++part) {
      const float here = value(part, x, y), dx = value(part, x + 1, y) - here, dy = value(part, x, y + 1) - here;
      sum += dx * dx + dy * dy;
    }
    return 1.0f / sqrtf(sum);
  }
  KOKKOS_INLINE_FUNCTION void operator()(int x, int y) const {
    const float here = variation > 0.0f ? inverse_slope(x, y) : 0.0f;
    const float left = variation > 0.0f ? inverse_slope(x - 1, y) : 0.0f;
    const float below = variation > 0.0f ? inverse_slope(x, y - 1) : 0.0f;
    float next[2];
    for (int part = 0; part < 2; ++part) {
      const float o = value(part, x, y), e = value(part, x + 1, y) - o, w = o - value(part, x - 1, y);
      const float n = value(part, x, y + 1) - o, s = o - value(part, x, y - 1);
      // ε limits the step where the object is flat: 1 / |∇O|_ε ≤ 100, and the diffusion is stable below 1 / 8.
      next[part] = o + smoothness * (e - w + n - s) + variation * 0.01f * (here * e - left * w + here * n - below * s);
    }
    const float size = sqrtf(next[0] * next[0] + next[1] * next[1]);
    const float factor = largest > 0.0f && size > largest ? largest / size : 1.0f;
    float* at = object.at(0) + static_cast<std::ptrdiff_t>(x) * object.stride + y;
    at[0] = factor * next[0];
    at[object.plane()] = factor * next[1];
  }
};

}  // namespace

void regularise(PtychographyFields& fields) {
  const PtychographyConfig::Regularisation& config = fields.config().regularisation;
  if (config.largest_amplitude <= 0.0 && config.smoothness <= 0.0 && config.total_variation <= 0.0) return;
  // Neighbours of the pixels on a region's rim must be right too.
  fields.over_ranks().gather(fields.object_plane);
  const Ptychogram& input = fields.input();
  const Planes old("ptychography::object_before_prior", 1, input.object_nx, input.object_ny);
  Kokkos::deep_copy(fields.space(), old.values, fields.object_plane.values);
  const Regulariser step{old,
                         fields.object_plane,
                         input.object_nx,
                         input.object_ny,
                         static_cast<float>(config.largest_amplitude),
                         static_cast<float>(config.smoothness),
                         static_cast<float>(config.total_variation)};
  Kokkos::parallel_for("ptychography::regularise",
                       RowsPolicy(fields.space(), {0, 0}, {input.object_nx, input.object_ny}), step);
}

}  // namespace locum::imaging
