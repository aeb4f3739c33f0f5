#include "solvers/imaging/ptychography/engines/position_correction.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/imaging/ptychography/engines/position_drift.hpp"

namespace locum::imaging {

PositionCorrection::PositionCorrection(const PtychographyFields& fields, int sweep)
    : active_(fields.config().positions.correct && sweep >= fields.config().positions.from),
      drift_(active_ && drift_is_due(fields.config(), sweep)) {
  if (active_) move_.assign(2 * static_cast<std::size_t>(fields.frames()), 0.0);
}

void PositionCorrection::begin(PtychographyFields& fields, const PtychographyFields::Held& held) const {
  if (!active_ || held.count() == 0) return;
  slope_sums(fields.space(), fields.layout(), fields.modes(), held.batch, fields.object_plane, fields.probe.moved(),
             fields.change(), fields.slopes);
}

void PositionCorrection::end(const PtychographyFields& fields, const PtychographyFields::Held& held) {
  if (!active_ || held.count() == 0) return;
  const std::vector<StepSums> sums = fields.slopes.get(fields.space());
  for (std::size_t k = 0; k < sums.size(); ++k) {
    const StepSums& s = sums[k];
    const double little = 1e-3 * (s.uu + s.vv), xx = s.uu + little, yy = s.vv + little;
    const double determinant = xx * yy - s.uv * s.uv;
    if (!(determinant > 0.0)) continue;  // a window without structure says nothing of where it is
    double* move = move_.data() + 2 * static_cast<std::size_t>(held.places[k]);
    move[0] = (yy * s.u_chi - s.uv * s.v_chi) / determinant;
    move[1] = (xx * s.v_chi - s.uv * s.u_chi) / determinant;
  }
}

void PositionCorrection::apply(PtychographyFields& fields) {
  if (!active_) return;
  const PtychographyConfig::Positions& config = fields.config().positions;
  fields.comm().sum(std::span<double>(move_));
  const auto n = static_cast<std::size_t>(fields.frames());
  double mean[2] = {0.0, 0.0};
  for (double& m : move_) m = std::clamp(config.step * m, -config.largest_move, config.largest_move);
  for (std::size_t u = 0; u < n; ++u)
    for (std::size_t axis = 0; axis < 2; ++axis) mean[axis] += move_[2 * u + axis] / static_cast<double>(n);
  for (std::size_t u = 0; u < n; ++u)
    for (std::size_t axis = 0; axis < 2; ++axis) move_[2 * u + axis] -= mean[axis];
  move_windows(fields, move_);
  if (drift_) displace(fields, find_drift(fields));
}

void move_windows(PtychographyFields& fields, const std::vector<double>& move) {
  const Ptychogram& input = fields.input();
  const double largest = fields.config().positions.largest_shift;
  const int room[2] = {input.object_nx - input.nx, input.object_ny - input.ny};
  for (std::size_t u = 0; u < fields.positions().size(); ++u) {
    const auto& given = input.position[static_cast<std::size_t>(fields.frame(static_cast<int>(u)))];
    for (std::size_t axis = 0; axis < 2; ++axis) {
      double& at = fields.positions()[u][axis];
      at = std::clamp(at + move[2 * u + axis], given[axis] - largest, given[axis] + largest);
      at = std::clamp(at, 0.0, static_cast<double>(room[axis]));
    }
  }
  fields.place_windows();
}

}  // namespace locum::imaging
