// Successive halving: many candidates with little budget, the better ones with more. Jamieson & Talwalkar, AISTATS
// 2016; Li et al., JMLR 18, 185 (2018), Alg. 1 with one bracket.
#pragma once

#include <vector>

namespace locum::apps {

struct Rung {
  int candidates = 0;  // that are trained on it
  int epochs = 0;      // of each training
};

// Rung r = 0 … R trains ⌈candidates / η^r⌉ of them with ⌈epochs · η^(r − R)⌉ epochs, R = ⌊log_η candidates⌋: the last
// rung is a full training. With epochs = 0 (no network) a training costs the same on every rung, and there is one.
// candidates ≥ 1, epochs ≥ 0, eta ≥ 2.
std::vector<Rung> halving_rungs(int candidates, int epochs, int eta);

}  // namespace locum::apps
