// A small trajectory whose every number follows from frame, atom and direction: for the tests, and for other readers.
#pragma once

#include <string>
#include <vector>

#include "io/trajectory/trajectory.hpp"

namespace locum::io {

inline double sample_position(std::int64_t frame, std::int64_t id, int d) {
  return 0.1 * static_cast<double>(id) + 0.01 * static_cast<double>(frame) + 0.25 * d;
}
inline double sample_velocity(std::int64_t frame, std::int64_t id, int d) {
  return 1e-3 * sample_position(frame, id, d);
}
inline double sample_force(std::int64_t frame, std::int64_t id, int d) { return 2.0 - sample_position(frame, id, d); }

inline std::vector<std::int64_t> sample_species(std::int64_t atoms) {
  std::vector<std::int64_t> species;
  for (std::int64_t k = 0; k < atoms; ++k) species.push_back(k % 3 ? 14 : 6);
  return species;
}

// Atoms are dealt round robin and given in falling order of id, so that the writer has to bring order.
inline Frame sample_frame(std::int64_t k, std::int64_t atoms, int rank, int ranks) {
  Frame frame;
  frame.step = 10 * k;
  frame.time = 5.0 * static_cast<double>(k);
  frame.cell = identity();
  for (int d = 0; d < 3; ++d) frame.cell[d][d] = 11.0 + 0.5 * d;
  frame.cell[1][0] = 0.125 * static_cast<double>(k);  // triclinic, time-dependent
  for (std::int64_t id = atoms - 1; id >= 0; --id) {
    if (id % ranks != rank) continue;
    frame.id.push_back(id);
    for (int d = 0; d < 3; ++d) {
      frame.position.push_back(sample_position(k, id, d));
      frame.velocity.push_back(sample_velocity(k, id, d));
      frame.force.push_back(sample_force(k, id, d));
    }
  }
  const double x = static_cast<double>(k);
  frame.observables["potential_energy"] = {"eV", {-100.0 - x}};
  frame.observables["temperature"] = {"K", {300.0 + x}};
  frame.observables["stress"] = {"GPa", {x, 1, 2, 1, x, 3, 2, 3, x}};
  return frame;
}

}  // namespace locum::io
