// The object's part of a PIE update (pie_engine.hpp), over the ranks.
//
// A batch's frames cover patches of the object. Where no other rank's frames of the batch reach, a rank takes the step
// as it sums. What it has inside another's region (object_sum.hpp) it sends there, window by window, and steps in the
// shared patches when the others' sums have come: two sums have the same bits either way round, more of them are added
// in the order of the ranks, so that all who share a pixel agree there.
#pragma once

#include <vector>

#include "solvers/imaging/ptychography/frames/object_patches.hpp"
#include "solvers/imaging/ptychography/ptychography_fields.hpp"

namespace locum::imaging {

class PieUpdate {
 public:
  explicit PieUpdate(const PtychographyFields& fields);

  // batch: places over all ranks; held: this rank's of them, with χ in fields.change(). Collective.
  void apply(PtychographyFields& fields, const std::vector<int>& batch, const PtychographyFields::Held& held,
             const PieStep& step);

 private:
  // Sums of some patches on their way between ranks.
  struct Parcel {
    PatchRows rows;     // in_: where nobody else has something, but this rank may
    PatchRows crowded;  // in_: where others do
    View<float*> device;
    HostView<float*> host;
    void make_room();
  };
  void share(PtychographyFields& fields, const std::vector<PixelBoxes>& windows, const FrameChanges& frames,
             const PieStep& step);
  void step_crowded(PtychographyFields& fields, const PixelBoxes& crowded, const PixelBoxes& own,
                    const PixelBoxes& windows, const FrameChanges& frames, const PieStep& step);

  PatchRows near_, late_;
  std::vector<Parcel> in_, out_;  // of each rank; in_ of this one: what it has itself where others have something, too
  Planes sum_, light_;
};

}  // namespace locum::imaging
