// Mean square displacement: how far atoms have gone, the motion of the centre of mass taken out.
#pragma once

#include <vector>

namespace locum::md {

// Å², from unwrapped positions (n, 3) flat, atoms in the same order. mass: (n), any unit.
double mean_square_displacement(const std::vector<double>& from, const std::vector<double>& to,
                                const std::vector<double>& mass);

// Element k: the mean over all pairs of frames that are k apart, k = 0 … most_apart; frames at equal intervals.
std::vector<double> mean_square_displacements(const std::vector<std::vector<double>>& frames,
                                              const std::vector<double>& mass, int most_apart);

}  // namespace locum::md
