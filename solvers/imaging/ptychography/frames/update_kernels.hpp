// Sums over the frames of a batch: into the object, into the probe, and over each frame for its step lengths.
//
// No atomics: a team has a row of the object (or of the probe) and adds the frames that cover it in the order of the
// batch, so that the same batch gives the same bits on every run.
#pragma once

#include <vector>

#include "kokkos_kernels/base/host_visible_space.hpp"
#include "kokkos_kernels/fft/transform.hpp"
#include "solvers/api/ptychography.hpp"
#include "solvers/imaging/ptychography/frames/frame_kernels.hpp"

namespace locum::imaging {

// For the pixels of `box`: sum ← Σ_j Σ_m P_m* χ_jm (added to what is there where `add`), and, where light.count is 1,
// the same of |P_m|² into its real part. sum, light: arrays of the object's shape. box within the object.
// change: exit waves or their changes, (first + frame) × modes + mode.
void gather(const ExecutionSpace& space, const FrameLayout& layout, int modes, const FrameBatch& batch,
            const PixelBox& box, const Planes& change, int first, const Planes& probes, const Planes& sum,
            const Planes& light, bool add);

// Real part of light ← (or +=) Σ_j Σ_m |P_m|² over the box.
void gather_light(const ExecutionSpace& space, const FrameLayout& layout, int modes, const FrameBatch& batch,
                  const PixelBox& box, const Planes& probes, const Planes& light, bool add);

// product(k, ·, ·), k = frame × modes + mode: O* χ of each frame; together = true: their sum, k = mode.
void probe_products(const ExecutionSpace& space, const FrameLayout& layout, int modes, const FrameBatch& batch,
                    const Planes& object, const Planes& change, int first, bool together,
                    const fft::Waves<float>& product);

// below (nx × ny) += Σ_j |O(r + r_j)|².
void object_light(const ExecutionSpace& space, const FrameLayout& layout, const FrameBatch& batch, const Planes& object,
                  const View<float*>& below);

// probe ← sum / below for every mode, as it was where below is nothing to speak of.
void divide_probe(const ExecutionSpace& space, const fft::Waves<float>& sum, const View<float*>& below,
                  const fft::Waves<float>& probe);

// to += factor · change
void add_waves(const ExecutionSpace& space, float factor, const fft::Waves<float>& change, const fft::Waves<float>& to);

// Of one frame: with u = ΔO P_m and v = ΔP_m O, summed over modes,
// ‖u‖², ‖v‖², Re⟨u,v⟩, Re⟨u,χ⟩, Re⟨v,χ⟩.
struct StepSums {
  static constexpr int count = 5;
  double uu = 0.0, vv = 0.0, uv = 0.0, u_chi = 0.0, v_chi = 0.0;
};

// Step sums of a batch's frames on their way to the host. Room grows and is kept.
class BatchSums {
 public:
  using Rows = Kokkos::View<double * [StepSums::count], Kokkos::LayoutRight, HostVisibleSpace>;
  // Of so many frames, for a kernel to write.
  const Rows& rows(int count);
  // As they were written last, in the order of the batch. Waits for them.
  std::vector<StepSums> get(const ExecutionSpace& space) const;

 private:
  Rows rows_;
  int count_ = 0;
};

void step_sums(const ExecutionSpace& space, const FrameLayout& layout, int modes, const FrameBatch& batch,
               const Planes& object, const Planes& object_change, const Planes& probes, const Planes& probe_change,
               const Planes& change, BatchSums& to);

// Of one frame: with g_x = P_m ∂O/∂x (central differences), ‖g_x‖², ‖g_y‖², Re⟨g_x,g_y⟩, Re⟨g_x,χ⟩, Re⟨g_y,χ⟩, the
// same five numbers: uu, vv, uv, u_chi, v_chi. On the object's edge, where
// windows have their dark rim, it is one-sided along x and meaningless along y.
void slope_sums(const ExecutionSpace& space, const FrameLayout& layout, int modes, const FrameBatch& batch,
                const Planes& object, const Planes& probes, const Planes& change, BatchSums& to);

// Largest |O|² over the box; 0 for an empty one.
float largest_square(const ExecutionSpace& space, const Planes& array, const PixelBox& box);

}  // namespace locum::imaging
