#include "apps/search/halving.hpp"

namespace locum::apps {

std::vector<Rung> halving_rungs(int candidates, int epochs, int eta) {
  if (epochs == 0) return {{candidates, 0}};
  long largest = 1;  // η^R
  while (largest * eta <= candidates) largest *= eta;
  std::vector<Rung> rungs;
  for (long power = 1; power <= largest; power *= eta) {
    const long share = largest / power;
    rungs.push_back(
        {static_cast<int>((candidates + power - 1) / power), static_cast<int>((epochs + share - 1) / share)});
  }
  return rungs;
}

}  // namespace locum::apps
