// Patches of the object: what the windows of a few frames cover, each pixel once, and sums over frames there.
//
// A batch of frames that lie far apart covers little of the box around them. Patches are boxes of whole tiles
// (object_pixels.hpp); a kernel goes over their rows, a team each, and over the frames that may cover a patch.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/base/staged_list.hpp"
#include "solvers/api/ptychography.hpp"
#include "solvers/imaging/ptychography/frames/frame_kernels.hpp"

namespace locum::imaging {

using PixelBoxes = std::vector<PixelBox>;

// The same pixels, none of them twice.
PixelBoxes disjoint(std::span<const PixelBox> boxes);
// The boxes less what lies in any of the others.
PixelBoxes without(std::span<const PixelBox> boxes, std::span<const PixelBox> others);
// What of each box lies in `frame`, empty ones left out.
PixelBoxes inside(std::span<const PixelBox> boxes, const PixelBox& frame);

// One row of a patch, with the frames of a batch whose windows meet the patch.
struct PatchRow {
  int x = 0, y = 0, packs = 0;
  int first_frame = 0, frames = 0;  // in PatchRows::frames
  int at = 0;  // in a buffer of 3 numbers a pixel: re, im and light of the row, one after the other
};

// The rows of some patches on the device.
class PatchRows {
 public:
  // patches: disjoint, of whole tiles. windows: of the batch's frames, in their order. chosen: which patches have rows,
  // all where it is empty; the others have their room in a buffer all the same.
  void set(const ExecutionSpace& space, std::span<const PixelBox> patches, std::span<const PixelBox> windows,
           const std::vector<bool>& chosen = {});
  int count() const { return count_; }
  int numbers() const { return numbers_; }  // of a buffer for them
  const View<PatchRow*>& rows() const { return rows_.device(); }
  const View<int*>& frames() const { return frames_.device(); }

 private:
  StagedList<PatchRow> rows_{"ptychography::patch_rows"};
  StagedList<int> frames_{"ptychography::patch_frames"};
  int count_ = 0, numbers_ = 0;
};

// What frames say of the object: χ, and the probes that it was seen with.
struct FrameChanges {
  FrameLayout layout;
  int modes = 1;
  FrameBatch batch;
  Planes change, probes;
};

// buffer ← Σ_j Σ_m P_m* χ_jm and Σ_j Σ_m |P_m|² in the rows. Frames are added in the order of the batch.
void sum_patches(const ExecutionSpace& space, const PatchRows& rows, const FrameChanges& frames,
                 const View<float*>& buffer);

// How an object follows these sums: O += step Σ P*χ / ((1 − α) S + α max(brightest, S)), S = Σ |P|².
struct PieStep {
  float step = 0.0f, alpha = 0.0f, brightest = 0.0f;
};
// The same sums, and at once the step.
void step_patches(const ExecutionSpace& space, const PatchRows& rows, const FrameChanges& frames, const PieStep& step,
                  const Planes& object);
// The same, with others' sums from a buffer added.
void step_patches(const ExecutionSpace& space, const PatchRows& rows, const FrameChanges& frames,
                  const View<float*>& others, const PieStep& step, const Planes& object);
// The step by sums that are there: sum, and light in its real part.
void step_patches(const ExecutionSpace& space, const PatchRows& rows, const Planes& sum, const Planes& light,
                  const PieStep& step, const Planes& object);

void clear_patches(const ExecutionSpace& space, const PatchRows& rows, const Planes& sum, const Planes& light);
// sum, light += buffer
void add_patches(const ExecutionSpace& space, const PatchRows& rows, const View<float*>& buffer, const Planes& sum,
                 const Planes& light);

}  // namespace locum::imaging
