// Remembers the best validation loss and the parameters that gave it.
#pragma once

#include <limits>
#include <vector>

namespace locum::train {

struct EarlyStopping {
  int patience = 10;
  double best = std::numeric_limits<double>::infinity();
  int bad_epochs = 0;
  std::vector<double> parameters;  // of the best epoch

  void look(double loss, const std::vector<double>& now) {
    if (loss < best) {
      best = loss;
      bad_epochs = 0;
      parameters = now;
    } else {
      ++bad_epochs;
    }
  }
  bool stop() const { return bad_epochs >= patience; }
};

}  // namespace locum::train
