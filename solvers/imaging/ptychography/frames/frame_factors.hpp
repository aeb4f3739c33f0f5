// By what a frame multiplies its waves on the detector; formulas and sources in frame_kernels.hpp.
//
// Called for a pack of pixels: model = Σ_m |Ψ_m|² unnormalised, measured = √I (0 where not valid), valid 1 or 0,
// background, step = α. `scale` is 1 / N: of the intensity, and of the inverse transform.
#pragma once

#include "solvers/imaging/ptychography/frames/frame_layout.hpp"
#include "solvers/imaging/ptychography/frames/poisson_amplitude.hpp"
#include "solvers/imaging/ptychography/frames/poisson_deviance.hpp"

namespace locum::imaging {

struct LaneSums {
  FramePack off = 0.0f, amplitude = 0.0f, noise = 0.0f, numerator = 0.0f, denominator = 0.0f;
  FramePack deviance = 0.0f;  // a quarter of Poisson's
  FramePack measured_x = 0.0f, measured_y = 0.0f, model = 0.0f, model_x = 0.0f, model_y = 0.0f;
  FramePack counts = 0.0f;  // of the last pixels' model where they are valid, left by those who compare

  KOKKOS_FORCEINLINE_FUNCTION void compare(FramePack measured, FramePack modelled, FramePack valid) {
    const FramePack difference = (measured - modelled) * valid;
    off += difference * difference;
    amplitude += abs(difference);
  }
  KOKKOS_FORCEINLINE_FUNCTION void forecast(FramePack counts, FramePack valid) {
    FramePack each;
    for (int lane = 0; lane < FramePack::lanes; ++lane) each.lane(lane) = poisson_amplitude_noise(counts.lane(lane));
    noise += valid * each;
  }
  KOKKOS_FORCEINLINE_FUNCTION void weigh(FramePack measured, FramePack modelled, FramePack kx, FramePack ky) {
    measured_x += kx * measured;
    measured_y += ky * measured;
    model += modelled;
    model_x += kx * modelled;
    model_y += ky * modelled;
  }
};

// (f − 1) / N
struct AmplitudeFactor {
  static constexpr bool returns = true, compares = false;
  float scale;
  KOKKOS_FORCEINLINE_FUNCTION FramePack operator()(FramePack model, FramePack measured, FramePack valid,
                                                   FramePack background, float, LaneSums& sums) const {
    constexpr float dark = 1e-12f;  // counts: far below what a detector tells from none
    const FramePack root = sqrt(model * FramePack(scale) + background + FramePack(dark));
    sums.compare(measured, root, valid);
    return FramePack(scale) * valid * (measured - root) / root;
  }
};

struct PoissonFactor {
  static constexpr bool returns = true, compares = false;
  float scale;
  KOKKOS_FORCEINLINE_FUNCTION FramePack operator()(FramePack model, FramePack measured, FramePack valid,
                                                   FramePack background, float step, LaneSums& sums) const {
    const FramePack one = 1.0f, dark = 1e-3f;  // a model of no counts has no finite likelihood for one count
    const FramePack light = model * FramePack(scale) + background, counts = light + dark, root = sqrt(counts);
    sums.compare(measured, sqrt(light), valid);
    const FramePack ratio = measured / root;
    sums.deviance += valid * counts * quarter_deviance(ratio);
    // Pixels of which the model knows nothing must not choose the step of those that it does know.
    const FramePack xi = max(valid * (one - ratio * ratio), FramePack(-10.0f));
    const FramePack rest = max(one - FramePack(step) * xi, FramePack(1e-3f));
    sums.numerator += xi * counts * (one - ratio * ratio / rest);
    sums.denominator += xi * xi * counts;
    const FramePack most = max(one, FramePack(2.0f) * ratio);
    return FramePack(scale) * valid * (min(one - FramePack(step) * (one - ratio * ratio), most) - one);
  }
};

// (f − 1) / N, onto the moduli that remain when the background is taken off.
struct ProjectionFactor {
  static constexpr bool returns = true, compares = false;
  float scale;
  bool bounded;
  KOKKOS_FORCEINLINE_FUNCTION FramePack operator()(FramePack model, FramePack measured, FramePack valid,
                                                   FramePack background, float, LaneSums& sums) const {
    const FramePack light = model * FramePack(scale) + FramePack(1e-12f), root = sqrt(light);
    const FramePack wanted = sqrt(max(measured * measured - background, FramePack(0.0f)));
    if (bounded) {
      const FramePack counts = light + background;
      sums.compare(measured, sqrt(counts), valid);
      sums.forecast(counts, valid);
      sums.model += valid * counts;
    }
    return FramePack(scale) * valid * (wanted - root) / root;
  }
};

// Nothing goes back.
struct Comparison {
  static constexpr bool returns = false, compares = true;
  float scale;
  KOKKOS_FORCEINLINE_FUNCTION FramePack operator()(FramePack model, FramePack measured, FramePack valid,
                                                   FramePack background, float, LaneSums& sums) const {
    const FramePack counts = model * FramePack(scale) + background;
    sums.compare(measured, sqrt(counts), valid);
    sums.forecast(counts, valid);
    sums.counts = valid * counts;
    return FramePack(0.0f);
  }
};

// What Factor returns, compared as well.
template <class Factor>
struct Compared {
  static constexpr bool returns = Factor::returns, compares = true;
  Factor factor;
  KOKKOS_FORCEINLINE_FUNCTION FramePack operator()(FramePack model, FramePack measured, FramePack valid,
                                                   FramePack background, float step, LaneSums& sums) const {
    const FramePack counts = model * FramePack(factor.scale) + background;
    sums.forecast(counts, valid);
    sums.counts = valid * counts;
    return factor(model, measured, valid, background, step, sums);
  }
};

}  // namespace locum::imaging
