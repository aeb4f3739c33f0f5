// Positions that follow the frames.
//
// A window that is moved by δ sees ψ + δ_x P ∂O/∂x + δ_y P ∂O/∂y; the δ that brings it closest to the exit wave that
// the frame asks for, ψ + χ, solves the normal equations of ‖χ − δ_x g_x − δ_y g_y‖², g = P ∇O (Odstrčil, Menzel and
// Guizar-Sicairos, Opt. Express 26 (2018) 3108, section 2.5, there without the mixed term). The mean move of all frames
// is taken off: object and probe could move instead. What is smooth over many frames is found apart
// (position_drift.hpp).
#pragma once

#include <vector>

#include "solvers/imaging/ptychography/ptychography_fields.hpp"

namespace locum::imaging {

class PositionCorrection {
 public:
  // Of one sweep; not active where the configuration wants none, or not yet.
  PositionCorrection(const PtychographyFields& fields, int sweep);
  bool active() const { return active_; }
  // χ of the batch is in fields.change(); what its sums say of the moves waits for them.
  void begin(PtychographyFields& fields, const PtychographyFields::Held& held) const;
  void end(const PtychographyFields& fields, const PtychographyFields::Held& held);
  // Moves the windows. Collective.
  void apply(PtychographyFields& fields);

 private:
  bool active_, drift_;
  std::vector<double> move_;  // (frames, 2), pixels; 0 for other ranks' frames
};

// move: (frames, 2), pixels, the same on every rank. Windows stay within positions.largest_shift of where they were
// given, and on the object. Collective.
void move_windows(PtychographyFields& fields, const std::vector<double>& move);

}  // namespace locum::imaging
